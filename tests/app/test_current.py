"""Keep: a policy is swapped whole, or not at all."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from interlock.app.current import CurrentPolicy
from interlock.app.gate import Gate
from interlock.app.policy import Policy
from interlock.errors import PolicyError

OLD = "rules:\n  - {id: old, tool: pay, action: allow}\n  - {id: old-b, tool: b, action: block}\n"
NEW = "rules:\n  - {id: new, tool: pay, action: block}\n  - {id: new-b, tool: b, action: allow}\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A policy file."""
    path = tmp_path / "policy.yaml"
    path.write_text(OLD)
    return path


def test_a_changed_file_is_in_force_after_a_reload(file: Path) -> None:
    """Not before it, and the result says so."""
    current = CurrentPolicy(file)
    old = current().snapshot
    file.write_text(NEW)

    assert current().snapshot == old
    done = current.reload()

    assert (done.changed, done.error) == (True, None)
    assert done.snapshot == current().snapshot != old


def test_an_unchanged_file_changes_nothing(file: Path) -> None:
    """What is written otherwise and says the same is the same policy."""
    current = CurrentPolicy(file)
    before = current()
    file.write_text("# a remark\n" + OLD)

    assert not current.reload().changed
    assert current() is before


@pytest.mark.parametrize("broken", ["rules: [", "", "rules: [{tool: a, action: allo}]", None])
def test_a_broken_file_keeps_the_old_policy(
    broken: str | None, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The old policy stays, the result names the place, the log has one line."""
    current = CurrentPolicy(file)
    before = current()
    if broken is None:
        file.unlink()
    else:
        file.write_text(broken)

    with caplog.at_level(logging.INFO, "interlock.policy"):
        done = current.reload()

    assert current() is before
    assert (done.snapshot, done.changed) == (before.snapshot, False)
    assert str(done.error).startswith(f"{file}:")
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert record.getMessage() == f"{done.error}; policy {before.snapshot} stays in force"
    assert record.exc_info is None


def test_what_has_no_file_names_one() -> None:
    """A policy that was given as a value is reloaded from what is named."""
    current = CurrentPolicy(Policy.parse(OLD))
    with pytest.raises(PolicyError, match="without a policy file"):
        current.reload()

    assert current.reload(Policy.parse(NEW)).changed
    assert current().rule_ids == {"new", "new-b"}


def test_a_gate_decides_by_the_policy_it_reloaded(file: Path, tmp_path: Path) -> None:
    """`gate.policy` is the policy in force, and a gate without one has none to reload."""
    ledger = str(tmp_path / "l.db")
    with Gate.open(file, ledger) as gate:
        assert gate.policy.decide({"name": "pay"}).rules == ("old",)
        file.write_text(NEW)
        assert gate.reload().changed
        assert gate.policy.decide({"name": "pay"}).rules == ("new",)
        assert gate.policy.snapshot == gate.conductor.ports.policy().snapshot
    with Gate.open(ledger=ledger) as gate, pytest.raises(PolicyError, match="without a policy;"):
        gate.reload()


def test_threads_decide_by_one_policy_or_the_other(file: Path) -> None:
    """While the file is rewritten, broken and mended, no decision mixes two policies."""
    current, stop = CurrentPolicy(file), threading.Event()

    def decided() -> set[tuple[str, ...]]:
        seen: set[tuple[str, ...]] = set()
        while not stop.is_set():
            policy = Policy(current())
            seen.add(tuple(policy.decide({"name": name}).rules[0] for name in ("pay", "b")))
        return seen

    outcomes: set[bool | None] = set()
    with ThreadPoolExecutor(4) as pool:
        deciding = [pool.submit(decided) for _ in range(4)]
        for at in range(60):
            file.write_text((NEW, OLD, "rules: [")[at % 3])
            done = current.reload()
            outcomes.add(None if done.error else done.changed)
        stop.set()
        seen = set[tuple[str, ...]]().union(*(each.result() for each in deciding))

    assert seen == {("old", "old-b"), ("new", "new-b")}
    assert outcomes == {True, None}


OPTIONS = {
    "type": "object",
    "properties": {
        "o": {"anyOf": [{"$ref": "#/$defs/Options"}, {"type": "null"}]},
        "free": {"type": "object", "additionalProperties": True},
    },
    "$defs": {"Options": {"type": "object", "properties": {"force": {"type": "boolean"}}}},
}


@pytest.mark.parametrize(
    ("constraints", "said"),
    [
        ("args_drop: [o.forse]", "`o.forse` is no argument of `wipe`: `o` takes no `forse`"),
        ("args: {o.forse: false}", "`o` takes no `forse`; it takes `force`"),
        ("args_drop: [o.force.x.y]", None),
        ("args_drop: [o.force]", None),
        ("args: {o.force: false}", None),
        ("args_drop: [free.whatever]", None),
    ],
)
@pytest.mark.parametrize("entry", ["{}", "{args: {o: object, free: object}}"])
def test_a_misspelt_way_into_an_object_is_refused(
    entry: str, constraints: str, said: str | None
) -> None:
    """What is dropped below an object, and is not there, would be dropped nowhere and run."""
    rule = f"{{id: r, match: {{tools: [wipe]}}, decision: allow, constraints: {{{constraints}}}}}"
    text = f"tools: {{wipe: {entry}}}\nrules: [{rule}]\n"
    current = CurrentPolicy(Policy.parse(text))

    if said is None:
        current.require_fit({"wipe": OPTIONS})
        return
    with pytest.raises(PolicyError) as refused:
        current.require_fit({"wipe": OPTIONS})
    assert said in str(refused.value)
    assert "<text>:2:" in str(refused.value)


def test_a_reload_is_held_to_the_tools(file: Path) -> None:
    """A new file that drops what no tool has keeps the old policy."""
    current = CurrentPolicy(file)
    current.require_fit({"pay": OPTIONS})
    drop = "{tool: pay, action: allow, constraints: {args_drop: [o.forse]}}"
    file.write_text(f"tools: {{pay: {{}}}}\nrules: [{drop}]\n")
    old = current().snapshot

    done = current.reload()
    assert (done.changed, done.snapshot, current().snapshot) == (False, old, old)
    assert "`o` takes no `forse`" in str(done.error)
