"""Arguments as a tool's own schema takes them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.tools import BaseTool, tool
from pydantic import (
    AfterValidator,
    AliasChoices,
    AnyUrl,
    BaseModel,
    BeforeValidator,
    Field,
    RootModel,
    StringConstraints,
)

from interlock import Policy
from interlock.graph.coercion import as_taken
from interlock.graph.schemas import fitted, why_invalid
from interlock.tools.schema import misfit


class Place(Enum):
    PROD = "prod"

    @classmethod
    def _missing_(cls, value: object) -> "Place | None":
        return cls.PROD if str(value).lower() == "prod" else None


class Options(BaseModel):
    dry: bool = True
    amount: float = Field(0, validation_alias=AliasChoices("amount", "Amount"))


class Numbers(RootModel[list[int]]):
    """A list by itself."""


@dataclass
class Pair:
    left: int
    right: int = 0


Region: TypeAlias = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True)]
Union: TypeAlias = Annotated[int | str, Field(union_mode="left_to_right")]


@tool
def act(
    dry: bool = True,
    n: int = 0,
    x: float = 0,
    region: Region = "",
    place: Place = Place.PROD,
    o: Options | None = None,
    items: list[Options] | None = None,
    names: dict[int, bool] | None = None,
    tags: set[int] | None = None,
    numbers: Numbers | None = None,
    pair: Pair | None = None,
    either: Union = 0,
    id: UUID | None = None,  # noqa: A002 - a plain name
    day: date | None = None,
    at: datetime | None = None,
    path: PurePath | None = None,
    url: AnyUrl | None = None,
    price: Decimal | None = None,
) -> str:
    """Do it."""
    return repr((dry, n, x, region, place, o, items, names, tags, numbers, pair, either, id, day))


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        ({"dry": "off"}, {"dry": False}), ({"dry": 0}, {"dry": False}),
        ({"dry": "1"}, {"dry": True}),
        ({"n": " 5 "}, {"n": 5}), ({"n": "05"}, {"n": 5}), ({"n": "+5"}, {"n": 5}),
        ({"n": True}, {"n": 1}), ({"x": "1.50"}, {"x": 1.5}),
        ({"region": " EU "}, {"region": "eu"}),
        ({"place": "PROD"}, {"place": "prod"}),
        ({"o": {"dry": "no", "amount": "7"}}, {"o": {"dry": False, "amount": 7.0}}),
        ({"items": [{"dry": "f"}, {}]}, {"items": [{"dry": False}, {}]}),
        ({"names": {"05": "yes"}}, {"names": {"5": True}}),
        ({"tags": ["2", "1"]}, {"tags": [1, 2]}), ({"numbers": ["1"]}, {"numbers": [1]}),
        ({"pair": {"left": "3"}}, {"pair": {"left": 3}}), ({"either": "5"}, {"either": 5}),
        ({"id": "A" * 32}, {"id": "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"}),
        ({"day": 0}, {"day": "1970-01-01"}),
        ({"at": "2026-01-01 10:00"}, {"at": "2026-01-01T10:00:00"}),
        ({"path": "a//b"}, {"path": "a/b"}),
        ({"url": "HTTP://EVIL.example"}, {"url": "http://evil.example/"}),
        ({"price": " 5 "}, {"price": "5"}),
    ],
)  # fmt: skip
def test_what_the_tool_takes_for_another_is_written_so(
    given: dict[str, Any], taken: dict[str, Any]
) -> None:
    """At any depth; as they were given, such arguments may not be handed over."""
    found = fitted(act, given, misfit)

    assert found.why is None
    assert found.args == taken
    assert [type(each) for each in found.args.values()] == [type(each) for each in taken.values()]
    assert "is another value to the tool" in (why_invalid(act, given, misfit) or "")
    assert why_invalid(act, taken, misfit) is None


@pytest.mark.parametrize(
    "args",
    [
        {}, {"dry": False, "n": 5, "x": 5, "region": "eu"}, {"n": 5.0}, {"o": {"amount": 7}},
        {"tags": [2, 1]}, {"names": {"5": True}}, {"price": 5}, {"either": "a"}, {"o": None},
        {"_interlock": {"confidence": "0.5"}, "n": 1},
    ],
)  # fmt: skip
def test_what_is_taken_as_it_is_stays(args: dict[str, Any]) -> None:
    """Also what the agent says of its own call, which is not the tool's."""
    assert fitted(act, args, misfit) == (args, None)
    assert why_invalid(act, args, misfit) is None


def test_two_keys_for_one_are_refused() -> None:
    """Nobody could say which of them the tool would get."""
    assert fitted(act, {"names": {"1": "yes", "01": "no"}}, misfit).why is not None


def _longer(text: str) -> str:
    return f"{text}!"


@pytest.mark.parametrize("check", [AfterValidator(_longer), BeforeValidator(_longer)])
def test_a_check_that_changes_its_own_outcome_is_refused(check: Any) -> None:
    """What would be proposed is not what the tool would get."""

    @tool
    def grow(text: Annotated[str, check]) -> str:
        """Grow."""
        return text

    assert "changes them each time" in (fitted(grow, {"text": "a"}, misfit).why or "")


def test_values_without_json_stay_as_given() -> None:
    """Nothing is made up for them."""
    assert as_taken("x", object()) == "x"
    assert as_taken([1], object()) == [1]
    assert as_taken({"a": 1}, object()) == {"a": 1}


def _boolean(value: bool) -> st.SearchStrategy[Any]:
    texts = {
        True: ("true", "on", "yes", "y", "t", "1"),
        False: ("false", "off", "no", "n", "f", "0"),
    }
    return st.sampled_from([value, int(value), float(value), *texts[value]])


def _integer(value: int) -> st.SearchStrategy[Any]:
    return st.sampled_from([value, float(value), str(value), f" {value} ", f"{value}.0"])


_GUARDED: list[tuple[Callable[[Any], dict[str, Any]], str]] = [
    (lambda one: {"dry": one[0], "n": one[1]}, "args.dry == {0} && args.n == {1}"),
    (lambda one: {"o": {"dry": one[0]}, "numbers": [one[1]]},
     "args.o.dry == {0} && {1} in args.numbers"),
    (lambda one: {"items": [{"dry": one[0]}]}, "args.items.exists(x, x.dry == {0})"),
    (lambda one: {"names": {"7": one[0]}}, "args.names == {{'7': {0}}}"),
    (lambda one: {"numbers": [one[1]]}, "!args.numbers.all(x, x != {1})"),
]  # fmt: skip
_TYPED = "tools: {act: {args: {dry: any, n: any, o: any, items: any, names: any, numbers: any}}}"


def _denies(when: str, args: dict[str, Any]) -> bool:
    text = f'rules: [{{tool: act, action: allow}}]\nguardrails: [{{match: {{when: "{when}"}}}}]'
    decided = Policy.parse(f"{_TYPED}\n{text}").decide({"name": "act", "args": args})
    return decided.kind == "deny"


@given(st.data(), st.booleans(), st.integers(0, 99), st.sampled_from(_GUARDED))
def test_a_guardrail_over_a_value_stops_every_form_of_it(
    data: st.DataObject, dry: bool, n: int, guarded: tuple[Callable[[Any], dict[str, Any]], str]
) -> None:
    """Both where the gate knows the tool and writes the value, and where nobody does."""
    shaped, text = guarded
    lax = shaped((data.draw(_boolean(dry)), data.draw(_integer(n))))
    when = text.format(str(dry).lower(), n)

    assert _denies(when, lax)
    found = fitted(act, lax, misfit)
    assert found.why is not None or _denies(when, found.args)


def test_the_tool_gets_what_was_judged() -> None:
    """The tool, given what is written, makes the same of it as of what the model sent."""
    sent = {"dry": "off", "n": "5", "o": {"dry": "no"}, "names": {"05": 1}, "either": "5"}
    caller: BaseTool = act

    assert caller.invoke(fitted(act, sent, misfit).args) == caller.invoke(sent)
