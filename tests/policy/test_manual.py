"""The manual: what `docs/policy.md` shows loads and decides as it says; no key is left out."""

import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest

from interlock.app.policy import Policy
from interlock.conduct.intake import MOST_FORCED
from interlock.errors import PolicyError
from interlock.policy.authoring.cases import PackCase
from interlock.policy.decisions import Kind
from interlock.policy.evaluation import guardrails
from interlock.policy.expression import carriage, expressions, regexes, survey
from interlock.policy.file import files, source
from interlock.policy.file.part import Part
from interlock.policy.file.refused import KEYS, VALUES
from interlock.policy.file.sections import parts
from interlock.policy.load import parse
from interlock.policy.match import COMPARISONS

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "policy.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+ ?\w*)\n(.*?)^```$", MANUAL, re.MULTILINE | re.DOTALL)
POLICIES = [text for kind, text in BLOCKS if kind == "yaml"]
CASES = [text for kind, text in BLOCKS if kind == "yaml cases"]
PAIRS = [(before[1], after[1]) for before, after in pairwise(BLOCKS) if after[0] == "python"]
REFUSED = [
    (before[1], after[1].strip()) for before, after in pairwise(BLOCKS) if after[0] == "text"
]
BESIDE = {
    "comparisons": {f"F_{each}" for each in COMPARISONS},
    "max_facts": {"max_F"},
    "actions": set[str](),
}
"""Keys of the author's own, as the page writes them, by the field that holds them."""


def tables() -> dict[str, set[str]]:
    """Collect the keys of the tables whose first heading is a place of the policy file."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    place = ""
    for line in MANUAL.splitlines():
        first = line.split(" | ")[0].removeprefix("| ") if line.startswith("| ") else ""
        if not first:
            place = place if line.startswith("|--") else ""
        elif not place:
            place = first.strip("`")
        else:
            found[place].update(re.findall(r"`(\w+)`", first))
    return {"" if place == "top level" else place: keys for place, keys in found.items()}


def described(place: str) -> str:
    """Return the place under whose heading the keys of another one are described, too."""
    place = re.sub(r".*\.match(\.unless)?$", r"rules[].match\1", place)
    return {"default_constraints": "rules[].constraints"}.get(place, place)


def keys(part: Part) -> set[str]:
    """Return the keys of a section, those of the author's own as the page writes them."""
    return set(part.shapes) | (BESIDE[part.beside.field] if part.beside else set())


TABLES = tables()
PLACES = {described(place): part for place, part in parts().items() if part.shapes}
del PLACES["rules[].match.unless"]


def test_the_manual_is_read() -> None:
    """The examples are found; python stands behind a policy, an error behind what is refused."""
    kinds = [kind for kind, _ in BLOCKS]
    assert len(POLICIES) >= 20
    assert len(PAIRS) == kinds.count("python")
    assert {before for before, _ in PAIRS} <= set(POLICIES)
    assert len(REFUSED) == kinds.count("yaml refused") >= 4
    assert set(kinds) == {"yaml", "yaml refused", "yaml cases", "python", "text"}


@pytest.mark.parametrize("text", POLICIES)
def test_every_policy_loads(text: str) -> None:
    """Each example is a policy by itself."""
    assert parse(text).snapshot


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_what_is_refused_is_refused_with_these_words(text: str, said: str) -> None:
    """A policy that the page shows as wrong is refused as the page says."""
    with pytest.raises(PolicyError) as caught:
        parse(text)

    assert str(caught.value) == said


@pytest.mark.parametrize(("text", "code"), PAIRS)
def test_every_claim_holds(text: str, code: str) -> None:
    """The assertions behind a policy are true of it."""
    assert "assert " in code
    exec(compile(code, "docs/policy.md", "exec"), {"policy": Policy.parse(text)})


def test_the_first_policy_passes_the_manuals_cases(tmp_path: Path) -> None:
    """The cases of the page are about its first policy, and settle all of it."""
    (text,) = CASES
    (tmp_path / "cases.yaml").write_text(text)

    assert Policy.parse(POLICIES[0]).test(tmp_path).passed


@pytest.mark.parametrize("place", PLACES)
def test_every_key_is_described_and_no_other(place: str) -> None:
    """The page has a table for each section, with the loader's keys and none besides."""
    assert TABLES[place] == keys(PLACES[place])


def test_every_table_of_keys_is_about_a_section() -> None:
    """No table describes what there is not."""
    others = {"what", "where", "command", "case"}

    assert set(TABLES) - others == set(PLACES)


def test_every_key_of_a_case_is_described() -> None:
    """The table of cases has the keys that a case may have."""
    assert TABLES["case"] == set(PackCase._fields)


def test_every_decision_is_in_its_order() -> None:
    """The page orders the decisions as they are weighed."""
    assert " < ".join(f"`{kind}`" for kind in get_args(Kind)) in MANUAL


@pytest.mark.parametrize(
    ("what", "limit"),
    [
        ("one file", f"{files.MAX_FILE_BYTES // 1024} KiB"),
        ("one file", f"{files.MAX_TOTAL_BYTES // 1024**2} MiB"),
        ("nesting", f"{source.MAX_DEPTH}"),
        ("one expression", f"{expressions.MAX_CHARS:,} characters"),
        ("one expression", f"{survey.MAX_LOOPS} loops"),
        ("work of one expression", f"{expressions.MAX_STEPS:,} estimated steps"),
        ("values of one argument", f"{carriage.MAX_VALUES:,}"),
        ("values of one argument", f"at most {carriage.MAX_DEPTH} deep"),
        ("one regular expression", f"{regexes.MAX_INSTRUCTIONS:,} instructions"),
        ("one search", f"{regexes.MAX_WORK:,} instructions"),
        ("an amount, and the sum, of a budget", "9,000,000,000,000"),
        ("revisions", f"{MOST_FORCED}"),
    ],
)
def test_every_limit_is_the_programs_own(what: str, limit: str) -> None:
    """The table of limits says what the code says."""
    (row,) = re.findall(rf"^\| {what}.*$", MANUAL, re.MULTILINE)

    assert limit in row


def test_the_largest_amount_is_the_programs_own() -> None:
    """The page's largest amount is counted, and one more is not."""
    assert guardrails.millionths(9_000_000_000_000) == 9_000_000_000_000_000_000
    assert guardrails.millionths(9_000_000_000_001) is None


def test_what_is_refused_is_listed() -> None:
    """The table of keys that are not enforced yet is the loader's own."""
    rows = re.findall(r"^\| `?([^`|]+?)`? \| ((?:`\w+` ?)+) \|$", MANUAL, re.MULTILINE)
    listed = {place: frozenset(re.findall(r"`(\w+)`", names)) for place, names in rows}
    (values,) = re.findall(r"^\| values \| (.*) \|$", MANUAL, re.MULTILINE)

    assert listed == {place or "top level": names for place, names in KEYS.items()}
    assert {
        place: frozenset(re.findall(r"`(\w+)`", names))
        for names, place in re.findall(r"(`[^;]*?`) in `([^`]+)`", values)
    } == dict(VALUES)


def test_every_pack_is_named() -> None:
    """The page names the packs to start from."""
    packs = {path.parent.name for path in (ROOT / "policies").glob("*/policy.yaml")}

    assert all(f"`{name}`" in MANUAL for name in packs if not name.startswith("agentdojo"))


def test_every_place_of_the_contents_is_there() -> None:
    """Each link within the page leads to one of its headings."""
    headings = re.findall(r"^#+ (.*)$", MANUAL, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}

    assert set(re.findall(r"\]\(#([^)]+)\)", MANUAL)) <= anchors
