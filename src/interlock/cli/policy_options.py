"""Read: what commands about policies are told, and the policy that they name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from interlock.cli.findings import finding_json
from interlock.desk.display import visible

if TYPE_CHECKING:
    from interlock.app.checking import Readable
    from interlock.app.policy import Policy

PolicyPath = Annotated[
    Path, typer.Argument(metavar="POLICY", help="A policy file, or a folder with `policy.yaml`.")
]
OfLedger = Annotated[
    str | None,
    typer.Option(
        "--ledger",
        metavar="URL|FILE",
        help="CALL is the id of a call or question of this ledger, which is only read.",
        show_default=False,
    ),
]
Most = Annotated[int, typer.Option("--most", min=1, max=1_000_000, help="How many calls at most.")]


def loaded(path: Path) -> "Policy":
    """Load a policy. Raises `PolicyError` with file, line and column."""
    from interlock.app.policy import Policy

    return Policy.load(path)


def readable(path: Path) -> "Readable":
    """Read a policy past what this version does not enforce. Raises `PolicyError` for all else."""
    from interlock.app.checking import readable as read

    return read(path)


def stopping(path: Path, found: "Readable") -> list[str]:
    """Say why a policy does not load, and what that means for all that is said of it; or nothing.

    In comments, so that what is printed after it can still be read as YAML.
    """
    if found.loads:
        return []
    refused = [f"{each.mark}: {each.message}" for each in found.stopping]
    end = f"{path}: this version refuses to load it; what follows leaves these keys out"
    return [f"# {visible(line)}" for line in (*refused, end)]


def stopping_json(*found: "Readable") -> dict[str, Any]:
    """Write the same for programs."""
    each = [finding for one in found for finding in one.stopping]
    return {"loads": not each, "refused": [finding_json(finding) for finding in each]}


def as_yaml(value: Any) -> str:  # noqa: ANN401 - JSON
    """Write JSON values as YAML, for people."""
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=False).rstrip()


def without_nulls(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Leave out what the policy does not say."""
    match value:
        case dict():
            members = cast("dict[str, Any]", value)
            return {key: without_nulls(item) for key, item in members.items() if item is not None}
        case list():
            return [without_nulls(item) for item in cast("list[Any]", value)]
        case _:
            return value
