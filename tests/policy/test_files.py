"""Gather: a folder is one policy."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.errors import PolicyError
from interlock.policy.files import MAX_FILE_BYTES, gather, merge
from interlock.policy.load import load, parse
from interlock.policy.source import parse_tree, plain

rules = st.lists(
    st.fixed_dictionaries(
        {"match": st.just({"tools": ["a"]}), "decision": st.sampled_from(["allow", "deny"])}
    ),
    max_size=4,
)


def folder(root: Path, **files: str) -> Path:
    (root / "policy.d").mkdir(parents=True, exist_ok=True)
    (root / "policy.yaml").write_text(files.pop("policy", "version: v1\n"))
    for name, text in files.items():
        (root / "policy.d" / f"{name}.yaml").write_text(text)
    return root


@given(rules, st.integers(0, 4), st.lists(st.sampled_from("abcd"), unique=True), st.integers(0, 4))
def test_a_split_policy_is_the_whole_one(
    every: list[dict[str, Any]], at: int, tools: list[str], cut: int
) -> None:
    """However rules and tools are spread over files, the merged policy has the same digest."""
    whole = {"rules": every, "tools": {name: {"topic": "t"} for name in tools}}
    first = {"rules": every[:at], "tools": {name: {"topic": "t"} for name in tools[:cut]}}
    second = {"rules": every[at:], "tools": {name: {"topic": "t"} for name in tools[cut:]}}
    trees = [parse_tree(json.dumps(part), "p") for part in (first, second)]

    merged = json.dumps(plain(merge(trees)))

    assert parse(merged).digest == parse(json.dumps(whole)).digest


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
        ("tools: {}", "tools: []", "b.yaml:1:1: duplicate key `tools`; "),
        ("rules: []", "- x", "b.yaml:1:1: expected a mapping of sections"),
    ],
)  # fmt: skip
def test_what_two_files_say_is_refused(tmp_path: Path, one: str, two: str, said: str) -> None:
    """A name or section given twice is an error in the later file that names the earlier one."""
    with pytest.raises(PolicyError) as caught:
        load(folder(tmp_path, a=one, b=two))

    assert f"policy.d/{said}" in str(caught.value)
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
    monkeypatch.setattr("interlock.policy.files.MAX_TOTAL_BYTES", 40)
    root = folder(tmp_path, a="# " + "x" * 30, b="# y")

    with pytest.raises(PolicyError, match=r"policy\.d/a\.yaml:1:1: the policy is over 40 bytes"):
        gather(root)


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    """A missing file, a folder without a policy and an unreadable name are policy errors."""
    for path, said in (
        (tmp_path / "gone.yaml", "gone.yaml:1:1: no such file"),
        (tmp_path, "policy.yaml:1:1: no such file"),
        (Path("a\0b"), "1:1: "),
    ):
        with pytest.raises(PolicyError, match=said):
            load(path)
