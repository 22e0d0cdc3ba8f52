"""Gather: a case has what it takes to check it, and no more."""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from interlock.errors import UnknownId
from interlock.ledger.weighing import weigh

from .casework import Casework  # isort: skip
from .conftest import SQLITE  # isort: skip


OUTSIDER = Path(__file__).with_name("outsider_case.py")


def outsider(case: Path, key: str) -> subprocess.CompletedProcess[str]:
    """Run the check of others in an environment without us."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    command = ["uv", "run", "-q", "--isolated", "--no-project", "--python", version]
    packages = ("sigstore>=4,<5", "rfc8785", "securesystemslib>=1,<2")
    wanted = [part for name in packages for part in ("--with", name)]
    return subprocess.run(
        [*command, *wanted, "python", str(OUTSIDER), str(case), key],
        capture_output=True,
        text=True,
        check=False,
        cwd=case.parent,
    )


@pytest.fixture
def work(tmp_path: Path, database: str) -> Iterator[Casework]:
    """A ledger with people and no call."""
    made = Casework(tmp_path)
    yield made
    made.gate.close()


def test_a_whole_case_holds(work: Casework) -> None:
    """Edited, answered in three ways and run: all of it is there, and it verifies."""
    call = work.whole()
    found = weigh(work.gate.audit.case(call), work.key, [work.ana.public])

    assert found.problems == ()
    assert (found.call, found.state, found.ended) == (call, "released", True)
    assert [(vote["by"], vote["answer"], vote["auth"]) for vote in found.votes] == [
        ("liz", "edit", "local"),
        ("ana", "approve", "signed"),
        ("tim", "approve", "token"),
    ]
    assert found.arguments is None
    assert work.gate.audit.verify().ok


def test_it_says_nothing_personal_unless_asked(work: Casework) -> None:
    """Arguments, nonces and people who have nothing to do with it stay out."""
    call = work.whole()
    bare = json.dumps(work.statement(call, with_arguments=False))
    told = work.statement(call)
    found = weigh(work.gate.audit.case(call, with_arguments=True), work.key)

    assert "Jo Doe" not in bare
    assert "eve@" not in bare
    assert "tim@" in bare
    assert sorted((found.arguments or {}).values()) == [
        '{"amount":80,"to":"Jo Doe"}',
        '{"amount":90,"to":"Jo Doe"}',
    ]
    assert found.problems == ()
    for one in told["predicate"]["arguments"].values():
        assert one["nonce"] not in bare


def test_erased_arguments_are_gone_from_it(work: Casework) -> None:
    """What was erased is not brought back, and the case says who erased it."""
    call = work.whole()
    work.gate.audit.erase(call, reason="asked for", by="olga")
    found = weigh(work.gate.audit.case(call, with_arguments=True), work.key)
    kinds = [one["entry"]["kind"] for one in work.statement(call)["predicate"]["ledger"]]

    assert found.problems == ()
    assert found.arguments == {}
    assert kinds.count("erased") == 2


def test_who_was_enrolled_by_whom_comes_along(work: Casework) -> None:
    """Whoever gave the signer their place is checked as well: a chain back to the first."""
    desk = work.gate.reviewers
    desk.add("bob", held=work.ana)
    call = work.propose("note", text="x")
    (waiting,) = list(work.gate.inbox.pending())
    work.gate.inbox.approve(waiting.id, by="bob@example.org", reason="ok")
    desk.add("bob", identities=["b2"], held=work.ana)
    found = weigh(work.gate.audit.case(call), work.key)
    about = [one["entry"]["body"] for one in work.statement(call)["predicate"]["ledger"]]

    assert found.problems == ()
    assert {body["principal"] for body in about} <= {"ana", "bob"}


def test_a_case_is_about_a_known_call(work: Casework) -> None:
    """Any start of an id will do; a name of nothing does not."""
    call = work.whole()

    assert work.gate.audit.case(call[:12])["payload"]
    with pytest.raises(UnknownId):
        work.gate.audit.case("call_nobody")


def test_the_signed_bytes_stand_in_it(work: Casework) -> None:
    """Whoever reads JSON and knows Ed25519 checks an answer without a line of ours."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    (vote,) = [
        vote
        for vote in work.statement(work.whole())["predicate"]["votes"]
        if vote["auth"] == "signed"
    ]
    said = vote["signature"]
    signed = base64.b64decode(said["signed"])
    Ed25519PublicKey.from_public_bytes(bytes.fromhex(said["public"])).verify(
        bytes.fromhex(said["signature"]), signed
    )
    domain, _, ballot = signed.partition(b"\0")

    assert domain == b"interlock/vote/v1"
    assert json.loads(ballot)["call_id"] == vote["call"]
    assert json.loads(ballot)["answer"] == "approve"


@SQLITE
@pytest.mark.timeout(60)  # uv makes an environment with sigstore, whose import takes seconds
def test_independent_code_accepts_it(work: Casework, tmp_path: Path) -> None:
    """The envelope opens for securesystemslib, proofs and answers hold; a byte changed, nothing."""
    file, statement = tmp_path / "case.json", work.statement(work.whole())
    file.write_text(json.dumps(work.resealed(statement)))
    ran = outsider(file, work.key.line)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.endswith(" proofs and 1 signatures\n")

    envelope = work.resealed(statement)
    file.write_text(json.dumps({**envelope, "payload": "A" + envelope["payload"][1:]}))
    again = outsider(file, work.key.line)
    assert again.returncode != 0
    assert "VerificationError" in again.stderr
