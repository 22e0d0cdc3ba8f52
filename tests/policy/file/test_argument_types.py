"""Read: a schema file's types are those of `args`, and a bad file is an error where it is named."""

import json
from pathlib import Path

import pytest

from interlock import Policy, PolicyError

POLICY = """
tools: {pay: {schema: pay.json, facts: {amount: args.amount}}}
rules: [{match: {tools: [pay], when: "args.amount > 3 && args.to == 'ana'"}, decision: deny}]
"""
SCHEMA = {"properties": {"amount": {"type": "number"}, "to": {"type": "string"}, "tags": {}}}


def written(folder: Path, schema: str | None, policy: str = POLICY) -> Path:
    """Write a policy and its schema file."""
    (folder / "policy.yaml").write_text(policy)
    if schema is not None:
        (folder / "pay.json").write_text(schema)
    return folder


def test_the_types_of_a_file_are_those_of_args(tmp_path: Path) -> None:
    """A policy with a schema file is the policy with its types written out, to the digest."""
    args = "{amount: number, to: string, tags: any}"
    written_out = POLICY.replace("schema: pay.json", f"args: {args}")
    policy = Policy.load(written(tmp_path, json.dumps(SCHEMA)))
    assert policy.compiled.digest == Policy.parse(written_out).compiled.digest
    assert policy.decide({"name": "pay", "args": {"amount": 4, "to": "ana"}}).kind == "deny"


def test_its_text_needs_no_file(tmp_path: Path) -> None:
    """What other processes read from the ledger decides alike without the file."""
    policy = Policy.load(written(tmp_path, json.dumps(SCHEMA)))
    again = Policy.parse(policy.compiled.canonical_text())
    assert again.compiled.digest == policy.compiled.digest


def test_a_misspelt_argument_is_found(tmp_path: Path) -> None:
    """Names in CEL are held against the file's properties."""
    policy = POLICY.replace("args.to", "args.too")
    with pytest.raises(PolicyError, match=r"policy.yaml:3:\d+: .*`too`"):
        Policy.load(written(tmp_path, json.dumps(SCHEMA), policy))


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        (None, "cannot be read: no such file"),
        ("{", "is no JSON"),
        ("[]", "holds no JSON object"),
        ("{}", "has no `properties`"),
        ("[" * 100_000, "is no JSON"),
        (" " * 300_000, "is over 262144 bytes"),
    ],
)
def test_a_bad_file_is_an_error_where_it_is_named(
    tmp_path: Path, schema: str | None, why: str
) -> None:
    """The error has the place of the name and says what is wrong with the file."""
    with pytest.raises(PolicyError, match=r"policy.yaml:2:23: .*") as raised:
        Policy.load(written(tmp_path, schema))
    assert why in str(raised.value)


@pytest.mark.parametrize("name", ["/etc/passwd", "../pay.json", "a/../../pay.json"])
def test_a_file_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    """Only files beside the policy are read."""
    policy = POLICY.replace("pay.json", name)
    with pytest.raises(PolicyError, match="outside the policy's folder"):
        Policy.load(written(tmp_path, "{}", policy))
