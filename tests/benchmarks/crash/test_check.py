"""The independent checker: it finds nothing in an honest log, and each law can be seen broken."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from benchmarks.crash.calls import nothing_stuck
from benchmarks.crash.check import check, main, violations
from benchmarks.crash.evidence import LEDGER, Call, Entry, Evidence
from benchmarks.crash.stage import POLICY, Stage

from benchmarks.crash import broken, effects, evidence
from interlock.clock import FrozenClock

ROOT = Path(__file__).resolve().parents[3]
Lines = list[dict[str, Any]]


def story(folder: Path) -> tuple[Path, Path]:
    """Tell of calls that were allowed, approved and refused."""
    stage = Stage(folder, FrozenClock())
    for name, tool, answer in (
        ("m1", "post", ""), ("m2", "pay", "approve"), ("m3", "pay", "deny"), ("m4", "flag", ""),
    ):  # fmt: skip
        call = stage.propose(tool, name)
        if answer:
            stage.answer(call, answer)  # type: ignore[arg-type] - one of the two
        stage.perform(call)
    return stage.exported()


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An honest log with its journals."""
    folder = tmp_path_factory.mktemp("honest")
    story(folder)
    return folder


@pytest.fixture
def played(honest: Path, tmp_path: Path) -> Path:
    """A copy of it to tamper with."""
    return Path(shutil.copytree(honest, tmp_path / "copy"))


def found_in(folder: Path, **more: Any) -> dict[str, int]:
    """Check a folder; return the invariants that are broken, and how often."""
    counted = violations(check(folder / "export", folder / "journals", **more))
    return {name: count for name, count in counted.items() if count}


def rewritten(path: Path, change: Callable[[Lines], Lines]) -> None:
    """Change the lines of a JSON Lines file."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    text = "".join(json.dumps(line) + "\n" for line in change(lines))
    path.write_text(text, encoding="utf-8")


def test_it_shares_no_code_with_the_ledger() -> None:
    """The checker and all it imports know nothing of Interlock, its database or its host."""
    look = "import sys, benchmarks.crash.check as c; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True
    )
    roots = {name.partition(".")[0] for name in done.stdout.split()}
    assert roots & {"interlock", "sqlalchemy", "langgraph", "langchain_core", "psycopg"} == set()
    assert {"benchmarks", "rfc8785", "cryptography"} <= roots


def test_an_honest_log_is_clean(honest: Path) -> None:
    """Nothing is broken, each law says how much it saw, and the page names the rest."""
    found = check(honest / "export", honest / "journals")
    assert {name: one.violations for name, one in found.items() if one.violations} == {}
    assert list(found) == [f"I{number}" for number in range(1, 19)]
    blind = {name for name, one in found.items() if not one.checked}
    assert blind == {"I11", "I12", "I13", "I14", "I15", "I18"}
    assert all(found[name].unseen for name in blind - {"I11", "I13", "I18"})
    assert main([str(honest / "export"), str(honest / "journals")]) == 0


@pytest.mark.parametrize("name", list(broken.BROKEN))
def test_a_broken_ledger_is_caught(name: str, tmp_path: Path) -> None:
    """Each promise that is taken out of the ledger breaks its invariants, and nothing else does."""
    breaks, play, wanted = broken.BROKEN[name]
    for how in (nullcontext, breaks):
        folder = tmp_path / how.__name__
        with how():
            play(folder)
        assert wanted <= found_in(folder).keys() if how is breaks else found_in(folder) == {}


def of_kind(lines: Lines, kind: str) -> dict[str, Any]:
    """Return the first entry of a kind."""
    return next(line for line in lines if line["kind"] == kind)


def without(kind: str) -> Callable[[Lines], Lines]:
    """Leave out the entries of a kind."""
    return lambda lines: [line for line in lines if line["kind"] != kind]


def told(kind: str, /, **members: Any) -> Callable[[Lines], Lines]:
    """Change members of the body of the first entry of a kind; `_name` one of the entry itself."""

    def change(lines: Lines) -> Lines:
        entry = of_kind(lines, kind)
        for name, value in members.items():
            (entry if name.startswith("_") else entry["body"])[name.removeprefix("_")] = value
        return lines

    return change


LOG: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "an intent is missing": (without("claimed"), "I1"),
    "a fence does not grow": (told("claimed", fence=0), "I1"),
    "a result of a claim that nobody made": (told("done", fence=7), "I1"),
    "an intent rests on a denial": (told("decided", kind="deny"), "I2"),
    "an intent rests on a question": (told("decided", kind="require_approval"), "I16"),
    "an approval of nobody": (without("voted"), "I2"),
    "an approval of the requester": (told("asked", excluded=["ana"]), "I7"),
    "an approval of a stranger": (told("asked", terms={"eligible": ["cleo"]}), "I7"),
    "an approval of one where two must": (told("asked", terms={"quorum": 2}), "I2"),
    "an approval of one of two groups": (
        told("asked", terms={"groups": [["a", ["ana", "bo"]], ["b", ["ana"]]]}), "I7",
    ),
    "an approval where nobody may": (told("asked", terms={"eligible": []}), "I2"),
    "an approval too late": (told("asked", expires_at="2025-01-01T00:00:00.000000Z"), "I11"),
    "an approval of other bytes": (told("voted", digest="0" * 64), "I8"),
    "a call that never ended": (lambda lines: [*lines][:-1], "I5"),
    "a state out of turn": (told("inspected", _state="released"), "I9"),
    "a result that nobody inspected": (without("inspected"), "I17"),
    "a result let go against its inspection": (
        told("inspected", output_safety_decision="QUARANTINE"), "I17",
    ),
    "an entry that was edited": (told("proposed", tool="wipe"), "I10"),
    "an entry that was cut off": (lambda lines: lines[:-1], "I10"),
    "two entries in each other's place": (lambda lines: [lines[1], lines[0], *lines[2:]], "I10"),
}  # fmt: skip


@pytest.mark.parametrize("what", list(LOG))
def test_a_log_that_tells_of_it_is_found_out(what: str, played: Path) -> None:
    """Every law about the log can be broken, and is then named."""
    change, invariant = LOG[what]
    rewritten(played / "export" / "entries.jsonl", change)
    assert invariant in found_in(played)


def effect(lines: Lines, tool: str) -> dict[str, Any]:
    """Return the line that a tool wrote before its effect."""
    return next(line for line in lines if line["what"] == "begin" and line["tool"] == tool)


def with_effect(tool: str, **members: Any) -> Callable[[Lines], Lines]:
    """Add an effect like one that there is, but for some members."""
    return lambda lines: [*lines, {**effect(lines, tool), **members}]


JOURNAL: dict[str, tuple[Callable[[Lines], Lines], str]] = {
    "an effect under a fence that nobody holds": (with_effect("post", fence=7), "I1"),
    "an effect before its intent": (with_effect("post", at="2020-01-01T00:00:00.000000Z"), "I1"),
    "a second effect": (with_effect("post"), "I3"),
    "an order carried out under two keys": (with_effect("flag", key="0" * 64), "I4"),
    "an effect that nobody allowed": (with_effect("flag", key="0" * 64), "I16"),
    "an effect with other arguments": (with_effect("flag", args={"ref": "other"}), "I8"),
    "a person who saw other arguments": (
        lambda lines: [{**line, "args": {"ref": "other"}} if line["what"] == "shown" else line
                       for line in lines],
        "I8",
    ),
    "a vote that nobody gave": (
        lambda lines: [line for line in lines if line.get("answer") != "deny"], "I8",
    ),
    "a text that was redacted and stands in the log": (with_effect("flag", planted="main"), "I13"),
}  # fmt: skip


@pytest.mark.parametrize("what", list(JOURNAL))
def test_a_journal_that_tells_of_it_is_found_out(what: str, played: Path) -> None:
    """Every law about effects can be broken by what tools and people noted, and is then named."""
    change, invariant = JOURNAL[what]
    (journal,) = (played / "journals").glob("*.jsonl")
    rewritten(journal, change)
    assert invariant in found_in(played)


def test_an_effect_of_a_refused_call(played: Path) -> None:
    """I6: an effect under the digest of a call that a person refused is found."""
    entries = [*evidence.read_entries(played / "export")]
    refused = next(entry.chain for entry in entries if entry.state == "rejected")
    digest = next(entry.body["digest"] for entry in entries if entry.chain == refused)
    (journal,) = (played / "journals").glob("*.jsonl")
    rewritten(journal, with_effect("pay", key=digest))
    assert "I6" in found_in(played)


def test_a_sibling_that_did_not_wait(played: Path) -> None:
    """I18: an effect that was claimed while a sibling of its turn waited for a person is found."""
    claims = [e.index for e in evidence.read_entries(played / "export") if e.kind == "claimed"]

    def one_turn(lines: Lines) -> Lines:
        for line in lines:
            if line["kind"] == "proposed":
                line["body"]["call_key"][4] = "one turn"
                line["body"]["call_key"][5] = line["chain"]
            if line["kind"] == "asked":
                line["index"] = min(claims) - 0.5
        return lines

    rewritten(played / "export" / "entries.jsonl", one_turn)
    assert "I18" in found_in(played)


def test_a_level_that_rises_by_itself(played: Path) -> None:
    """I14: a level that rose with nobody's name and reason is found."""
    note = {"kind": "level_set", "chain": "ledger", "body": {"agent": "bot", "from": 0, "to": 2}}
    rewritten(
        played / "export" / "entries.jsonl",
        lambda lines: [*lines, {**lines[0], "actor": "interlock", "auth": "none", **note}],
    )
    assert "I14" in found_in(played)


class TestHead:
    def test_another_key(self, played: Path) -> None:
        """I10: a head that the log's key did not sign is no head."""
        key = played / "export" / "key"
        name, number, written = key.read_text().split("+", 2)
        key.write_text(f"{name}+{number}+{written[:-4]}AAA=")
        assert "I10" in found_in(played)

    def test_another_root(self, played: Path) -> None:
        """I10: a head whose text was changed is no head."""
        note = played / "export" / "checkpoint"
        origin, size, *rest = note.read_text(encoding="utf-8").split("\n")
        note.write_text("\n".join([origin, str(int(size) - 1), *rest]), encoding="utf-8")
        assert "I10" in found_in(played)

    @pytest.mark.parametrize("tiles", ["tile/0", "tile/entries"])
    def test_other_tiles(self, played: Path, tiles: str) -> None:
        """I10: tiles that hold other hashes than the entries are named."""
        path = next(path for path in (played / "export" / tiles).rglob("*") if path.is_file())
        *before, last = path.read_bytes()
        path.write_bytes(bytes([*before, last ^ 1]))
        assert "I10" in found_in(played)

    def test_a_log_that_forgot_its_past(self, played: Path, tmp_path: Path) -> None:
        """I10: a head of another log, signed and whole, is no prefix of this one."""
        story(tmp_path / "other")
        assert found_in(played, earlier=[played / "export"]) == {}
        assert "I10" in found_in(played, earlier=[tmp_path / "other" / "export"])


def test_recovering_again(played: Path, tmp_path: Path) -> None:
    """I15: a recovery that moves a call a second time is found; one that does nothing is not."""
    again = Path(shutil.copytree(played / "export", tmp_path / "again"))
    assert found_in(played, again=again) == {}
    rewritten(again / "entries.jsonl", lambda lines: [*lines, {**lines[-1], "id": "entry_new"}])
    assert "I15" in found_in(played, again=again)


def test_trees_by_the_book() -> None:
    """The tree's hashes are those of RFC 6962's own test vectors, at sizes 0 to 3 and 8."""
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
              "606162636465666768696a6b6c6d6e6f"]  # fmt: skip
    hashed = [evidence.leaf_hash(leaf) for leaf in leaves]
    roots = {size: evidence.root_of(hashed[:size]).hex() for size in (0, 1, 2, 3, 8)}
    assert roots == {
        0: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        3: "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    }


def test_tiles_of_more_than_one() -> None:
    """A tree of 70,000 leaves has 274 tiles at the bottom, two above, and one more at the top."""
    leaves = [index.to_bytes(32, "big") for index in range(70_000)]
    paths = [path for path, _ in evidence.tiles_of(leaves)]
    assert paths.count("tile/0/273.p/112") == 1
    assert [path for path in paths if not path.startswith("tile/0/")] == [
        "tile/1/000", "tile/1/001.p/17", "tile/2/000.p/1",
    ]  # fmt: skip
    assert evidence.tile_path(1, 1_234_067) == "tile/1/x001/x234/067"


@pytest.mark.parametrize(
    ("ended", "violated"), [(("in_doubt", 2, "done", 1), 0), (("in_doubt", 2, "done", 3), 1),
                            (("in_doubt", 2, "failed", 1), 1), (("given_back", 2, "done", 1), 1)],
)  # fmt: skip
def test_an_earlier_run_settles_a_doubt_only_as_done(
    ended: tuple[str, int, str, int], violated: int
) -> None:
    """I1: any other result is of the claim that holds the call."""
    first, holds, last, fence = ended
    told = [("claimed", 1), ("in_doubt", 1), ("claimed", 2), (first, holds), (last, fence)]
    entries = [
        evidence.Entry(at, str(at), "c", at, "", kind, kind, "", "", {"fence": run}, "", "")
        for at, (kind, run) in enumerate(told)
    ]

    played = evidence.Call("c", entries)
    assert len([*effects._fences(played)]) == violated  # pyright: ignore[reportPrivateUsage]


WAITS = (
    POLICY.replace(
        "review: {approval_ttl_sec: 86400, execution_ttl_sec: 86400}",
        "review: {route: ops, approval_ttl_sec: 600, execution_ttl_sec: 60,"
        " escalate_after_sec: 100, on_timeout: approve}",
    )
    + """
risk:
  - {level: low}
groups: {ops: [ana], leads: [bo], duty: [cy]}
escalation: {ops: [leads, duty]}
"""
)


@pytest.fixture(scope="module")
def waited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of one question that a second level answers, and one that silence approves."""
    folder = tmp_path_factory.mktemp("waited")
    clock = FrozenClock()
    stage = Stage(folder, clock, policy=WAITS)
    first, second = stage.propose("pay", "m1"), stage.propose("pay", "m2")
    for _ in range(6):
        clock.advance(100)
        stage.gate.recover()
        if stage.gate.inbox.show(first).state == "pending":
            stage.answer(first, "approve", "bo")
            stage.perform(first)
    stage.perform(second)
    stage.exported()
    return folder


def test_levels_and_silence_are_clean_where_they_are_honest(waited: Path) -> None:
    """I2, I12: a level that answers and a silence that policy lets approve are no violation."""
    found = check(waited / "export", waited / "journals")

    assert {name: one.violations for name, one in found.items() if one.violations} == {}
    assert found["I12"].checked == 3
    states = [json.loads(line)["state"] for line in (waited / "export" / "entries.jsonl").open()]
    assert states.count("auto_approved") == 1


def _early(lines: Lines) -> Lines:
    of_kind(lines, "escalated")["at"] = lines[0]["at"]
    return lines


def _as_person(lines: Lines) -> Lines:
    of_kind(lines, "auto_approved").update(actor="ana", auth="local")
    return lines


@pytest.mark.parametrize(
    ("change", "invariant"),
    [
        (told("escalated", level=2), "I12"),
        (told("escalated", group="friends"), "I12"),
        (_early, "I12"),
        (without("escalated"), "I7"),
        (without("auto_approved"), "I2"),
        (_as_person, "I2"),
        (told("auto_approved", digest="0" * 64), "I2"),
    ],
)
def test_what_silence_or_a_level_may_not_do_is_found(
    change: Callable[[Lines], Lines], invariant: str, waited: Path, tmp_path: Path
) -> None:
    """Each of them can be seen broken: order, name and time of a level, whose word silence is."""
    folder = Path(shutil.copytree(waited, tmp_path / "copy"))
    rewritten(folder / "export" / "entries.jsonl", change)

    assert invariant in found_in(folder)


@pytest.mark.parametrize(("fence", "stuck"), [(2, 0), (1, 1)])
def test_a_lost_run_left_to_its_host_is_seen_by_people(
    tmp_path: Path, fence: int, stuck: int
) -> None:
    """I5: only where the log tells of this very run; an earlier one's end says nothing of it."""

    def entry(at: int, chain: str, kind: str, state: str, **body: Any) -> Entry:
        return Entry(at, f"e{at}", chain, at, "", kind, state, "interlock", "none", body, "", "")

    claims = [entry(at, "call_1", "claimed", "executing", fence=at) for at in (1, 2)]
    told = entry(3, LEDGER, "lease_lapsed", "", call_id="call_1", fence=fence)
    known = Evidence(tmp_path, [*claims, told], {"call_1": Call("call_1", claims)}, [], [])

    assert len(nothing_stuck(known).violations) == stuck


@pytest.mark.parametrize(("after_s", "violated"), [(0, 0), (2, 1)])
def test_a_claim_of_a_halted_tool(tmp_path: Path, after_s: float, violated: int) -> None:
    """I6: what was claimed a second and more after its tool was halted ran against the switch."""
    clock = FrozenClock()
    stage = Stage(tmp_path, clock)
    call = stage.propose("post")
    stage.gate.halt(tool="post", reason="a drill", by="ana")
    clock.advance(after_s)
    with pytest.MonkeyPatch.context() as broken_switch:
        broken_switch.setattr("interlock.conduct.running.halted_by", lambda *_: None)
        stage.perform(call)
    stage.gate.unhalt(tool="post", reason="over", by="ana")
    stage.perform(stage.propose("post", "m2"))
    stage.exported()

    assert found_in(tmp_path) == ({"I6": violated} if violated else {})
