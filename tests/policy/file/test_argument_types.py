"""Read: a schema file's types are those of `args`, and a bad file is an error where it is named."""

import json
from pathlib import Path

import pytest

from interlock import Policy, PolicyError
from interlock.app.checking import checked

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


NESTED = {
    "properties": {
        "customer": {"type": "object", "properties": {"mail": {"type": "string"}}},
        "open": {"type": "object"},
    }
}
DROPS = """
tools: {pay: {schema: pay.json}}
rules: [{tool: pay, action: allow, constraints: {PLACE}}]
"""


@pytest.mark.parametrize(
    ("place", "known"),
    [
        ("args_drop: [customer.mail]", True),
        ("args_drop: [open.anything]", True),
        ("args_drop: [customer.mial]", False),
        ("args: {customer.mial: x}", False),
    ],
)
def test_what_is_dropped_inside_of_an_object_must_be_there(
    tmp_path: Path, place: str, *, known: bool
) -> None:
    """A misspelt way into an object would drop nothing; the schema file knows."""
    pack = written(tmp_path, json.dumps(NESTED), DROPS.replace("PLACE", place))
    if known:
        assert Policy.load(pack).compiled.limits_calls
        assert checked(pack).loads
        return
    with pytest.raises(PolicyError, match=r"policy.yaml:3:\d+: .*customer.mial"):
        Policy.load(pack)
    assert not checked(pack).loads
