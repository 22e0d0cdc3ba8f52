"""The platform agent end to end: a real graph, a real ledger, real databases, a scripted model."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver

from interlock import Gate, Policy
from interlock.testing.scenarios import Event, LeapClock, Scenario, load_all, play, shortfalls

DEVOPS = Path(__file__).parents[2] / "agents" / "devops"
SCENARIOS = load_all(DEVOPS / "scenarios")
BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}
every_scenario = pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)


class Platform:
    """A platform, a ledger and a gate of their own, and the agent over them."""

    def __init__(self, agent: ModuleType, folder: Path) -> None:
        """Set up everything in `folder`."""
        self.clock = LeapClock()
        ledger = f"sqlite:///{folder / 'ledger.db'}"
        self.gate = Gate.open(agent.POLICY, ledger=ledger, clock=self.clock, state=folder)
        self.ops = agent.beside("ops").Ops.create(folder / "platform")
        self.graph = agent.build(self.gate, self.ops, saver=self.gate.saver(InMemorySaver()))

    def play(self, scenario: Scenario, **options: Any) -> Any:
        """Play one scenario."""
        return play(scenario, self.gate, self.graph, leap=self.clock.advance, **options)


@pytest.fixture(scope="module")
def agent(load: Callable[[Path], ModuleType]) -> ModuleType:
    return load(DEVOPS / "agent.py")


@pytest.fixture
def platform(agent: ModuleType, tmp_path: Path) -> Iterator[Platform]:
    made = Platform(agent, tmp_path)
    yield made
    made.gate.close()


@every_scenario
def test_a_scenario_ends_as_it_says(scenario: Scenario, platform: Platform) -> None:
    """What the gate did, what the model saw and what lies in the databases are as the file says."""
    told = platform.play(scenario)

    assert told.finished
    assert shortfalls(scenario, told, platform.ops.rows) == ()
    assert platform.gate.audit.verify().ok


@every_scenario
def test_nobody_answers_and_nothing_that_asks_runs(scenario: Scenario, platform: Platform) -> None:
    """A thread whose question stays open has deployed, migrated and deleted nothing."""
    if not scenario.expect.asked:
        assert platform.play(scenario, human=lambda _: None).finished
        return
    watched = (
        "SELECT * FROM deployments WHERE place <> 'ci'",
        "SELECT * FROM resources",
        "SELECT * FROM shop_prod.applied",
        "SELECT name FROM pragma_database_list",
    )
    before = [platform.ops.rows(sql) for sql in watched]

    told = platform.play(scenario, human=lambda _: None)

    assert not told.finished
    assert [platform.ops.rows(sql) for sql in watched] == before


def test_a_vote_from_the_wrong_group_is_refused_with_words(platform: Platform) -> None:
    """Whoever is not in the group that the matrix names is told who is."""
    told: list[Event] = []

    platform.play(BY_NAME["wrong_group"], on_event=told.append)

    (refused,) = [event for event in told if event.kind == "refused"]
    assert refused.detail["by"] == "ana"
    assert "vp-engineering" in refused.words


def test_a_forced_argument_is_what_the_agent_is_told(platform: Platform) -> None:
    """The unsure agent learns that its call was a rehearsal, and reports no more."""
    told = platform.play(BY_NAME["unsure_migration"])

    assert '"applied":false' in str(told.messages[-2].content).replace(" ", "")


def test_a_rollback_is_listed_for_people(platform: Platform) -> None:
    """What ran as a notice is on the list of those who oversee."""
    platform.play(BY_NAME["rollback"])

    (notice,) = platform.gate.inbox.oversight()
    assert notice.tool == "rollback_prod"


def test_the_policy_knows_every_tool(agent: ModuleType, platform: Platform) -> None:
    """The catalogue lists the agent's tools, each with the arguments that it takes."""
    tools = agent.beside("tools").build_tools(platform.ops)
    declared = Policy.load(agent.POLICY).compiled.document.tools

    assert set(declared) == {tool.name for tool in tools}
    for tool in tools:
        if (args := declared[tool.name].args) is not None:
            assert set(args) == set(tool.args), tool.name


def test_looking_cannot_write(platform: Platform) -> None:
    """`rows` has no right to change anything, in the books or in a database."""
    for sql in ("DELETE FROM services", "DELETE FROM shop_prod.applied"):
        with pytest.raises(Exception, match="readonly"):
            platform.ops.rows(sql)


@pytest.mark.parametrize("name", ["../ops", "ops", "shop_prod; x", "", "nowhere"])
def test_only_databases_are_dropped(name: str, platform: Platform) -> None:
    """No name leads out of the platform's databases, nor to its books."""
    with pytest.raises(Exception, match="no database"):
        platform.ops.drop(name)


def test_a_deploy_twice_is_one(platform: Platform) -> None:
    """Deploying what runs already changes nothing."""
    for _ in range(2):
        platform.ops.deploy("docs", "1.4.0", "us-east")

    assert len(platform.ops.rows("SELECT * FROM deployments WHERE version = '1.4.0'")) == 1
    assert platform.ops.rollback("docs", "1.4.0", "us-east")["version"] == "1.3.0"
    with pytest.raises(Exception, match="does not run"):
        platform.ops.rollback("docs", "1.4.0", "us-east")
