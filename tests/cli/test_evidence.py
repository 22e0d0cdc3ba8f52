"""Prove: a case from the command line, and its check where there is no ledger."""

import json
from pathlib import Path

import pytest
from cli_kit import Desk, Shell, one_line

from interlock.signing import new_key


@pytest.fixture
def case(desk: Desk, shell: Shell, tmp_path: Path) -> tuple[Path, str]:
    """A case in a file, and the record's verifier key."""
    request = desk.ask(to="Jo Doe")
    desk.gate.inbox.approve(request, by="rita", reason="checked")
    out = tmp_path / "case.json"
    ran = shell("audit", "case", request, "--with-arguments", "--out", str(out))
    assert ran.code == 0, ran.err
    head = desk.gate.audit.seal()
    assert head is not None
    return out, head.key


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be where there is no ledger at all."""
    monkeypatch.setenv("INTERLOCK_LEDGER", "/nowhere/ledger.db")


def test_it_holds_without_a_ledger(
    case: tuple[Path, str], shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every answer is shown with what proves it, and what nothing proves is said."""
    elsewhere(monkeypatch)
    file, key = case
    ran = shell("audit", "check-case", str(file), "--key", key)

    assert ran.code == 0
    assert "approve by rita" in ran.out
    assert "local: unproved, a name that somebody gave" in ran.out
    assert "unproved: that nothing came after" in ran.out
    assert '"to":"Jo Doe"' in ran.out


def test_as_json(case: tuple[Path, str], shell: Shell) -> None:
    """A program reads the same."""
    file, key = case
    told = json.loads(shell("audit", "check-case", str(file), "--key", key, "--json").out)

    assert told["case_verified"] is True
    assert told["problems"] == []
    (vote,) = told["votes"]
    assert vote["shown"].startswith("local: unproved")


def test_an_edited_case_exits_1(case: tuple[Path, str], shell: Shell) -> None:
    """What is wrong is named, and nothing of the case is shown as if it held."""
    file, key = case
    envelope = json.loads(file.read_text())
    envelope["payloadType"] = "text/plain"
    file.write_text(json.dumps(envelope))
    ran = shell("audit", "check-case", str(file), "--key", key)

    assert ran.code == 1
    assert "text/plain" in ran.out
    assert "rita" not in ran.out
    assert "does not hold: 1 problem" in ran.err


def test_what_is_no_case_or_no_key(case: tuple[Path, str], shell: Shell, tmp_path: Path) -> None:
    """Each in one line."""
    file, key = case
    (tmp_path / "not.json").write_text("{")

    assert "no case" in one_line(
        shell("audit", "check-case", str(tmp_path / "not.json"), "--key", key)
    )
    assert "no file" in one_line(shell("audit", "check-case", str(tmp_path), "--key", key))
    assert shell("audit", "check-case", str(file), "--key", "x").code == 2
    assert shell("audit", "check-case", str(file), "--key", key, "--reviewer-key", "x").code == 2
    public = new_key().public
    assert shell("audit", "check-case", str(file), "--key", key, "--reviewer-key", public).code == 0


def test_a_file_that_is_there_is_left(case: tuple[Path, str], shell: Shell) -> None:
    """A case never takes another file's place; without --out it is printed."""
    file, _ = case
    before = file.read_bytes()
    call = json.loads(shell("audit", "log", "--json").out)[0]["chain"]

    assert "new file" in one_line(shell("audit", "case", call, "--out", str(file)))
    assert file.read_bytes() == before
    assert json.loads(shell("audit", "case", call).out)["payloadType"].startswith("application/vnd")
