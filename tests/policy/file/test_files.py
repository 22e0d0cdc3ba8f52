"""Gather: a folder is one policy."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import PolicyError
from interlock.policy.file.files import MAX_FILE_BYTES, gather, left_out, merge
from interlock.policy.file.sections import DOCUMENT
from interlock.policy.file.shorthand import written_out
from interlock.policy.file.source import parse_tree
from interlock.policy.load import load


def folder(root: Path, **files: str) -> Path:
    (root / "policy.d").mkdir(parents=True, exist_ok=True)
    (root / "policy.yaml").write_text(files.pop("policy", "version: v1\n"))
    for name, text in files.items():
        (root / "policy.d" / f"{name}.yaml").write_text(text)
    return root


WHOLE: dict[str, Any] = {
    "tools": {name: {"topic": "t", "facts": {"x": "args.x"}} for name in "abc"},
    "rules": [
        {"match": {"tools": [name]}, "decision": decision}
        for name in "ab"
        for decision in ("allow", "deny")
    ],
    "groups": {"ops": ["dee"], "leads": ["eli"], "cto": ["ana"]},
    "boundaries": {name: {"fact": "x", "max_autonomous": 3} for name in "abc"},
    "decision_matrix": {"a": {"low": "auto-approve"}, "b": {"high": "deny"}, "unlisted": "deny"},
    "risk": [{"level": level, "match": {"tools": ["a"]}} for level in ("high", "medium", "low")],
    "guardrails": [{"match": {"tools": [name]}} for name in "abc"],
    "autonomy_levels": {f"level_{at}": {"rules": []} for at in range(3)},
    "default": "deny",
    "review_defaults": {"approval_ttl_sec": 60},
}
"""A policy of many sections, as one file has them."""


@given(st.data(), st.integers(1, 4))
def test_a_split_policy_is_the_whole_one(data: st.DataObject, files: int) -> None:
    """However sections and their members are spread over files, the document is the same."""
    parts: list[dict[str, Any]] = [{} for _ in range(files)]
    for name, section in WHOLE.items():
        entries = _entries(section) if name != "review_defaults" else ()
        if not entries:
            parts[data.draw(st.integers(0, files - 1))][name] = section
        for at, (key, entry) in zip(_places(data, len(entries), files), entries, strict=True):
            if key:
                parts[at].setdefault(name, {})[key] = entry
            else:
                parts[at].setdefault(name, []).append(entry)
    merged = merge(parse_tree(json.dumps(part), f"{at}") for at, part in enumerate(parts))
    split, whole = (
        DOCUMENT.read(written_out(tree), "policy")
        for tree in (merged, parse_tree(json.dumps(WHOLE), "whole"))
    )

    assert split == whole


def _entries(section: Any) -> tuple[tuple[str, Any], ...]:
    """Return what may stand in files apart, with its key where it has one."""
    match section:
        case list():
            return tuple(("", entry) for entry in section)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType] - JSON
        case dict():
            return tuple(section.items())  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - JSON
        case _:
            return ()


def _places(data: st.DataObject, entries: int, files: int) -> list[int]:
    """Draw a file for each entry, in an order that keeps lists as they are."""
    return sorted(
        data.draw(st.lists(st.integers(0, files - 1), min_size=entries, max_size=entries))
    )


def test_a_folder_is_its_two_places(tmp_path: Path) -> None:
    """`policy.yaml` and `policy.d/*.yaml` in the order of their names; nothing else is policy."""
    root = folder(
        tmp_path,
        policy="rules: [{id: one, tool: a, action: allow}]",
        b="rules: [{id: three, tool: c, action: allow}]",
        a="rules: [{id: two, tool: b, action: allow}]",
    )
    (root / "other.yaml").write_text("no policy: [")
    (root / "policy.d" / "notes.txt").write_text("no policy")

    assert [rule.id for rule in load(root).document.rules] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        ("tools: {a: {}}", "tools: {a: {}}", "b.yaml:1:9: duplicate key `a`; "),
        ("default: deny", "default: deny", "b.yaml:1:1: duplicate key `default`; "),
        ("rules: [{id: x, tool: a, action: allow}]", "rules: [{id: x, tool: b, action: allow}]",
         "b.yaml:1:14: duplicate rule id `x`; "),
        ("groups: {a: [x]}", "groups: {a: [x]}", "b.yaml:1:10: duplicate key `a`; "),
        ("boundaries: {a: {fact: x, max_autonomous: 1}}",
         "boundaries: {a: {fact: x, max_autonomous: 1}}", "b.yaml:1:14: duplicate key `a`; "),
        ("decision_matrix: {unlisted: deny}", "decision_matrix: {unlisted: deny}",
         "b.yaml:1:19: duplicate key `unlisted`; "),
        ("guardrails: [{id: x}]", "guardrails: [{id: x, match: {tools: [a]}}]",
         "b.yaml:1:19: duplicate rule id `x`; "),
        ("rules: [{id: x, tool: a, action: allow}]", "guardrails: [{id: x}]",
         "duplicate rule id `x`; "),
        ("signals: {}", "signals: {}", "b.yaml:1:1: duplicate key `signals`; "),
        ("tools: {}", "tools: []", "b.yaml:1:1: duplicate key `tools`; "),
        ("rules: []", "- x", "b.yaml:1:1: expected a mapping of sections"),
    ],
)  # fmt: skip
def test_what_two_files_say_is_refused(tmp_path: Path, one: str, two: str, said: str) -> None:
    """A name or section given twice is an error in the later file that names the earlier one."""
    with pytest.raises(PolicyError) as caught:
        load(folder(tmp_path, a=one, b=two))

    assert said in str(caught.value)
    if "duplicate" in said:
        assert "a.yaml:1:" in str(caught.value).partition(";")[2]


def test_each_file_may_say_its_version(tmp_path: Path) -> None:
    """The same `version` in several files is no duplicate."""
    assert load(folder(tmp_path, a="version: v1", b="version: v1")).snapshot


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"\xff\xfea", ":1:1: the file is not UTF-8; save it as UTF-8"),
        (b"a: 1\nb: \xc3\xa9\xe9\n", ":2:5: the file is not UTF-8; save it as UTF-8"),
        (b"a" * (MAX_FILE_BYTES + 1), ":1:1: the file is over 262144 bytes"),
        (b"", ":1:1: the file is empty"),
        (b"\xef\xbb\xbfversion: v2", ":1:10: `version` is `v2`; expected v1"),
    ],
)
def test_bad_files_are_refused(tmp_path: Path, raw: bytes, said: str) -> None:
    """Not UTF-8, too large or empty: refused with a place; a byte-order mark is none of them."""
    path = tmp_path / "p.yaml"
    path.write_bytes(raw)
    with pytest.raises(PolicyError) as caught:
        load(path)

    assert str(caught.value).startswith(f"{path}{said}")


def test_a_policy_is_limited_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many files that are each small enough are together too large."""
    monkeypatch.setattr("interlock.policy.file.files.MAX_TOTAL_BYTES", 40)
    root = folder(tmp_path, a="# " + "x" * 30, b="# y")

    with pytest.raises(PolicyError, match=r"policy\.d/a\.yaml:1:1: the policy is over 40 bytes"):
        gather(root)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """A missing file, a folder without a policy and an unreadable name are policy errors."""
    for path, said in (
        (tmp_path / "gone.yaml", "gone.yaml:1:1: no such file"),
        (tmp_path, "policy.yaml:1:1: no such file"),
        (Path("/dev/null"), "/dev/null:1:1: not a regular file; give a policy file, or"),
        (Path("a\0b"), "1:1: "),
    ):
        with pytest.raises(PolicyError, match=said):
            load(path)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder where a file is meant is said to be none; it is there all the same."""
    (folder(tmp_path) / "policy.d" / "x.yaml").mkdir()
    with pytest.raises(PolicyError, match=r"x\.yaml:1:1: not a regular file"):
        gather(tmp_path)

    (tmp_path / "other" / "policy.yaml").mkdir(parents=True)
    with pytest.raises(PolicyError, match=r"policy\.yaml:1:1: not a regular file; a policy folder"):
        gather(tmp_path / "other")


def test_what_looks_like_policy_and_is_none_is_named(tmp_path: Path) -> None:
    """Of `policy.d`, what ends in `.yaml` is read; a note beside it is fine."""
    more = folder(tmp_path, a="rules: []\n") / "policy.d"
    for name in ("10.yml", "B.YAML", "c.json", "notes.md"):
        (more / name).write_text("rules: []\n")

    assert [each.name for each in left_out(tmp_path / "policy.yaml")] == [
        "10.yml",
        "B.YAML",
        "c.json",
    ]
    assert left_out(tmp_path / "other.yaml") == ()
