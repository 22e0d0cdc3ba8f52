"""List: which key of a boundary, the matrix, risk and guardrails is read with which shape."""

from collections.abc import Mapping
from typing import Any, Final, get_args

from interlock.policy.authority import (
    WINDOWS_S,
    Boundary,
    Budget,
    Cell,
    DecisionMatrix,
    GroupCell,
    Guardrail,
    MatrixRow,
    Rate,
    RiskEntry,
)
from interlock.policy.decisions import Risk
from interlock.policy.file.entities import INSPECT_ARGS
from interlock.policy.file.part import Apart, Beside, Part
from interlock.policy.file.rule_shapes import COUNT, GLOB, TAG, TEXT, match_at
from interlock.policy.file.shape import (
    Converted,
    Either,
    Items,
    Named,
    Number,
    OneOf,
    Text,
    is_mapping,
    is_number,
    is_text,
)

_TIER: Final = Either(((is_number, Number()), (is_text, TAG)), "a number, or a word of `order`")
_RISK: Final = Text(f"^({'|'.join(get_args(Risk))})$", "a risk: low, medium, high or critical")
BOUNDARIES: Final = Named(
    Part(
        "boundaries.*",
        Boundary,
        {
            "fact": TAG,
            "max_autonomous": Either(
                (
                    (is_number, Number()),
                    (is_text, TAG),
                    (is_mapping, Named(_TIER, Text("^[0-3]$", "an autonomy level, 0 to 3"))),
                ),
                "a number, a word of `order`, or one of these by autonomy level",
            ),
            "order": Items(TAG, least=1, distinct="tier"),
            "above": OneOf(("require_approval", "deny")),
        },
    ),
    GLOB,
)


def _cell(word: str) -> Cell:
    match word:
        case "auto-approve":
            return Cell("allow")
        case "deny":
            return Cell("deny")
        case group:
            return Cell("require_approval", group)


def _asked(cell: GroupCell) -> Cell:
    return Cell("require_approval", cell.group, cell.vote)


def _everywhere(cell: Cell) -> Mapping[str, Cell]:
    return {"default": cell}


def _names_a_group(value: Any) -> bool:  # noqa: ANN401 - what a node holds
    return is_mapping(value) and "group" in value


_GROUP: Final = Part(
    "decision_matrix.*.*",
    GroupCell,
    {"group": TEXT, "vote": OneOf(("majority", "unanimous"))},
)
_WORD_CELL: Final = Converted(TEXT, _cell)
_GROUP_CELL: Final = Converted(_GROUP, _asked)
_CELL: Final = Either(
    ((is_text, _WORD_CELL), (is_mapping, _GROUP_CELL)), "`auto-approve`, `deny`, or a group"
)
_CELLS: Final = Either(
    (
        (is_text, Converted(_WORD_CELL, _everywhere)),
        (_names_a_group, Converted(_GROUP_CELL, _everywhere)),
        (is_mapping, Named(_CELL, Text(r"^(?!group$)[\s\S]+$", "an environment"))),
    ),
    "`auto-approve`, `deny`, a group, or one of these by environment",
)


MATRIX: Final = Part(
    "decision_matrix",
    DecisionMatrix,
    {"unlisted": OneOf(("deny",))},
    Beside("actions", Converted(Named(_CELLS, _RISK), MatrixRow), str, {}, GLOB),
)
RISK: Final = Items(
    Part(
        "risk[]",
        RiskEntry,
        {"level": OneOf(get_args(Risk)), "match": match_at("risk[].match")},
    )
)
_METERED: Final = ("budget", "rate")
_TOO_EARLY: Final = (
    "`stage: decide` would let calls that run at once spend more than the `{}`, which is kept as "
    "each begins; drop `stage`, or write `both` or `guard`"
)
_WINDOW: Final = OneOf(tuple(WINDOWS_S))
_BY: Final = OneOf(("agent", "principal", "tenant", "tool", "all"))
GUARDRAILS: Final = Items(
    Part(
        "guardrails[]",
        Guardrail,
        {
            "id": TEXT,
            "match": match_at("guardrails[].match"),
            "reason": TEXT,
            "stage": OneOf(("decide", "guard", "both")),
            "require": TEXT,
            "budget": Part(
                "guardrails[].budget",
                Budget,
                {"fact": TAG, "max": Number(0.0), "per": _WINDOW, "by": _BY},
            ),
            "rate": Part("guardrails[].rate", Rate, {"max": COUNT, "per": _WINDOW, "by": _BY}),
            "inspect_args": INSPECT_ARGS,
        },
        apart=(
            Apart("rate", "budget", "`rate` does not go with `budget`; write two guardrails"),
            *(Apart(what, "stage", _TOO_EARLY.format(what), ("decide",)) for what in _METERED),
        ),
    )
)
