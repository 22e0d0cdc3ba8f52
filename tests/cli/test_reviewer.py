"""Enrol: people who answer, from the command line."""

import json
from pathlib import Path

import pytest
from cli_kit import Desk, Shell, one_line


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the passphrase of every key."""
    monkeypatch.setenv("INTERLOCK_PASSPHRASE", "correct horse")


def test_a_key_is_made_enrolled_and_signs(desk: Desk, shell: Shell, tmp_path: Path) -> None:
    """From nobody to a signed approval that verifies, in three commands."""
    key = tmp_path / "ana.key"
    assert shell("reviewer", "list").out.startswith("nobody is enrolled")
    assert shell("reviewer", "add", "ana", "--role", "finance", "--identity", "a@x.org").code == 0
    made = shell("reviewer", "key", "new", "ana", "--out", str(key))
    assert made.code == 0, made.err
    request = desk.ask(80)

    assert key.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in key.read_bytes()
    ran = shell("approve", request, "--key", str(key), "--reason", "checked")
    assert ran.code == 0, ran.err
    assert "(signed)" in shell("show", request).out
    assert shell("audit", "verify").code == 0
    (ana,) = json.loads(shell("reviewer", "list", "--json").out)
    assert (ana["roles"], ana["identities"]) == (["finance", "registrar"], ["a@x.org"])
    assert ana["credentials"][0]["public"] in made.out


def test_by_whom_a_credential_was_added_is_shown(
    desk: Desk, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who looks at people, an answer, or a case without the ledger, sees who says whose it is."""
    files = {name: str(tmp_path / name) for name in ("ana", "bo", "case")}
    for name, held in (("ana", ()), ("bo", ("--key", files["ana"]))):
        shell("reviewer", "add", name, *held)
        shell("reviewer", "key", "new", name, "--out", files[name], *held)
    request = desk.ask(80)
    assert shell("approve", request, "--key", files["bo"], "--reason", "ok").code == 0

    listed = {one["principal"]: one for one in json.loads(shell("reviewer", "list", "--json").out)}
    added = {name: one["credentials"][0]["added_by"] for name, one in listed.items()}
    assert added == {"ana": "rita", "bo": "ana"}
    assert "added by ana" in " ".join(shell("reviewer", "list").out.split())
    assert "(signed), by what ana added: ok" in shell("show", request).out
    (vote,) = json.loads(shell("show", request, "--json").out)["votes"]
    assert vote["added_by"] == "ana"
    call = json.loads(shell("show", request, "--json").out)["call_id"]
    assert shell("audit", "case", call, "--out", files["case"]).code == 0
    head = desk.gate.audit.seal()
    assert head is not None
    monkeypatch.setenv("INTERLOCK_LEDGER", "/nowhere/ledger.db")
    checked = shell("audit", "check-case", files["case"], "--key", head.key)
    assert "; ana added it" in " ".join(checked.out.split())


def test_another_passphrase_signs_nothing(
    desk: Desk, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stolen file is no signature; a key file is never written over."""
    key = tmp_path / "ana.key"
    shell("reviewer", "add", "ana")
    shell("reviewer", "key", "new", "ana", "--out", str(key))
    request, before = desk.ask(80), key.read_bytes()
    again = shell("reviewer", "key", "new", "--out", str(key))
    assert (again.code, key.read_bytes()) == (1, before)
    monkeypatch.setenv("INTERLOCK_PASSPHRASE", "guess")
    ran = shell("approve", request, "--key", str(key))

    assert ran.code == 1
    assert "passphrase" in one_line(ran)
    assert request in shell("inbox").out


def test_others_are_enrolled_by_who_shows_a_credential(
    desk: Desk, shell: Shell, tmp_path: Path
) -> None:
    """A name alone is refused once there is a key; a token goes to its owner's file."""
    ana, bob = str(tmp_path / "ana.key"), tmp_path / "bob.token"
    shell("reviewer", "add", "ana")
    shell("reviewer", "key", "new", "ana", "--out", ana)

    assert "--key" in one_line(shell("reviewer", "add", "bob", "--as", "mallory"))
    assert shell("reviewer", "add", "bob", "--key", ana).code == 0
    made = shell("reviewer", "token", "new", "bob", "--out", str(bob), "--key", ana)
    assert made.code == 0, made.err
    assert bob.read_text().strip() not in made.out
    assert bob.stat().st_mode & 0o777 == 0o600
    credential = made.out.split(":")[0]
    ended = ("token", "revoke", credential, "--reason", "lost", "--key", ana)
    assert shell("reviewer", *ended).code == 0
    assert shell("approve", desk.ask(80), "--token-file", str(bob)).code == 1
    public = made_elsewhere(tmp_path, shell)
    assert shell("reviewer", "key", "add", "bob", public, "--key", ana).code == 0
    assert shell("reviewer", "revoke", "bob", "--reason", "left", "--key", ana).code == 0
    assert "bob (revoked)" in shell("reviewer", "list").out


def made_elsewhere(folder: Path, shell: Shell) -> str:
    """Return the public part of a key that no ledger knows."""
    made = shell("reviewer", "key", "new", "--out", str(folder / "bob.key"))
    return made.out.strip()


def test_somebody_stands_in_for_a_time(desk: Desk, shell: Shell) -> None:
    """Given, listed, recalled; a time that is none is misuse."""
    for name in ("ana", "bob"):
        shell("reviewer", "add", name)
    given = ("reviewer", "delegate", "ana", "bob", "--reason", "away", "--until")
    made = shell(*given, "8h")
    assert made.code == 0, made.err
    name = made.out.split(":")[0]

    assert name in shell("reviewer", "list").out
    assert shell(*given, "2026-01-01T00:00+00:00").code == 1
    for wrong in ("soon", "8", "h", "-1h", ""):
        assert shell(*given, wrong).code == 2
    assert shell("reviewer", "recall", name, "--reason", "back").code == 0
    assert name not in shell("reviewer", "list").out


def test_who_is_away_is_listed_and_comes_back(desk: Desk, shell: Shell) -> None:
    """Away until a time, as `list` shows; back once, and no further."""
    del desk
    shell("reviewer", "add", "ana")
    assert shell("reviewer", "away", "ana", "--until", "3d", "--reason", "on leave").code == 0
    (ana,) = json.loads(shell("reviewer", "list", "--json").out)

    assert ana["away_until"] is not None
    assert ana["away_until"][:10] in shell("reviewer", "list").out.replace("\n", "")
    assert shell("reviewer", "back", "ana").code == 0
    assert "not away" in one_line(shell("reviewer", "back", "ana"))
    assert shell("reviewer", "away", "ana", "--until", "soon", "--reason", "x").code == 2
    (ana,) = json.loads(shell("reviewer", "list", "--json").out)
    assert ana["away_until"] is None


def test_a_key_that_is_not_registered_is_named(desk: Desk, shell: Shell, tmp_path: Path) -> None:
    """A file that was made is told of, with what registers it; who was revoked is shown so."""
    assert desk.effects == []
    ana, bo = str(tmp_path / "ana.key"), tmp_path / "bo.key"
    shell("reviewer", "add", "ana")
    shell("reviewer", "key", "new", "ana", "--out", ana)
    refused = shell("reviewer", "key", "new", "bo", "--out", str(bo), "--key", ana)

    assert bo.exists(), refused.err
    assert refused.code == 1
    assert "holds the key all the same: interlock reviewer key add bo " in refused.err
    gone = ("reviewer", "revoke", "ana", "--reason", "left", "--key", ana)
    assert "--last" in one_line(shell(*gone))
    assert shell(*gone, "--last").code == 0
    assert shell("reviewer", "list").out.count("revoked") == 2
    assert "name alone" not in shell("reviewer", "list").out


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        (("finance",), "what zoe approved as finance and did not run yet counts no more"),
        (("registrar",), "zoe changes nobody else any more; what they approved counts on"),
        ((), "what zoe approved and did not run yet counts no more"),
    ],
)
def test_a_revocation_says_what_ends(
    desk: Desk, shell: Shell, roles: tuple[str, ...], said: str
) -> None:
    """Only what the roles were for: approvals of another role are not said to be void."""
    del desk
    assert shell("reviewer", "add", "zoe", "--role", "finance", "--role", "registrar").code == 0
    taken = [word for role in roles for word in ("--role", role)]

    shown = shell("reviewer", "revoke", "zoe", *taken, "--reason", "moved")

    assert said in " ".join(shown.out.split())
