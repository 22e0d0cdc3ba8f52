"""Regroup: whether those whom a question was put to anew were in its groups then.

Recomputed from the kept policy that the entry names and from who was enrolled, as told by the
entries before it. A group that this policy does not know stays as it was: another's tells.
"""

from collections.abc import Iterator
from functools import cache, partial

from sqlalchemy import Connection

from interlock.conduct.recounting import staffed
from interlock.ledger.kept import kept_policy
from interlock.ledger.recount import History, PlacedEntry
from interlock.ledger.replay import Story
from interlock.policy.decisions import read_terms, terms_json


def misgrouped(db: Connection, story: Story) -> Iterator[str]:
    """Name each question that was put to others than its policy and the people of then give.

    None where people's own entries are cut. A policy that is gone or was edited is named elsewhere.
    """
    if story.faults.unsure:
        return
    history, policy_of = History(story.history), cache(partial(kept_policy, db))
    for entry, before in story.regrouped:
        if (policy := policy_of(str(entry.body["policy"]))) is None:
            continue
        people = history.at(PlacedEntry(story.places[entry.id], entry))
        now = staffed(policy, people, read_terms(before))
        if terms_json(now) != entry.body["terms"]:
            yield (
                f"entry `{entry.id}`: `{entry.chain}` asks others, or on other terms, than its "
                "policy and the people of then give"
            )
