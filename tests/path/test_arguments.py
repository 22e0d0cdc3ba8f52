"""Look into: typography hides no number, and what is large costs no time."""

import time

import pytest

from interlock import Policy
from interlock.detect import detectors
from interlock.path.arguments import kinds_in

KINDS = frozenset({"CREDIT_CARD", "EMAIL_ADDRESS", "IBAN_CODE", "US_SSN", "secrets"})
ALL = KINDS | {"UNINSPECTABLE"}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("\uff14012" + "\uff18" * 8 + "188\uff11", "CREDIT_CARD"),
        ("4012\u200b8888\u200b8888\u200b1881", "CREDIT_CARD"),
        ("4\ufe0f012888888881881", "CREDIT_CARD"),
        ("\u0664\u0660\u0661\u0662888888881881", "CREDIT_CARD"),
        ("4012\u00a08888\u00a08888\u00a01881", "CREDIT_CARD"),
        ("4012.8888.8888.1881", "CREDIT_CARD"),
        ("4012_8888_8888_1881", "CREDIT_CARD"),
        ("4012/8888/8888/1881", "CREDIT_CARD"),
        ("4012 - 8888 - 8888 - 1881", "CREDIT_CARD"),
        ("4012\u20138888\u20138888\u20131881", "CREDIT_CARD"),
        ("4 0 1 2 8 8 8 8 8 8 8 8 1 8 8 1", "CREDIT_CARD"),
        ("GB82.WEST.1234.5698.7654.32", "IBAN_CODE"),
        ("ssn 536/22_4321", "US_SSN"),
        ("ana\u200b@\uff45xample.com", "EMAIL_ADDRESS"),
    ],
)
def test_typography_hides_nothing(text: str, kind: str) -> None:
    """A number is found however wide its digits are and whatever stands between its groups."""
    assert kind in kinds_in({"note": f"pay {text} now"}, KINDS, detectors())
    assert "UNINSPECTABLE" not in kinds_in({"note": text}, KINDS, detectors())


@pytest.mark.parametrize(
    "items",
    [
        ["4012", "8888", "8888", "1881"],
        ["card", "4012", "8888", "8888", "1881", "please"],
        [4012, 8888, 8888, 1881],
        [4, 0, 1, 2, 8, 8, 8, 8, 8, 8, 8, 8, 1, 8, 8, 1],
        ["\uff14012", "8888_", "8888", "1881"],
    ],
)
def test_a_number_split_over_a_list_is_found(items: list[object]) -> None:
    """The items of one list are read as one text, too."""
    assert "CREDIT_CARD" in kinds_in({"parts": items}, KINDS, detectors())


@pytest.mark.parametrize(
    "value",
    [
        {"when": "2024-01-15 10:20:30.123", "host": "192.168.10.21", "id": "REQ_2024_0012_7781"},
        {"path": "/srv/2024/01/15/report_12.3.4.csv", "phone": "+49 30 1234 5678"},
        {"rows": list(range(1000, 1400, 7)), "note": "caf\u00e9 \u2013 na\u00efve \u4f60\u597d"},
        {"column": "\n".join(str(number) for number in range(4000, 4400, 7))},
        {},
    ],
)
def test_what_is_no_number_stays_none(value: object) -> None:
    """Dates, addresses, versions and columns of figures are nothing."""
    assert kinds_in(value, KINDS, detectors()) == frozenset()


LARGE = [
    {"list": ["x y"] * 20_000},
    {"text": "4111 " * 30_000},
    {"text": "[" * 150_000},
    {"wide": "\ufdfa" * 9_000},
    {"deep": [[["a"] * 100] * 100] * 100},
    {"n": 1 << 300_000},
    {str(at): None for at in range(5_000)},
    {"json": "[" + "1," * 4_000 + "1]"},
]


@pytest.mark.parametrize("value", LARGE, ids=lambda value: next(iter(value)))
def test_what_is_too_large_holds_everything_at_once(value: object) -> None:
    """What there is no time to look into counts as holding all that was asked about."""
    kinds_in({"warm": "ana@example.com 12"}, KINDS, detectors())
    took_s: list[float] = []
    for _ in range(3):  # the least, of this process's own time
        began = time.process_time()
        assert kinds_in(value, KINDS, detectors()) == ALL
        took_s.append(time.process_time() - began)
    assert min(took_s) < 0.05


def test_slow_kinds_are_looked_for_in_less() -> None:
    """Phone numbers cost more: a text that is fine for a card is too long for them."""
    value = {"text": "Please call Ana. " * 60}
    assert kinds_in(value, frozenset({"CREDIT_CARD"}), detectors()) == frozenset()
    phones = frozenset({"CREDIT_CARD", "PHONE_NUMBER"})
    assert kinds_in(value, phones, detectors()) == phones | {"UNINSPECTABLE"}


def test_the_reason_says_that_nothing_was_looked_into() -> None:
    """Who reads the decision learns that its size denied the call, not what it holds."""
    policy = Policy.parse(
        "tools: {t: {args: {a: any}}}\n"
        "rules: [{tool: t, action: allow}]\n"
        "guardrails: [{id: c, match: {tools: [t]}, inspect_args: {CREDIT_CARD: deny}}]\n",
        "policy.yaml",
    )
    decided = policy.decide({"name": "t", "args": {"a": "x" * 20_000}})
    assert decided.rules == ("c",)
    assert "too large" in decided.reason
