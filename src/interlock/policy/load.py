"""Load: a policy from a file, a folder or a text; whole, or not at all.

Every error is one line, `file:line:column: message`.
"""

from pathlib import Path

from interlock.policy.compilation import compile_policy
from interlock.policy.compiled import CompiledPolicy
from interlock.policy.files import check_size, gather
from interlock.policy.sections import DOCUMENT
from interlock.policy.shorthand import written_out
from interlock.policy.source import Mark, Node, parse_tree


def load(path: Path | str) -> CompiledPolicy:
    """Load a policy file, or a folder with `policy.yaml` and `policy.d/*.yaml`.

    Raises `PolicyError`.
    """
    return _load(gather(Path(path)))


def parse(text: str, name: str = "<text>") -> CompiledPolicy:
    """Load a policy from text; `name` stands in errors.

    Raises `PolicyError`.
    """
    check_size(text.encode(errors="replace"), Mark(name, 1, 1))
    return _load(parse_tree(text.removeprefix("\ufeff"), name))


def _load(root: Node) -> CompiledPolicy:
    full = written_out(root)
    return compile_policy(DOCUMENT.read(full, "policy"), full)
