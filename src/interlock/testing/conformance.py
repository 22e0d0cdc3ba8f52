"""Hold: hosts to their contract, which every way of delivering calls to the gate must keep.

A host is adapted to `Host` in a few lines; `check_host` plays each case on a fresh ledger and says
which hold: replays, reused ids, siblings, refusals, cancellation, and a process killed between
claim and result. Shipped, so that a host of your own can be held to it too:

    report = check_host(make_host, folder)
    assert report.passed, report
"""

import importlib.util
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, cast

from interlock.testing import cases as laws
from interlock.testing.bench import Bench, MakeHost, call

Law: TypeAlias = Callable[[Bench, MakeHost], None]


@dataclass(frozen=True, slots=True)
class LawResult:
    """What one case came to."""

    case: str
    trouble: str = ""
    """Why it does not hold; empty when it does."""


@dataclass(frozen=True, slots=True)
class Conformance:
    """What all cases came to."""

    results: tuple[LawResult, ...]

    @property
    def failures(self) -> tuple[LawResult, ...]:
        """The cases that do not hold."""
        return tuple(result for result in self.results if result.trouble)

    @property
    def passed(self) -> bool:
        """Whether there were cases and all hold."""
        return bool(self.results) and not self.failures

    def __str__(self) -> str:
        lines = [f"{'FAILS' if one.trouble else 'holds'} {one.case}" for one in self.results]
        return "\n".join(lines + [f"  {one.case}: {one.trouble}" for one in self.failures])


def check_host(make_host: MakeHost, folder: Path, only: str = "") -> Conformance:
    """Play every case whose name holds `only`, each in a folder of its own.

    `make_host` is a function at the top of a file, as another process calls it too.
    """
    chosen = {name: case for name, case in cases().items() if only in name}
    return Conformance(
        tuple(_check(name, case, make_host, folder) for name, case in chosen.items())
    )


def cases() -> dict[str, Law]:
    """Return the cases by name, in the order of their definition."""
    found = {name: value for name, value in vars(laws).items() if name.startswith("case_")}
    return {name.removeprefix("case_"): cast("Law", value) for name, value in found.items()}


def _check(name: str, case: Law, make_host: MakeHost, folder: Path) -> LawResult:
    own = folder / name
    own.mkdir(parents=True)
    try:
        case(Bench(own), make_host)
    except Exception as error:  # noqa: BLE001 - whatever a host raises is its failure
        return LawResult(name, f"{type(error).__name__}: {error}")
    return LawResult(name)


def _deliver_here(file: str, name: str, folder: str) -> None:
    """Do what the killed process does."""
    spec = importlib.util.spec_from_file_location("interlock_host_under_test", file)
    if spec is None or spec.loader is None:
        raise ImportError(f"`{file}` is no module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cast("MakeHost", getattr(module, name))(Bench(Path(folder))).deliver(
        "t", "m1", [call("write", 1)]
    )


if __name__ == "__main__":
    _deliver_here(*sys.argv[1:4])
