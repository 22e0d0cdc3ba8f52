"""Prefilter: no place where an expression matches is missed, and what is kept is not trusted."""

import stat
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import hyperscan
import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from interlock.detect import prefilter as module
from interlock.detect.prefilter import Flagged, Prefilter, prefilter

FLAGS = regex.DOTALL | regex.MULTILINE | regex.IGNORECASE
EXPRESSIONS = [
    (r"\b\d{3}-\d{4}\b", FLAGS),
    (r"(?<!\w)k+\b", FLAGS),
    (r"\s[a-c]$", FLAGS),
    (r"([-:])\d\1", FLAGS),
    (r"[^\d\s]\b", FLAGS),
    (r"\d[^\d?]\d", FLAGS),
    ("–\\d", FLAGS),
]
BUILT = prefilter(EXPRESSIONS)


def held(text: str, looking: Prefilter) -> bool:
    """Whether every match of every expression ends where the prefilter says one may."""
    ends = looking.ends(text)
    return ends is None or all(
        any(first <= match.end() <= last for first, last in its)
        for (expression, flags), its in zip(EXPRESSIONS, ends, strict=True)
        for match in regex.finditer(expression, text, flags=flags)
    )


@given(
    text=st.text(
        "0127-: \n\x1f\x0bakKbc\u212a\u0661é\u2013\ud800\U0001f600" + "xyz" * 9, max_size=80
    )
)
def test_every_match_ends_where_one_may(text: str) -> None:
    """Also beside and within characters that Hyperscan does not know."""
    assert BUILT is not None
    assert held(text, BUILT)


def test_each_character_within_ascii_is_classed_alike() -> None:
    """Hyperscan and `regex` agree on what is a digit, a word's letter, a space and a boundary."""
    classes = [(one, FLAGS) for one in (r"\d", r"\w", r"\s", r".", r"\ba", r"a\b", "^a", "a$")]
    built = prefilter(classes)
    assert built is not None
    for char in map(chr, range(128)):
        for text in (char, f"a{char}", f"{char}a"):
            ends = built.ends(text) or []
            for (expression, flags), its in zip(classes, ends, strict=True):
                for match in regex.finditer(expression, text, flags=flags):
                    assert any(a <= match.end() <= b for a, b in its), (expression, text)


def test_threads_look_at_once() -> None:
    """Threads share a database and get each the ends of their own text."""
    assert BUILT is not None
    texts = [f"{'x' * n} 555-0{n:03d} " * 200 for n in range(40)]
    alone = [BUILT.ends(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(BUILT.ends, texts)) == alone


def test_nothing_is_built_without_hyperscan(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing package, and expressions that it cannot compile, leave no prefilter."""
    assert prefilter([("(", 0)]) is None
    monkeypatch.setitem(__import__("sys").modules, "hyperscan", None)
    assert prefilter(EXPRESSIONS) is None


class TestKept:
    @pytest.fixture(autouse=True)
    def always(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Keep every database, however quickly it was compiled."""
        monkeypatch.setattr(module, "KEPT_FROM_S", -1.0)

    @pytest.fixture
    def kept(self, own_state: Path) -> Path:
        """One kept database."""
        assert prefilter(EXPRESSIONS) is not None
        (path,) = own_state.rglob("*.hs")
        return path

    @pytest.fixture
    def compiled(self, kept: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """How many expressions were compiled at once, since one was kept."""
        assert kept.exists()
        counted: list[int] = []
        compile_ = module._compiled

        def counting(numbered: Sequence[tuple[int, Flagged]]) -> object:
            counted.append(len(numbered))
            return compile_(numbered)

        monkeypatch.setattr(module, "_compiled", counting)
        return counted

    def test_it_is_read_again_and_readable_by_its_user_only(
        self, kept: Path, compiled: list[int]
    ) -> None:
        """The next process loads it instead of compiling."""
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
        again = prefilter(EXPRESSIONS)

        assert again is not None
        assert held("call 555-0123", again)
        assert not compiled

    @pytest.mark.parametrize("harm", ["cut", "bit", "other", "open", "link", "junk"])
    def test_one_that_is_not_ours_or_not_whole_is_built_anew(
        self, kept: Path, compiled: list[int], harm: str
    ) -> None:
        """Cut short, changed, of other expressions, writable by others, a link: never loaded."""
        whole = kept.read_bytes()
        if harm == "cut":
            kept.write_bytes(whole[:-100])
        elif harm == "bit":
            kept.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        elif harm == "other":
            prefilter([("nothing", 0)])
            (other,) = set(kept.parent.iterdir()) - {kept}
            kept.write_bytes(other.read_bytes())
            compiled.clear()
        elif harm == "open":
            kept.chmod(0o666)
        elif harm == "link":
            kept.rename(kept.with_suffix(".real"))
            kept.symlink_to(kept.with_suffix(".real"))
        else:
            kept.write_bytes(b"")
        again = prefilter(EXPRESSIONS)

        assert again is not None
        assert held("call 555-0123", again)
        assert compiled == [len(EXPRESSIONS)]
        assert not kept.is_symlink()

    def test_a_place_that_cannot_be_written_is_done_without(self, own_state: Path) -> None:
        """The database stays in memory."""
        own_state.parent.mkdir(exist_ok=True)
        own_state.write_text("a file, where a folder would be")

        assert prefilter(EXPRESSIONS) is not None

    def test_a_database_of_another_processor_is_built_anew(
        self, kept: Path, compiled: list[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What Hyperscan refuses to load is compiled."""

        def refuse(*_: object) -> object:
            raise hyperscan.error("another platform")

        monkeypatch.setattr(hyperscan, "loadb", refuse)

        assert prefilter(EXPRESSIONS) is not None
        assert compiled == [len(EXPRESSIONS)]
        assert kept.exists()
