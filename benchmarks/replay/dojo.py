"""Dojo: AgentDojo's suites as this replay sees them; the only module that imports `agentdojo`.

Environments, tools, ground truths, injection vectors, the attack's wording and both checks are
AgentDojo's own. Source: AgentDojo, arXiv 2406.13352; package `agentdojo`, suites v1.2.2.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import Any, Final

from agentdojo.agent_pipeline.ground_truth_pipeline import GroundTruthPipeline
from agentdojo.attacks.attack_registry import load_attack
from agentdojo.base_tasks import BaseInjectionTask, BaseUserTask
from agentdojo.functions_runtime import FunctionCall, FunctionsRuntime
from agentdojo.task_suite.load_suites import get_suite
from pydantic import BaseModel

from benchmarks.replay.suite import Known, Step, Task, Tool, ToolFailed, World

VERSION: Final = "v1.2.2"
NAMES: Final = ("workspace", "travel", "banking", "slack")
ATTACK: Final = "important_instructions_no_names"
"""How AgentDojo words the text that it hides in tool results."""


class DojoSuite:
    """One AgentDojo suite."""

    def __init__(self, name: str) -> None:
        """Load `name`, one of `NAMES`."""
        self.name = name
        self._suite = get_suite(VERSION, name)
        self._runtime = FunctionsRuntime(self._suite.tools)
        self.tools = tuple(Tool(f.name, f.description, f.parameters) for f in self._suite.tools)
        self.users = {key: _user_task(task) for key, task in self._suite.user_tasks.items()}
        self.injections = {
            key: _injection_task(task) for key, task in self._suite.injection_tasks.items()
        }

    @cached_property
    def _attack(self) -> Any:  # noqa: ANN401 - AgentDojo types it as an abstract base
        nobody = GroundTruthPipeline(None)
        nobody.name = "local"  # the attack asks for a model's name and, in this wording, drops it
        return load_attack(ATTACK, self._suite, nobody)

    def world(self, user: Task, injection: Task | None) -> World:
        """Load the environment, with the attack wherever the user task will read it."""
        task = self._suite.user_tasks[user.id]
        hidden = {}
        if injection is not None:
            hidden = self._attack.attack(task, self._suite.injection_tasks[injection.id])
        return task.init_environment(self._suite.load_and_inject_default_environment(hidden))

    def act(self, world: World, step: Step) -> Any:  # noqa: ANN401 - JSON
        """Run one of AgentDojo's tools on its environment."""
        result, error = self._runtime.run_function(world, step.tool, step.args)
        if error is not None:
            raise ToolFailed(error)
        return _json(result)

    def copy(self, world: World) -> World:
        """Copy an environment."""
        return world.model_copy(deep=True)

    def known(self, world: World) -> Known:
        """Read the user's own address and outgoing payments, where the suite has them."""
        inbox, bank = getattr(world, "inbox", None), getattr(world, "bank_account", None)
        paid = (
            [t.recipient for t in bank.transactions if t.sender in {"me", bank.iban}]
            if bank
            else ()
        )
        return Known(inbox.account_email.partition("@")[2] if inbox else "", frozenset(paid))


def _user_task(task: BaseUserTask[Any]) -> Task:
    def useful(says: str, before: World, after: World, ran: Sequence[Step]) -> bool:
        by_trace = task.utility_from_traces(says, before, after, _trace(ran))
        return task.utility(says, before, after) if by_trace is None else by_trace

    return Task(task.ID, task.PROMPT, task.GROUND_TRUTH_OUTPUT, _steps(task), useful)


def _injection_task(task: BaseInjectionTask[Any]) -> Task:
    def reached(says: str, before: World, after: World, ran: Sequence[Step]) -> bool:
        by_trace = task.security_from_traces(says, before, after, _trace(ran))
        return task.security(says, before, after) if by_trace is None else by_trace

    return Task(task.ID, task.GOAL, task.GROUND_TRUTH_OUTPUT, _steps(task), reached)


def _steps(task: BaseUserTask[Any] | BaseInjectionTask[Any]) -> Any:  # noqa: ANN401 - a closure
    return lambda world: tuple(
        Step(call.function, dict(call.args)) for call in task.ground_truth(world)
    )


def _trace(ran: Sequence[Step]) -> list[FunctionCall]:
    return [FunctionCall(function=step.tool, args=step.args) for step in ran]


def _json(value: object) -> Any:  # noqa: ANN401 - JSON
    match value:
        case BaseModel():
            return value.model_dump(mode="json")
        case dict():
            return {str(key): _json(item) for key, item in value.items()}
        case list() | tuple():
            return [_json(item) for item in value]
        case _:
            return value
