"""Show: what differs looks different, and nothing shown has an effect."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.canon import encode, read_moment
from interlock.desk.display import Leaf, fenced, listing, render_args, visible

anything = st.text(st.characters(exclude_categories=()))
near_ascii = st.text(
    st.sampled_from("aаоοo\u0301\u0308eé \u00a0\u200b\u202e\\n⟨⟩U+0430␠\t\n\"'ЖЗ3.[]")
)
texts = anything | near_ascii

carried = st.text()
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | carried
    | near_ascii
    | st.binary(max_size=5)
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.datetimes()
)
keys = carried | near_ascii | st.sampled_from(["a", "b", "a.b", "[0]", "(0)", ""])
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(keys, inner, max_size=3)
    ),
    max_leaves=6,
)
arguments = st.dictionaries(keys, values, max_size=4)

ALIKE = [
    "aαа",
    "oοσо",
    "xχх",
    "κк",
    "EΕЕ",
    "πп",
    "ψ",
    "Ж",
    "3З",
    "1lIΙІ|",
    "Oο0О",
    "ニ二",
    "へヘ",
    "-",
    "я",
]
"""Classes of characters that look the same, or stand alone."""

PLAIN_ASCII = frozenset("3 1lI| O0".replace(" ", ""))


def skeleton(shown: str) -> str:
    """Map each character to its class; ASCII among itself is as the reader's font shows it."""
    classes = {c: alike[-1] for alike in ALIKE for c in alike if c not in PLAIN_ASCII}
    return "".join(classes.get(c, c) for c in shown)


_SHORT = {"\\": "\\", "n": "\n", "r": "\r", "t": "\t", '"': '"'}
_TOKEN = re.compile(r"\\(?P<short>.)|⟨(?:. )?U\+(?P<code>[0-9A-F]+)⟩|(?P<space>␠)")


def read_back(shown: str) -> str:
    """The inverse of `visible`."""

    def one(token: re.Match[str]) -> str:
        if token["short"]:
            return _SHORT[token["short"]]
        return " " if token["space"] else chr(int(token["code"], 16))

    return _TOKEN.sub(one, shown)


_STEP = re.compile(
    r'(?P<name>(?:^|\.)[A-Za-z_][A-Za-z0-9_]*)|\["(?P<key>(?:[^"\\]|\\.)*)"\]|\[(?P<item>\d+)\]|\((?P<place>\d+)\)'
)
_ATOMS: Mapping[str, Any] = {
    "null": None,
    "true": True,
    "false": False,
    "{}": {},
    "[]": [],
    "()": (),
}


def read_value(text: str) -> Any:
    """The inverse of a leaf's text."""
    if text in _ATOMS:
        return _ATOMS[text]
    if text.startswith('"'):
        return read_back(text[1:-1])
    kind, _, rest = text.partition(" ")
    readers: Mapping[str, Any] = {
        "bytes": lambda hexed: bytes.fromhex(hexed[1:-1]),
        "decimal": Decimal,
        "date": date.fromisoformat,
        "datetime": read_moment,
    }
    return (
        readers[kind](rest)
        if rest
        else (int(text) if re.fullmatch(r"-?\d+", text) else float(text))
    )


def read_args(shown: list[Leaf]) -> Any:
    """The inverse of `render_args`: rebuild the arguments from what is shown."""
    if [leaf.path for leaf in shown] == [""]:
        return read_value(shown[0].text)
    groups: dict[tuple[str, Any], list[Leaf]] = {}
    for leaf in shown:
        step = _STEP.match(leaf.path)
        assert step is not None
        kind = step.lastgroup
        assert kind is not None
        part = step[kind]
        name = (
            part.removeprefix(".")
            if kind == "name"
            else read_back(part)
            if kind == "key"
            else int(part)
        )
        rest = leaf.path[step.end() :]
        groups.setdefault(("object" if kind in ("name", "key") else kind, name), []).append(
            Leaf(rest, leaf.text)
        )
    items = {name: read_args(inner) for (_, name), inner in groups.items()}
    kinds = {kind for kind, _ in groups}
    if kinds == {"object"}:
        return items
    return list(items.values()) if kinds == {"item"} else tuple(items.values())


class TestLaws:
    @given(texts)
    def test_what_is_shown_can_be_read_back(self, text: str) -> None:
        """`visible` has an inverse, so two texts never look alike, surrogates included."""
        assert read_back(visible(text)) == text

    @given(arguments)
    def test_arguments_can_be_read_back(self, args: dict[str, Any]) -> None:
        """What is shown determines the canonical bytes: different arguments never render alike."""
        assert encode(read_args(render_args(args))) == encode(args)

    @given(arguments)
    def test_equal_arguments_render_alike(self, args: dict[str, Any]) -> None:
        """The order in which keys were written changes nothing."""
        assert render_args(args) == render_args(dict(reversed(args.items())))

    @given(texts)
    def test_nothing_shown_has_an_effect(self, text: str) -> None:
        """No control, format, combining or unassigned character and no foreign space is left."""
        shown = visible(text)

        assert not [
            c for c in shown if unicodedata.category(c)[0] in "CM" or (c.isspace() and c != " ")
        ]
        assert "  " not in shown
        assert shown == shown.strip()

    @given(texts)
    def test_right_to_left_letters_stand_alone(self, text: str) -> None:
        """A right-to-left letter is fenced by left-to-right text, so a line keeps its order."""
        shown = visible(text)

        for at, c in enumerate(shown):
            if unicodedata.bidirectional(c) in ("R", "AL", "AN"):
                assert (shown[at - 1], shown[at + 1 : at + 4]) == ("⟨", " U+")

    @given(
        st.lists(st.sampled_from(ALIKE), min_size=1, max_size=5), st.randoms(use_true_random=False)
    )
    def test_look_alikes_are_told_apart(self, classes: list[str], random: Random) -> None:
        """Two spellings with letters that look the same never come out looking the same."""
        one, other = ("".join(random.choice(alike) for alike in classes) for _ in range(2))

        assert (skeleton(visible(one)) == skeleton(visible(other))) == (one == other)

    @given(texts)
    def test_normal_forms_look_different(self, text: str) -> None:
        """Composed and decomposed spellings of the same text are told apart."""
        for form in ("NFC", "NFD", "NFKC", "NFKD"):
            other = unicodedata.normalize(form, text)  # pyright: ignore[reportArgumentType] - literal
            if other != text:
                assert unicodedata.normalize(form, visible(text)) != visible(other)  # pyright: ignore[reportArgumentType]

    @given(st.text(st.sampled_from("a`\n")))
    def test_a_fence_is_not_closed_by_its_text(self, text: str) -> None:
        """No run of backticks inside is as long as the fence."""
        fence, *_, closing = fenced(text).split("\n")

        assert fence == closing + "text"
        assert closing not in text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, 100 % of them.", "plain words, 100 % of them."),
        ("", ""),
        ("C:\\new\nline\t!", r"C:\\new\nline\t!"),
        ("ev\u202eil", "ev⟨U+202E⟩il"),
        ("a\u200bb\u2060c\ufeff", "a⟨U+200B⟩b⟨U+2060⟩c⟨U+FEFF⟩"),
        ("\u115f\u1160\u3164\uffa0\u2800", "⟨U+115F⟩⟨U+1160⟩⟨U+3164⟩⟨U+FFA0⟩⟨U+2800⟩"),
        ("\x1b[31mred\x07", "⟨U+001B⟩[31mred⟨U+0007⟩"),
        ("\U000e0041\ufe0f\u180b", "⟨U+E0041⟩⟨U+FE0F⟩⟨U+180B⟩"),
        ("\ud800\ue000\u0378", "⟨U+D800⟩⟨U+E000⟩⟨U+0378⟩"),
        ("a\u00a0b\u3000c\u2028d", "a⟨U+00A0⟩b⟨U+3000⟩c⟨U+2028⟩d"),
        (" two  spaces ", "␠two ␠spaces␠"),
        ("⟨U+202E⟩␠", "⟨U+27E8⟩U+202E⟨U+27E9⟩⟨␠ U+2420⟩"),
        ("café", "café"),
        ("cafe\u0301", "cafe⟨U+0301⟩"),
        ("\u0301x", "⟨U+0301⟩x"),
        ("p\u0430ypal", "p⟨\u0430 U+0430⟩ypal"),
        ("\u0430", "⟨\u0430 U+0430⟩"),
        ("\u03bf", "⟨\u03bf U+03BF⟩"),
        ("\uff41", "⟨\uff41 U+FF41⟩"),
        ("Москва", "Москва"),
        ("Ж3", "⟨Ж U+0416⟩3"),
        ("Αθήνα", "Αθήνα"),
        ("東京タワーへ", "東京⟨タ U+30BF⟩ワ⟨ー U+30FC⟩⟨へ U+3078⟩".replace("⟨へ U+3078⟩", "へ")),
        ("서울", "서울"),
        ("שלום", "⟨ש U+05E9⟩⟨ל U+05DC⟩⟨ו U+05D5⟩⟨ם U+05DD⟩"),
        ("a–b", "a⟨– U+2013⟩b"),
        ("12 €", "12 €"),
    ],
)
def test_examples_of_text(text: str, shown: str) -> None:
    """Badges for what prints nothing, marks for what could be taken for something else."""
    assert visible(text) == shown


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("1", '"1"'),
        (1, "1"),
        (1.0, "1"),
        (1.5, "1.5"),
        (2**60, str(2**60)),
        (float(2**60), "1.152921504606847e+18"),
        (True, "true"),
        ("true", '"true"'),
        (None, "null"),
        ("null", '"null"'),
        ({}, "{}"),
        ([], "[]"),
        ((), "()"),
        ("", '""'),
        ('say "hi"', r'"say \"hi\""'),
        (b"\x00\xff", 'bytes "00ff"'),
        (Decimal("1.50"), "decimal 1.50"),
        (date(2026, 1, 2), "date 2026-01-02"),
        (object(), "uninspectable object"),
    ],
)
def test_types_are_told_apart(value: object, text: str) -> None:
    """A text is in quotes; nothing else is."""
    assert render_args({"x": value}) == [("x", text)]


def test_nesting_is_one_line_per_value() -> None:
    """Paths say where each value lies; a key with a dot is not two keys."""
    args = {"to": [{"mail": "a@b.c"}, {}], "a.b": 1, "a": {"b": 2}, "p": (1,)}

    assert listing(args).splitlines() == [
        "a.b: 2",
        '["a.b"]: 1',
        "p(0): 1",
        'to[0].mail: "a@b.c"',
        "to[1]: {}",
    ]
    assert listing({}) == "arguments: {}"


def test_a_cut_says_how_much_is_missing() -> None:
    """What is left out is counted, outside the quotes."""
    assert render_args({"x": "a" * 50}, limit=10) == [("x", '"aaaaaaaaaa" +40 chars')]


@pytest.mark.parametrize(
    "payload",
    ["[bold red]x[/]", "<script>alert(1)</script>", "**APPROVED**", ":smile:", "[a](http://b)"],
)
def test_markup_stays_text(payload: str) -> None:
    """Markup of the agent is shown letter by letter; it is for the faces to print it literally."""
    assert visible(payload) == payload
