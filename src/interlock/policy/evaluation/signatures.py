"""Check: what a policy says of arguments against the tools that take them, once these are known."""

from collections.abc import Mapping
from typing import Any

from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.file.argument_types import types_of


def check_signatures(policy: CompiledPolicy, schemas: Mapping[str, Mapping[str, Any]]) -> None:
    """Check what a policy says of the arguments of tools against their own JSON Schemas, by name.

    An entry that declares `args` itself is taken at its word; a tool that speaks of more arguments
    than it names may be given any. Raises `PolicyError`, at its place in the file.
    """
    entries = policy.document.tools
    untyped = {name for name, entry in entries.items() if entry.args is None} & schemas.keys()
    typed = {
        name: entries[name]._replace(args=types)
        for name in untyped
        if (types := types_of(schemas[name])) is not None
    }
    if typed:
        document = policy.document._replace(tools={**entries, **typed})
        compile_policy(document, policy.root)
