"""Gather: the files of a policy, merged into one tree.

A folder is its `policy.yaml` and `policy.d/*.yaml`, nothing else. Lists such as `rules` are joined,
and so are mappings such as `tools`; a name that two files give, or any other section that two files
write, is an error.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from interlock.policy.file.source import Mark, Member, Node, fault, parse_tree

MAX_FILE_BYTES: Final = 256 * 1024
"""Size of one policy file. Source: `docs/policy.md`, limits."""
MAX_TOTAL_BYTES: Final = 16 * 1024 * 1024
"""Size of all files of a policy together."""
_MORE: Final = "policy.d"
_ALIKE: Final = frozenset({".yml", ".yaml", ".json"})
_NAMED: Final = frozenset(
    {"autonomy_levels", "boundaries", "decision_matrix", "escalation", "groups", "tools"}
)
"""Sections whose members may come from several files."""
_LISTED: Final = frozenset({"guardrails", "risk", "rules"})
"""Sections whose entries may come from several files."""


def gather(path: Path) -> Node:
    """Read a file, or a folder merged.

    Raises `PolicyError`.
    """
    if not path.is_dir():
        return read_tree(path)
    main = path / "policy.yaml"
    if not main.is_file():
        what = "not a regular file" if main.exists() else "no such file"
        raise fault(Mark(str(main), 1, 1), f"{what}; a policy folder holds a `policy.yaml`")
    paths = [main, *sorted((path / _MORE).glob("*.yaml"))]
    trees: list[Node] = []
    total = 0
    for each in paths:
        raw = _read(each)
        total += len(raw)
        if total > MAX_TOTAL_BYTES:
            raise fault(
                Mark(str(each), 1, 1),
                f"the policy is over {MAX_TOTAL_BYTES} bytes together; shorten it",
            )
        trees.append(_tree(each, raw))
    return merge(trees)


def left_out(main: Path) -> tuple[Path, ...]:
    """Name the files in the `policy.d` beside a policy that look as if they were policy.

    Only what ends in `.yaml` is.
    """
    beside = sorted((main.parent / _MORE).glob("*")) if main.name == "policy.yaml" else ()
    return tuple(
        each for each in beside if each.suffix != ".yaml" and each.suffix.lower() in _ALIKE
    )


def read_tree(path: Path) -> Node:
    """Read one file.

    Raises `PolicyError`.
    """
    return _tree(path, _read(path))


def _read(path: Path) -> bytes:
    start = Mark(str(path), 1, 1)
    try:
        if not path.is_file():
            what = "not a regular file" if path.exists() else "no such file"
            raise fault(start, f"{what}; give a policy file, or a folder with a `policy.yaml`")
        with path.open("rb") as file:
            raw = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise fault(
            start, f"cannot be read: {(error.strerror or 'unknown error').lower()}"
        ) from None
    check_size(raw, start)
    return raw


def check_size(raw: bytes, start: Mark) -> None:
    """Refuse a file over the limit."""
    if len(raw) > MAX_FILE_BYTES:
        raise fault(start, f"the file is over {MAX_FILE_BYTES} bytes; split it into `policy.d/`")


def _tree(path: Path, raw: bytes) -> Node:
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        mark = Mark(str(path), before.count(b"\n") + 1, column)
        raise fault(mark, "the file is not UTF-8; save it as UTF-8") from None
    return parse_tree(text, str(path))


def merge(trees: Iterable[Node]) -> Node:
    """Join several files into one tree.

    Raises `PolicyError` where two files say the same thing.
    """
    first, *others = trees
    if not others:
        return first
    merged: dict[str, Member] = {}
    for tree in (first, *others):
        if not isinstance(tree.value, dict):
            raise fault(tree.mark, "expected a mapping of sections; write `version: v1` first")
        for key, member in tree.value.items():
            merged[key] = _joined(key, merged[key], member) if key in merged else member
    return Node(merged, first.mark)


def _joined(key: str, old: Member, new: Member) -> Member:
    match old.node.value, new.node.value:
        case list() as before, list() as after if key in _LISTED:
            return Member(old.key, Node([*before, *after], old.node.mark))
        case dict() as before, dict() as after if key in _NAMED:
            return Member(old.key, Node(_united(before, after), old.node.mark))
        case before, after if key == "version" and before == after:
            return old
        case _:
            raise fault(new.key, f"duplicate key `{key}`; {old.key} gives it already")


def _united(before: dict[str, Member], after: dict[str, Member]) -> dict[str, Member]:
    for name, member in after.items():
        if name in before:
            raise fault(member.key, f"duplicate key `{name}`; {before[name].key} gives it already")
    return {**before, **after}
