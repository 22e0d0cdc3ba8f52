"""Compare: what is kept under its digest with the digest that it gives."""

import json
from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, select

from interlock.errors import CanonError, PolicyError
from interlock.ledger import tables
from interlock.ledger.first_form import first_digest, first_schema_digest
from interlock.path.proposal import schema_digest
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.load import parse


def policies(db: Connection, decided_by: set[str]) -> Iterator[str]:
    """Name every policy that was edited, and those of `decided_by` that are gone."""
    kept: set[str] = set()
    for row in db.execute(select(tables.policies)).mappings():
        kept.add(row["digest"])
        fits = (
            gives(row["document"], row["digest"]) and row["snapshot"] == f"v1:{row['digest'][:6]}"
        )
        if not fits:
            yield f"the kept policy `{row['snapshot']}` does not give its digest: it was edited"
    for digest in sorted(decided_by - kept):
        yield f"the policy `v1:{digest[:6]}` decided calls and is not kept any more"


def gives(document: str, digest: str) -> bool:
    """Whether a policy's text gives a digest, now or in the form that policies first had."""
    return read_policy(document, digest) is not None


def read_policy(document: str, digest: str) -> CompiledPolicy | None:
    """Return the policy that a text gives; None where its digest, in either form, is another."""
    try:
        policy = parse(document, "the ledger's policy")
    except PolicyError:
        return None
    return policy if digest in (policy.digest, first_digest(policy.document)) else None


def kept_policy(db: Connection, digest: str) -> CompiledPolicy | None:
    """Return a kept policy; None where it is gone, or is another."""
    kept = tables.policies.c
    document = db.execute(select(kept.document).where(kept.digest == digest)).scalar()
    return None if document is None else read_policy(str(document), digest)


def schemas(db: Connection, checked_by: Mapping[str, set[str]]) -> Iterator[str]:
    """Name every argument schema that was edited or is gone; edits are checked against them.

    `checked_by` has the tools of each schema, by its digest.
    """
    kept: set[str] = set()
    for row in db.execute(select(tables.schemas)).mappings():
        kept.add(row["name"])
        try:
            schema = json.loads(row["schema"])
            fits = row["name"] in (schema_digest(row["tool"], schema), first_schema_digest(schema))
        except (ValueError, CanonError):
            fits = False
        if not fits or row["tool"] not in checked_by.get(row["name"], {row["tool"]}):
            yield f"the kept argument schema of `{row['tool']}` was edited"
    for name in sorted(checked_by.keys() - kept):
        tools = ", ".join(f"`{tool}`" for tool in sorted(checked_by[name]))
        yield f"the argument schema of {tools} is not kept any more"
