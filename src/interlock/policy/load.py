"""Load: a policy from a file, a folder or a text; whole, or not at all.

Every error is one line, `file:line:column: message`.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from interlock.policy.compilation import compile_policy
from interlock.policy.compiled import CompiledPolicy
from interlock.policy.document import Document
from interlock.policy.files import check_size, gather
from interlock.policy.shape import check_shape, written_out
from interlock.policy.source import Mark, Node, fault, locate, parse_tree, plain
from interlock.policy.suggestion import did_you_mean, shown

_Model = TypeVar("_Model", bound=BaseModel)

_EXPECTED: Final[Mapping[str, str]] = {
    "string_type": "text",
    "string_too_short": "a text that is not empty",
    "string_pattern_mismatch": "a word without blanks or `*`",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "`true` or `false`",
    "bool_parsing": "`true` or `false`",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "too_short": "a list with at least one entry",
    "too_long": "a list with one entry",
}


def load(path: Path | str) -> CompiledPolicy:
    """Load a policy file, or a folder with `policy.yaml` and `policy.d/*.yaml`.

    Raises `PolicyError`.
    """
    return _load(gather(Path(path)))


def parse(text: str, name: str = "<text>") -> CompiledPolicy:
    """Load a policy from text; `name` stands in errors.

    Raises `PolicyError`.
    """
    check_size(text.encode(errors="replace"), Mark(name, 1, 1))
    return _load(parse_tree(text.removeprefix("\ufeff"), name))


def _load(root: Node) -> CompiledPolicy:
    check_shape(root)
    full = written_out(root)
    return compile_policy(validated(Document, full), full)


def validated(model: type[_Model], root: Node) -> _Model:
    """Read a tree into a model; an error stands where its value stands.

    Raises `PolicyError`.
    """
    try:
        return model.model_validate(plain(root))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        path = first["loc"]
        raise fault(locate(root, path), _message(path, first)) from None


def _message(path: tuple[int | str, ...], error: Mapping[str, Any]) -> str:
    name = next((step for step in reversed(path) if isinstance(step, str)), "policy")
    value, context = error["input"], error.get("ctx", {})
    match error["type"]:
        case "missing":
            return f"`{name}` is missing; add it"
        case "extra_forbidden":
            return f"unknown key `{name}`"
        case "literal_error":
            expected: str = context["expected"].replace("'", "`")
            words = (word.strip("`") for word in expected.replace(" or ", ", ").split(", "))
            return (
                f"`{name}` is {shown(value)}; expected {expected}{did_you_mean(str(value), words)}"
            )
        case kind if kind in _EXPECTED:
            return f"`{name}` is {shown(value)}; expected {_EXPECTED[kind]}"
        case _:
            said = str(error["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")
            return f"`{name}` is {shown(value)}; expected {said}"
