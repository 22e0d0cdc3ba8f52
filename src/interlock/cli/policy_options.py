"""Read: what commands about policies are told, and the policy that they name."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from interlock.app.policy import Policy

PolicyPath = Annotated[
    Path, typer.Argument(metavar="POLICY", help="A policy file, or a folder with `policy.yaml`.")
]
Most = Annotated[int, typer.Option("--most", min=1, max=1_000_000, help="How many calls at most.")]


def loaded(path: Path) -> "Policy":
    """Load a policy. Raises `PolicyError` with file, line and column."""
    from interlock.app.policy import Policy

    return Policy.load(path)


def as_yaml(value: Any) -> str:  # noqa: ANN401 - JSON
    """Write JSON values as YAML, for people."""
    import yaml

    return yaml.safe_dump(value, sort_keys=False, allow_unicode=False).rstrip()
