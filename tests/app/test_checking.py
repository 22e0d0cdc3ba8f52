"""Check: a policy as a whole, whatever is wrong with it."""

from pathlib import Path

import pytest

from interlock.app.checking import checked
from interlock.app.policy import Policy
from interlock.errors import PolicyError

FINE = "tools: {a: {}}\nrules: [{tool: a, action: allow}]\n"


def codes(path: Path, text: str) -> list[str]:
    """Check a text."""
    file = path / "policy.yaml"
    file.write_text(text)
    return [finding.code for finding in checked(file).findings]


def test_a_policy_that_is_fine(tmp_path: Path) -> None:
    """No finding, and the policy itself."""
    assert codes(tmp_path, FINE) == []
    found = checked(tmp_path)
    assert found.policy is not None
    assert found.policy.digest == Policy.load(tmp_path).compiled.digest


@pytest.mark.parametrize(
    ("text", "code", "place", "remedy"),
    [
        ("rules: [", "IL001", (2, 1), ""),
        ("ruls: []", "IL001", (1, 1), "did you mean `rules`?"),
        ("rules: [{tool: a, action: allow, review: {}}]", "IL001", (1, 34), ""),
        (FINE + "trusted_servers: [files]\n", "IL002", (3, 1), "remove it"),
    ],
)
def test_what_stops_a_load_is_an_error(
    text: str, code: str, place: tuple[int, int], remedy: str, tmp_path: Path
) -> None:
    """The first finding is what a load raises, at the same place."""
    (tmp_path / "policy.yaml").write_text(text)
    found = checked(tmp_path)
    with pytest.raises(PolicyError) as raised:
        Policy.load(tmp_path)

    first = found.of("error")[0]
    assert not found.loads
    assert (first.code, first.mark[1:]) == (code, place)
    assert str(raised.value).startswith(f"{first.mark}: {first.message.partition(' in `')[0]}")
    assert remedy in first.remedy


def test_nothing_is_raised_for_a_file_that_is_not_there(tmp_path: Path) -> None:
    """A missing file is one error."""
    (finding,) = checked(tmp_path / "no.yaml").findings

    assert (finding.code, finding.message) == ("IL001", "no such file")


def test_advice_and_errors_stand_in_the_order_of_the_file(tmp_path: Path) -> None:
    """A key that stops the load hides nothing of the rest."""
    text = "trusted_servers: [files]\n" + FINE + "groups: {g: [ana]}\n"

    assert codes(tmp_path, text) == ["IL002", "IL020"]


@pytest.mark.parametrize(
    ("rules", "found"),
    [
        ("rules: [{tool: save, action: allow}]", ["IL018"]),
        ("rules: [{tool: save, action: escalate}, {tool: b, action: allow}]", []),
        (
            (
                "rules: [{tool: save, action: allow}]\n"
                "guardrails: [{match: {tools: [save]},"
                " require: \"args.path.startsWith('/data/')\"}]"
            ),
            [],
        ),
        (
            "rules:\n  - {match: {tools: [save], args_match: {path: '^/data/'}}, decision: allow}",
            [],
        ),
        (
            (
                "rules: [{match: {tools: [save], confidence_below: 0.5}, decision: notify},"
                " {match: {tools: [save]}, decision: allow}]"
            ),
            ["IL018"],
        ),
        (
            (
                "autonomy_levels: {level_0: {rules: [{tool: save, action: escalate}]},"
                " level_3: {rules: [{tool: save, action: allow}]}}"
            ),
            ["IL018"],
        ),
    ],
)
def test_whether_an_agent_may_write_this_file(rules: str, found: list[str], tmp_path: Path) -> None:
    """The policy is asked about a call that names its own file, by a calm agent at each level."""
    text = "tools: {save: {args: {path: string, text: string}}, b: {}}\n" + rules + "\n"

    assert [code for code in codes(tmp_path, text) if code == "IL018"] == found
