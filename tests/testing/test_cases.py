"""The kit catches hosts that break the contract; a case that cannot fail is a defect."""

from pathlib import Path
from typing import Any

import pytest

from interlock.testing.bench import Bench, Calls, Endings
from interlock.testing.conformance import cases, check_host


class EagerHost:
    """Runs whatever it is given and asks nobody."""

    def __init__(self, bench: Bench) -> None:
        self.tools = {function.__name__: function for function in bench.tools}

    def deliver(self, thread: str, turn: str, calls: Calls) -> Endings:
        for call in calls:
            self.tools[call["name"]](**call["args"])
        return {call["id"]: "released" for call in calls}

    async def adeliver(self, thread: str, turn: str, calls: Calls) -> Endings:
        for call in calls:
            await self.tools[call["name"]](**call["args"])
        return {call["id"]: "released" for call in calls}

    def answer(self, thread: str, call_id: str, verdict: str) -> None:
        pass

    def expire(self) -> None:
        pass

    def go_on(self, thread: str) -> Endings:
        return {"c0": "released"}


class LazyHost(EagerHost):
    """Runs nothing and says that it did."""

    def deliver(self, thread: str, turn: str, calls: Calls) -> Endings:
        return {call["id"]: "released" for call in calls}


HARMLESS_WHEN_EAGER = {"ids_reused_in_one_thread", "ids_reused_in_another_thread"}
"""Cases that want every delivery to run; the lazy host fails them."""


@pytest.mark.timeout(20)  # the cancelled case waits for its tool; others start a process
@pytest.mark.parametrize("case", cases())
def test_a_case_catches_a_host_that_breaks_it(case: str, tmp_path: Path) -> None:
    """A host without a gate fails each case, and the report names it and says why."""
    broken: Any = LazyHost if case in HARMLESS_WHEN_EAGER else EagerHost

    report = check_host(broken, tmp_path, only=case)

    assert not report.passed
    assert [result.case for result in report.failures] == [case]
    assert f"FAILS {case}" in str(report)


def test_no_cases_are_no_pass(tmp_path: Path) -> None:
    """A report without results does not pass."""
    assert not check_host(EagerHost, tmp_path, only="no such case").passed
