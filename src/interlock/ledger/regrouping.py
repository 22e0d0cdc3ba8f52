"""Regroup: whether those whom a question was put to anew were in its groups then.

Recomputed from the kept policy that the entry names and from who was enrolled, as told by the
entries before it. A group that this policy does not know stays as it was: another's tells.
"""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from interlock.conduct.recounting import staffed
from interlock.errors import PolicyError
from interlock.ledger import tables
from interlock.ledger.recount import History, PlacedEntry
from interlock.ledger.replay import Story
from interlock.policy.decisions import read_terms, terms_json
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.load import parse


def misgrouped(db: Connection, story: Story) -> Iterator[str]:
    """Name each question that was put to others than its policy and the people of then give.

    None where people's own entries are cut. A policy that is gone or was edited is named elsewhere.
    """
    if story.faults.unsure:
        return
    history, policies = History(story.history), dict[str, CompiledPolicy | None]()
    for entry, before in story.regrouped:
        digest = str(entry.body["policy"])
        if digest not in policies:
            policies[digest] = _policy(db, digest)
        if (policy := policies[digest]) is None:
            continue
        people = history.at(PlacedEntry(story.places[entry.id], entry))
        now = staffed(policy, people, read_terms(before))
        if terms_json(now) != entry.body["terms"]:
            yield (
                f"entry `{entry.id}`: `{entry.chain}` asks others, or on other terms, than its "
                "policy and the people of then give"
            )


def _policy(db: Connection, digest: str) -> CompiledPolicy | None:
    """Return a kept policy; None where it is gone, or is another."""
    kept = tables.policies.c
    document = db.execute(select(kept.document).where(kept.digest == digest)).scalar()
    try:
        policy = parse(str(document), "the ledger's policy")
    except PolicyError:
        return None
    return policy if policy.digest == digest else None
