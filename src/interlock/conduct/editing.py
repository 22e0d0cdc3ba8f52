"""Revise: what an edit makes of a call, and what policy decides of it; nothing changes yet."""

from interlock.canon import encode
from interlock.conduct.halting import halted_by
from interlock.conduct.judging import judge, judge_with
from interlock.conduct.ports import Ports, Transaction
from interlock.conduct.values import Call, Judgement
from interlock.errors import DeskError
from interlock.path.proposal import Claim, Proposal, fix, split_claim
from interlock.path.review import Vote


def revised(tx: Transaction, ports: Ports, call: Call, given: Vote) -> tuple[Proposal, Judgement]:
    """Return the revision that an edit makes, and what policy decides of it.

    Raises `DeskError` for an edit that makes none, and for one that is halted: it would end at
    once, and the question with it.
    """
    proposal = _edited(tx, ports, call.proposal, given)
    judged = (
        judge_with(tx, ports, proposal, call.judgement)
        if proposal.tool == call.proposal.tool
        else judge(tx, ports, proposal)  # what is known of the old tool says nothing of another
    )
    if (halt := halted_by(tx, proposal, judged)) is not None:
        raise DeskError(
            f"the edited call would not run: {halt.why}; nothing changed; see interlock halts, "
            "and edit once it is lifted"
        )
    return proposal, judged


def _edited(tx: Transaction, ports: Ports, old: Proposal, given: Vote) -> Proposal:
    """Return the revision that an edit makes. Raises `DeskError` for one that makes none."""
    if given.args is None:
        raise DeskError("an edit needs the new arguments; pass them as a JSON object")
    tool = given.tool or old.tool
    plain, _ = split_claim(given.args)
    canonical = encode(plain)
    if canonical == old.canonical and tool == old.tool:
        raise DeskError("the edited arguments are the same as before; approve or deny instead")
    same = tool == old.tool
    schemas = tx.schemas(tool, old.tool_schema if same else "")
    whys = [ports.misfit(schema, plain) for schema in schemas]
    if whys and all(whys):
        raise DeskError(f"the edited arguments do not fit `{tool}`: {whys[-1]}")
    schema, claim = (old.tool_schema, old.claim) if same else ("", Claim())
    return fix(old.key, tool, canonical, old.context, claim, schema, old.revision + 1)
