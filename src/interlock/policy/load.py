"""Load: a policy from a file, a folder or a text; whole, or not at all.

Every error is one line, `file:line:column: message`.
"""

import gc
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from interlock.policy.document import Document
from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.evaluation.compiled import CompiledPolicy
from interlock.policy.evaluation.signatures import Stranger, check_ways
from interlock.policy.file.argument_types import schemas_in, with_types
from interlock.policy.file.files import check_size, gather
from interlock.policy.file.refused import Refused, refusal, refused_in
from interlock.policy.file.sections import DOCUMENT
from interlock.policy.file.shorthand import written_out
from interlock.policy.file.source import Mark, Node, fault, parse_tree


class Reading(NamedTuple):
    """A policy as it stands in its files, every section read, nothing enforced."""

    document: Document
    root: Node
    """The merged tree, short forms written out; it knows where each value stands."""
    refused: tuple[Refused, ...]
    """What stops a load because nothing enforces it yet."""
    schemas: Mapping[str, Mapping[str, Any]]
    """What the schema files say, by tool."""


def load(path: Path | str, stranger: Stranger | None = None) -> CompiledPolicy:
    """Load a policy file, or a folder with `policy.yaml` and `policy.d/*.yaml`.

    `stranger` looks into the schema files for what constraints name inside of objects. Raises
    `PolicyError`.
    """
    with _allocating():
        return _enforced(read(path), stranger)


def parse(text: str, name: str = "<text>") -> CompiledPolicy:
    """Load a policy from text; `name` stands in errors.

    Raises `PolicyError`.
    """
    with _allocating():
        return _enforced(read_text(text, name))


def read(path: Path | str) -> Reading:
    """Read a file or a folder without refusing what is not enforced yet.

    Raises `PolicyError`.
    """
    return _reading(gather(Path(path)))


def read_text(text: str, name: str = "<text>") -> Reading:
    """Read a text as `read` reads a file.

    Raises `PolicyError`.
    """
    check_size(text.encode(errors="replace"), Mark(name, 1, 1))
    return _reading(parse_tree(text.removeprefix("\ufeff"), name))


def _reading(root: Node) -> Reading:
    plain = written_out(root)
    full = with_types(plain)
    document = DOCUMENT.read(full, "policy")
    return Reading(document, full, refused_in(full), schemas_in(plain))


def compiled(reading: Reading, stranger: Stranger | None = None) -> CompiledPolicy:
    """Compile what was read, past what is not enforced yet. Raises `PolicyError`."""
    policy = compile_policy(reading.document, reading.root)
    if stranger is not None:
        check_ways(policy, reading.schemas, stranger)
    return policy


def _enforced(reading: Reading, stranger: Stranger | None = None) -> CompiledPolicy:
    policy = compiled(reading, stranger)
    for refused in reading.refused:
        raise fault(refused.mark, refusal(refused.name))
    return policy


@contextmanager
def _allocating() -> Generator[None]:
    """Pause the cycle collector: a load only builds, and looking for garbage doubles its time."""
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()
