"""Load: whole or not at all, and the same for the same policy."""

import gc
import hashlib
import json
import re
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.canon import encode
from interlock.errors import PolicyError
from interlock.policy.document import as_json
from interlock.policy.evaluation.compilation import compile_policy
from interlock.policy.file.refused import refused_in
from interlock.policy.file.sections import DOCUMENT
from interlock.policy.file.source import Node
from interlock.policy.load import Reading, load, parse, read

words = st.sampled_from(
    ["tools", "rules", "match", "topics", "default", "deny", "a", "id", "unless", "output", "*"]
)
nonsense = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(words, nonsense, max_size=4))
def test_any_values_load_or_are_a_policy_error(document: dict[str, Any]) -> None:
    """Nothing but `PolicyError` in one line comes out of values in the wrong places."""
    said = "p:1:1: "
    try:
        parse(json.dumps(document), "p")
    except PolicyError as error:
        said = str(error)

    assert said.startswith("p:1:")
    assert "\n" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rule: []", "1:1: unknown key `rule`; did you mean `rules`?"),
        ("zzz: []", "1:1: unknown key `zzz`"),
        ("guardrail: []", "1:1: unknown key `guardrail`; did you mean `guardrails`?"),
        ("tools: {a: {topics: x}}",
         "1:13: unknown key `topics` in `tools.*`; did you mean `topic`?"),
        ("rules: [{match: {topic: [x]}, decision: deny}]",
         "1:18: unknown key `topic` in `rules[].match`; did you mean `topics`?"),
        ("rules: [{match: {unless: {unless: {}}}, decision: deny}]",
         "1:27: unknown key `unless` in `rules[].match.unless`"),
        ("rules: [{match: {confidence_above: 1}, decision: deny}]",
         "1:18: unknown key `confidence_above` in `rules[].match`; "),
        ("rules: [{match: {}}]", "1:9: `decision` is missing in `rules`; add it"),
        ("rules: [{decision: alow}]",
         ("1:20: `decision` is `alow`; expected allow | allow_with_constraints | deny | notify | "
          "require_approval; did you mean `allow`?")),
        ("rules: {}", "1:8: `rules` is a mapping; expected a list"),
        ("rules:", "1:7: `rules` is `null`; expected a list"),
        ("rules: [x]", "1:9: `rules` is `x`; expected a mapping"),
        ("rules: [{tool: a}]", "1:9: `action` is `null`; expected allow | block | escalate"),
        ("rules: [{tool: a, acton: allow}]",
         "1:19: unknown key `acton`; did you mean `action`?"),
        ("rules: [{tol: a, action: allow}]",
         "1:10: unknown key `tol`; did you mean `tool`?"),
        ("rules: [{tool: a, action: bock}]", "1:27: `action` is `bock`; expected "),
        ("rules: [{action: allow}]", "1:9: a short rule needs `tool`: one name or glob, as text"),
        ("rules: [{tool: [a], action: allow}]", "1:16: a short rule needs `tool`"),
        ("rules: [{tool: a, action: allow, match: {}}]",
         "1:34: `match` does not go with `tool` and `action`"),
        ("rules: [{tool: a, action: allow, quorum: 2}]", "1:34: unknown key `quorum` in `rules[]`"),
        ("rules: [{match: {topics: []}, decision: deny}]",
         "1:26: `topics` is `[]`; expected a list with at least one entry"),
        ("rules: [{match: {topics: x}, decision: deny}]", "1:26: `topics` is `x`; expected a list"),
        ("rules: [{match: {topics: ['']}, decision: deny}]",
         "1:27: `topics` is ``; expected a glob"),
        ("rules: [{match: {risk_tags: ['*']}, decision: deny}]",
         "1:30: `risk_tags` is `*`; expected a word without blanks or `*`"),
        ("rules: [{match: {confidence_below: 70}, decision: deny}]",
         "1:36: `confidence_below` is `70`; expected a number from 0 up to 1"),
        ("rules: [{match: {confidence_below: '0.7'}, decision: deny}]",
         "1:36: `confidence_below` is `0.7`; expected a number from 0 up to 1"),
        ("rules: [{match: {retry_count_above: 1.5}, decision: deny}]",
         "1:37: `retry_count_above` is `1.5`; expected a whole number from 0"),
        ("rules: [{match: {first_time_action: 1}, decision: deny}]",
         "1:37: `first_time_action` is `1`; expected `true` or `false`"),
        ("rules: [{match: {levels: [4]}, decision: deny}]",
         "1:27: `levels` is `4`; expected a whole"),
        ("rules: [{match: {amount_above: x}, decision: deny}]",
         "1:32: `amount_above` is `x`; expected a number"),
        ("rules: [{match: {amount_above: true}, decision: deny}]",
         "1:32: `amount_above` is `true`; expected a number"),
        ("rules: [{match: {amount_in: x}, decision: deny}]",
         "1:29: `amount_in` is `x`; expected a list"),
        ("rules: [{match: {amount_in: []}, decision: deny}]",
         "1:29: `amount_in` is `[]`; expected"),
        ("rules: [{match: {amount_is: [1]}, decision: deny}]",
         "1:29: `amount_is` is `[1]`; expected"),
        ("rules: [{match: {unless: {}}, decision: deny}]", "1:18: `unless` exempts every call"),
        ("rules: [{match: {unless: {topics: ['*']}}, decision: deny}]",
         "1:18: `unless` exempts every call; name a condition"),
        ("rules: [{decision: deny, review: {inline: true}}]",
         "1:26: `review` says how a human is asked; it needs `require_approval`"),
        ("rules: [{decision: require_approval, review: {approval_ttl_sec: 0}}]",
         "1:65: `approval_ttl_sec` is `0`; expected a number above 0"),
        ("rules: [{id: x, tool: a, action: allow}, {id: x, tool: b, action: allow}]",
         "1:47: duplicate rule id `x`; p:1:14 gives it already"),
        ("rules: [{id: 'rules[1]', tool: a, action: allow}, {tool: b, action: allow}]",
         "1:51: duplicate rule id `rules[1]`"),
        ("rules: [{decision: allow}, {match: {topics: ['*']}, decision: deny}]",
         "1:28: a second rule for every call beside `rules[0]`; keep one a set"),
        ("default: allow",
         ("1:10: `default` is `allow`; expected deny | require_approval; to allow what no other "
          'rule names, add `{match: {topics: ["*"]}, decision: allow}` to `rules`')),
        ("version: v2", "1:10: `version` is `v2`; expected v1"),
        ("autonomy_levels: {level_1: {rules: []}}",
         "1:18: `level_0` is missing in `autonomy_levels`"),
        ("autonomy_levels: {level_4: {}}", "1:19: unknown key `level_4` in `autonomy_levels`"),
        ("autonomy: {initial_level: 4}", "1:27: `initial_level` is `4`; expected a whole number"),
        ("tools: {a: {facts: {retry_count: args.x}}}",
         "1:21: fact `retry_count` has the name of a signal; rename it"),
        (("tools: {a: {facts: {amount_usd: args.a}}}\n"
         "rules: [{match: {amont_usd_above: 1}, decision: deny}]"),
         "2:18: unknown fact `amont_usd`; did you mean `amount_usd`?"),
        ("output: {max_length: 0}", "1:22: `chars` is `0`; expected a whole number from 1"),
        ("output: {min_score: true}", "1:21: `min_score` is `true`; expected a number"),
        ("output: {secrets: hide}", "1:19: `secrets` is `hide`; expected "),
        ("- a", "1:1: expected a mapping of sections; write `version: v1` first"),
        ("x", "1:1: expected a mapping of sections"),
    ],
)  # fmt: skip
def test_a_mistake_is_a_line_and_a_column(text: str, said: str) -> None:
    """Each mistake is refused where it stands, in words that say what was expected."""
    with pytest.raises(PolicyError) as caught:
        parse(text, "p")

    assert str(caught.value).startswith(f"p:{said}")


def test_the_whole_file_is_refused() -> None:
    """Nothing of a file loads that promises what is not enforced."""
    with pytest.raises(
        PolicyError, match=r"p:2:1: `trusted_servers` is part of policy v1 .*nothing was loaded"
    ):
        parse("default: deny\ntrusted_servers: [a]\n", "p")


def test_a_text_is_limited() -> None:
    """A text has the limit of a file."""
    with pytest.raises(PolicyError, match="p:1:1: the file is over 262144 bytes"):
        parse("#" * 262_145, "p")


def test_the_digest_is_of_the_defaulted_policy() -> None:
    """SHA-256 over the canonical JSON; six digits of it, after `v1:`, are the snapshot."""
    policy = parse("rules: [{tool: a, action: block}]")

    assert policy.digest == hashlib.sha256(encode(as_json(policy.document))).hexdigest()
    assert policy.snapshot == f"v1:{policy.digest[:6]}"


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("{}", "version: v1\ndefault: require_approval", True),
        ("rules: [{tool: a, action: block}]",
         "rules: [{match: {tools: [a]}, decision: deny}]", True),
        ("output: {max_length: 5}", "output: {max_length: {chars: 5, action: withhold}}", True),
        ("output: {blocked_terms: [x]}", "output: {blocked_terms: {terms: [x]}}", True),
        ("review_defaults: {approval_ttl_sec: 60}",
         "review_defaults: {approval_ttl_sec: 60.0}", True),
        ("default: deny", "{}", False),
        ("rules: [{tool: a, action: block}]", "rules: [{tool: b, action: block}]", False),
        ("tools: {a: {facts: {x: args.x}}}", "tools: {a: {facts: {x: args.y}}}", False),
    ],
)  # fmt: skip
def test_the_digest_is_the_meaning(one: str, other: str, *, alike: bool) -> None:
    """Two ways to write one policy share a digest; two policies do not."""
    assert (parse(one).digest == parse(other).digest) is alike


def test_equal_rules_in_another_order_are_another_text() -> None:
    """The digest is of what stands there: rules moved about are a new snapshot, decided alike."""
    one, other = ("{tool: a, action: allow}", "{tool: b, action: block}")

    assert parse(f"rules: [{one}, {other}]").digest != parse(f"rules: [{other}, {one}]").digest


EXAMPLES = Path(__file__).parent / "examples"
REFUSED_IN_EXAMPLES = {
    "operations.yaml": {"commitments", "per_topic", "rules"},
}  # fmt: skip
"""By file, what of the examples of the format is not enforced yet."""


def without_refused(root: Node, reading: Reading) -> Node:
    """Take out what stops a load, so that the rest can be seen to load."""
    marks = {each.mark for each in reading.refused}

    def kept(node: Node) -> Node:
        match node.value:
            case list() as items:
                return Node([kept(item) for item in items if item.mark not in marks], node.mark)
            case dict() as members:
                inner = {
                    key: member._replace(node=kept(member.node))
                    for key, member in members.items()
                    if member.key not in marks
                }
                return Node(inner, node.mark)
            case _:
                return node

    return kept(root)


def test_the_formats_examples_are_read_in_full() -> None:
    """Every section and form of the format is read and checked; what nothing enforces is named."""
    reading = read(EXAMPLES)
    refused: dict[str, set[str]] = {}
    for each in reading.refused:
        refused.setdefault(Path(each.mark.file).name, set()).add(each.name)

    assert refused == REFUSED_IN_EXAMPLES
    with pytest.raises(PolicyError, match="is part of policy v1 but is not enforced"):
        load(EXAMPLES)


def test_the_formats_examples_load_without_what_is_refused() -> None:
    """All else that the format's examples show is a policy."""
    reading = read(EXAMPLES)
    root = without_refused(reading.root, reading)
    policy = compile_policy(DOCUMENT.read(root, "policy"), root)

    assert not refused_in(root)
    assert {"big-refund", "allowed-regions", "refund-budget"} <= policy.rule_ids


BYTES = b"\n".join(path.read_bytes() for path in sorted((EXAMPLES / "policy.d").glob("*.yaml")))
pieces = st.sampled_from(
    [b"\0", b"\xff", b"\r\n", b"\r", b"\xef\xbb\xbf", b"\xe2\x80\xae", b"&a ", b"*a", b"!!str ",
     b"- ", b"? ", b": ", b"{", b"[", b"'", b'"', b"\t", b"#", b"%YAML", b"---\n", b"\x1b[31m",
     b"|\n", b">", b"\xc2\x85", b"\xe2\x80\xa8", b"9" * 5000, b"[" * 50]
)  # fmt: skip
edits = st.lists(
    st.tuples(st.integers(0, len(BYTES)), st.integers(0, 400), pieces), min_size=1, max_size=4
)


@given(edits)
def test_damaged_bytes_load_or_are_one_line(changes: list[tuple[int, int, bytes]]) -> None:
    """Whatever happens to a file's bytes, it is a policy or one printable line with a place."""
    raw = BYTES
    for at, length, piece in changes:
        raw = raw[:at] + piece + raw[at + length :]
    said = "p.yaml:1:1: "
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "p.yaml")
        path.write_bytes(raw)
        began = time.perf_counter()
        try:
            load(path)
        except PolicyError as error:
            said = str(error).removeprefix(f"{folder}/")
        took = time.perf_counter() - began

    assert re.match(r"p\.yaml:\d+:\d+: ", said)
    assert said.isprintable()
    assert len(said) < 1000
    assert took < 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"a\\nb": 1', "1:1: unknown key `a\\nb`"),
        ('"\\e[31m": 1', "1:1: unknown key `\\x1b[31m`"),
        ('"a\\u202eb": 1', "1:1: unknown key `a\\u202eb`"),
        ("rules: [{tool: \"a\\nb\", action: \"x\\ny\"}]", "1:32: `action` is `x\\ny`; expected"),
        ("k" * 1000 + ": 1", "1:1: unknown key `kkk"),
        ("version: v1\0", "1:1: not valid YAML: "),
        ("tools: {a: {topic: x}}\r\nrulez: []\r\n",
         "2:1: unknown key `rulez`; did you mean `rules`"),
        ("version: " + "9" * 200_000, "1:10: `version` is `999"),
        ("tools: {a: {topic: " + "x" * 200_000, "2:1: not valid YAML"),
        ("a: " + "[" * 20_000, "1:35: nested deeper than 32 levels"),
        ("{a: " * 20_000, "1:129: nested deeper than 32 levels"),
        ("? " * 20_000, "1:65: nested deeper than 32 levels"),
        ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "1:4: anchor `&a` is not allowed"),
        ("%TAG ! tag:x,2000:\n---\na: !x 1", "1:1: a YAML directive is not allowed"),
    ],
)  # fmt: skip
def test_hostile_text_is_one_short_line(text: str, said: str) -> None:
    """Control characters, bombs and huge texts are an error that a terminal may print."""
    began = time.perf_counter()
    with pytest.raises(PolicyError) as caught:
        parse(text, "p")

    assert str(caught.value).startswith(f"p:{said}")
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 1000
    assert time.perf_counter() - began < 2


def test_loading_leaves_the_collector_as_it_was() -> None:
    """The cycle collector rests while a policy loads, and runs again after a load that failed."""
    assert gc.isenabled()
    assert parse("{}")
    assert gc.isenabled()
    with pytest.raises(PolicyError):
        parse("zzz: 1")

    assert gc.isenabled()
    gc.disable()
    try:
        assert parse("{}")
        assert not gc.isenabled()
    finally:
        gc.enable()
