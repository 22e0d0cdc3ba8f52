"""List: boundaries, matrix, risk and guardrails mean what is written."""

import pytest

from interlock.errors import PolicyError
from interlock.policy.authority import Boundary, Budget, Cell, Guardrail, Rate, RiskEntry
from interlock.policy.load import read_text
from interlock.policy.match import Match


@pytest.mark.parametrize(
    ("written", "cells"),
    [
        ("auto-approve", {"default": Cell("allow")}),
        ("deny", {"default": Cell("deny")}),
        ("cto", {"default": Cell("require_approval", "cto")}),
        ("{group: cto}", {"default": Cell("require_approval", "cto")}),
        ("{group: cto, vote: majority}", {"default": Cell("require_approval", "cto", "majority")}),
        (
            "{prod: cto, staging: auto-approve, default: deny}",
            {
                "prod": Cell("require_approval", "cto"),
                "staging": Cell("allow"),
                "default": Cell("deny"),
            },
        ),
        (
            "{prod: {group: cto, vote: unanimous}}",
            {"prod": Cell("require_approval", "cto", "unanimous")},
        ),
    ],
)
def test_a_cell_has_its_short_forms(written: str, cells: dict[str, Cell]) -> None:
    """A word, a group, a group that votes, or one of these by environment."""
    matrix = read_text(f"decision_matrix: {{'a.*': {{high: {written}}}, unlisted: deny}}")

    assert matrix.document.decision_matrix
    assert matrix.document.decision_matrix.unlisted == "deny"
    assert matrix.document.decision_matrix.actions["a.*"].cells == {"high": cells}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("decision_matrix: {a: {high: 3}}", "1:29: `high` is `3`; expected `auto-approve`, `deny`"),
        ("decision_matrix: {a: {hi: deny}}", "1:23: `a` names `hi`; expected a risk: low, medium"),
        ("decision_matrix: {a: deny}", "1:22: `a` is `deny`; expected a mapping"),
        ("decision_matrix: {a: {low: {prod: {default: x}}}}", "1:36: unknown key `default` in"),
        ("decision_matrix: {unlisted: allow}", "1:29: `unlisted` is `allow`; expected deny"),
        ("boundaries: {a: {fact: x}}", "1:17: `max_autonomous` is missing in `a`"),
        ("boundaries: {a: {fact: x, max_autonomous: [1]}}",
         "1:43: `max_autonomous` is `[1]`; expected a number, a word of `order`"),
        ("boundaries: {a: {fact: x, max_autonomous: 1, above: ask}}",
         "1:53: `above` is `ask`; expected deny | require_approval"),
        ("risk: [{match: {tools: [a]}}]", "1:8: `level` is missing in `risk`"),
        ("risk: [{level: hih}]", "1:16: `level` is `hih`; expected critical | high | low | medium"),
        ("risk: [{level: low, match: {tag: [a]}}]", "1:29: unknown key `tag` in `risk[].match`"),
        ("guardrails: [{stage: before}]", "1:22: `stage` is `before`; expected both | decide"),
        ("guardrails: [{budget: {fact: x, max: 5000, per: day, by: team}}]",
         "1:58: `by` is `team`; expected agent | all | principal | tenant | tool"),
        ("guardrails: [{rate: {max: 1.5, per: day}}]",
         "1:27: `max` is `1.5`; expected a whole number from 0"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_line_and_a_column(text: str, said: str) -> None:
    """Each is refused where it stands, in words that say what was expected."""
    with pytest.raises(PolicyError) as caught:
        read_text(text, "p")

    assert str(caught.value).startswith(f"p:{said}")


def test_boundaries_risk_and_guardrails_have_all_their_keys() -> None:
    """Everything that may be said is kept as it was said."""
    document = read_text(
        "boundaries: {a: {fact: tier, order: [one, two], max_autonomous: {0: one, 3: two}, "
        "above: deny}}\n"
        "risk: [{level: high, match: {risk_tags: [delete]}}, {level: low}]\n"
        "guardrails:\n"
        "- {id: r, stage: guard, match: {tools: [a]}, require: 'true', reason: w}\n"
        "- {budget: {fact: x, max: 5, per: day, by: all}}\n"
        "- {rate: {max: 2, per: minute}}\n"
        "- {inspect_args: {secrets: deny}}\n"
    ).document

    assert document.boundaries == {
        "a": Boundary("tier", {"0": "one", "3": "two"}, ("one", "two"), "deny")
    }
    assert document.risk == (RiskEntry("high", Match(risk_tags=("delete",))), RiskEntry("low"))
    assert document.guardrails == (
        Guardrail("r", Match(tools=("a",)), "w", "guard", "true"),
        Guardrail(budget=Budget("x", 5.0, "day", "all")),
        Guardrail(rate=Rate(2, "minute", "agent")),
        Guardrail(inspect_args={"secrets": "deny"}),
    )
