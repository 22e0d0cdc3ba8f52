"""Keep for a time: erase and archive from the command line."""

import json
from pathlib import Path

import pytest
from cli_kit import Desk, Shell, one_line

from interlock.cli.options import ledger_file


def test_a_call_is_erased(desk: Desk, shell: Shell) -> None:
    """Who, why and which call; one that has not ended, or no reason, is refused in one line."""
    done, waiting = desk.propose("notes.read", {}), desk.ask()
    assert "reason" in one_line(shell("audit", "erase", done))
    assert "not ended" in one_line(shell("audit", "erase", waiting, "--reason", "r12"))
    assert "give a call" in one_line(shell("audit", "erase"))
    ran = shell("audit", "erase", done, "--reason", "r12", "--yes", "--json")

    told = json.loads(ran.out)
    assert (told["calls"], told["left"], told["is_gone"]) == ([done], [], True)
    assert shell("audit", "verify").code == 0
    again = shell("audit", "erase", done, "--reason", "r12", "--yes")
    assert "erased or archived already" in one_line(again)


def test_a_principals_calls_are_erased(desk: Desk, shell: Shell) -> None:
    """All that have ended go; those that have not are named and left."""
    desk.propose("notes.read", {})
    desk.ask()
    ran = shell("audit", "erase", "--principal", "cust", "--reason", "r12", "--yes")

    assert "erased: 1 call" in ran.out
    assert "left: call_" in ran.out


def test_erasing_is_looked_at_first(desk: Desk, shell: Shell) -> None:
    """A dry run lists what would go, copies too, and changes nothing; so does leaving out --yes."""
    done = desk.propose("notes.read", {})
    file = ledger_file(desk.gate.ledger.url)
    assert file is not None
    copy = file.with_name(f"{file.name}.0001")
    copy.write_text("what was said")
    words = ("audit", "erase", "--principal", "cust", "--reason", "r12")
    dry = shell(*words, "--dry-run")

    assert "would be erased: 1 call" in dry.out
    assert done in dry.out
    assert str(copy) in dry.out
    assert "--yes" in one_line(shell(*words))
    assert copy.exists()
    assert "erased" not in shell("audit", "log").out
    assert str(copy) in shell(*words, "--yes").out
    assert not copy.exists()


@pytest.mark.parametrize("words", [("--principal", "nobody"), ("call_nobody_at_all",)])
def test_nobody_is_erased(desk: Desk, shell: Shell, words: tuple[str, ...]) -> None:
    """A person or call that is not known is an error, not a success about nothing."""
    desk.propose("notes.read", {})
    ran = shell("audit", "erase", *words, "--reason", "r12", "--yes")

    assert ran.code != 0
    assert "no " in one_line(ran)


def test_a_person_whose_calls_wait(desk: Desk, shell: Shell) -> None:
    """Where no call of somebody's has ended, nothing is erased, and that is said."""
    desk.ask()
    ran = shell("audit", "erase", "--principal", "cust", "--reason", "r12", "--yes")

    assert ran.code == 1
    assert "no call made for `cust` has ended" in one_line(ran)


def test_an_archived_call_is_proved_from_its_export(
    desk: Desk, shell: Shell, tmp_path: Path
) -> None:
    """The proof of an archived call is asked for in vain, and the error says where it is."""
    call = desk.propose("notes.read", {})
    out = tmp_path / "out"
    shell("audit", "archive", "--before", "2999-01-01", "--to", str(out))
    said = one_line(shell("audit", "proof", call))
    assert f"interlock audit proof {call} --from {out}" in said
    proved = json.loads(shell("audit", "proof", call, "--from", str(out)).out)

    assert {one["entry"]["chain"] for one in proved["entries"]} == {call}
    other = proved["key"].replace("ledger_", "other_")
    assert shell("audit", "proof", call, "--from", str(out), "--key", other).code != 0
    shell("audit", "export", str(tmp_path / "after"))
    (archive,) = json.loads((tmp_path / "after" / "manifest.json").read_text())["archived"]
    assert (archive["to"], archive["ranges"][0][0]) == (str(out), 0)


def test_a_period_is_archived(desk: Desk, shell: Shell, tmp_path: Path) -> None:
    """A dry run says what would go; the archive says what went, and the record verifies."""
    desk.propose("notes.read", {})
    desk.ask()
    dry = shell("audit", "archive", "--before", "2999-01-01", "--dry-run")
    assert "1 call" in dry.out
    assert "would go" in dry.out
    assert "--dry-run" in one_line(shell("audit", "archive", "--before", "2999-01-01"))
    out = tmp_path / "out"
    went = shell("audit", "archive", "--before", "2999-01-01", "--to", str(out), "--json")

    assert (json.loads(went.out)["calls"], json.loads(went.out)["kept"]) == (1, 1)
    assert (out / "checkpoint").exists()
    assert "archived and not here" in shell("audit", "verify").out


def test_the_record_leaves_the_house(desk: Desk, shell: Shell, tmp_path: Path) -> None:
    """Export, proof and anchor print what an outsider needs; verify takes key and anchors."""
    call = desk.propose("notes.read", {})
    anchors = str(tmp_path / "anchors.jsonl")
    assert "one place" in one_line(shell("audit", "anchor"))
    key = json.loads(shell("audit", "anchor", "--file", anchors, "--json").out)["key"]
    assert "self-attested" in shell("audit", "verify").out
    assert "anchored: 1 anchor" in shell("audit", "verify", "--anchor", anchors, "--key", key).out
    assert json.loads(shell("audit", "proof", call).out)["key"] == key
    assert "root" in shell("audit", "export", str(tmp_path / "out")).out
    other = shell("audit", "verify", "--key", key.replace("ledger_", "other_"))
    assert other.code == 1


def test_what_is_gone_is_not_shown_as_nothing(desk: Desk, shell: Shell, tmp_path: Path) -> None:
    """Arguments that were erased or archived are not shown as a call that had none."""
    erased, archived = (desk.propose("refund.issue", {"amount": at}) for at in (4, 5))
    bare = desk.propose("notes.read", {})
    assert shell("audit", "erase", erased, "--reason", "r12", "--yes").code == 0
    told = shell("show", erased)
    assert "gone" in told.out
    assert "erased; see interlock audit log" in " ".join(told.out.split())
    assert "gone" not in shell("show", bare).out
    assert json.loads(shell("show", bare, "--json").out)["gone"] == ""
    out = tmp_path / "out"
    assert shell("audit", "archive", "--before", "2100-01-01", "--to", str(out)).code == 0

    told = json.loads(shell("show", archived, "--json").out)
    assert told["gone"].endswith(f"interlock audit proof {archived} --from {out}")
    assert "was archived on" in " ".join(shell("show", archived).out.split())
