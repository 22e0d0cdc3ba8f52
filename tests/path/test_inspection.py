"""Inspect: the laws of the walk and the verdict, then paths, fields, terms and length."""

import base64
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.detect import anonymizer
from interlock.path.inspection import Detector, Hit, Inspection, Located, Span, inspect
from interlock.path.redaction import redacted
from interlock.path.release import review_record
from interlock.policy.output import Action, BlockedTerms, MaxLength, OutputPolicy

QUIET = OutputPolicy(entities={}, secrets="allow", injection="allow")


@dataclass
class Digits:
    """A detector of every run of three digits."""

    kinds: frozenset[str] = frozenset({"US_SSN"})
    score: float = 1.0
    seen: list[Located] = field(default_factory=list[Located])
    asked: int = 0

    def detect(self, texts: tuple[Located, ...], wanted: frozenset[str]) -> list[Hit]:
        self.asked += 1
        self.seen.extend(texts)
        return [
            Hit(at, "US_SSN", Span(*match.span()), self.score, "digits")
            for at, located in enumerate(texts)
            for match in re.finditer(r"\d{3,}", located.text)
        ]


class Broken:
    """A detector that cannot look; its message quotes what it read."""

    kinds = frozenset({"US_SSN"})

    def detect(self, texts: tuple[Located, ...], wanted: frozenset[str]) -> list[Hit]:
        raise ValueError(texts[0].text)


class Beside:
    """A detector whose hit lies outside its text."""

    kinds = frozenset({"US_SSN"})

    def detect(self, texts: tuple[Located, ...], wanted: frozenset[str]) -> list[Hit]:
        return [Hit(0, "US_SSN", Span(0, 10_000), 1.0, "beside")]


def policy(action: Action = "redact", **more: Any) -> OutputPolicy:
    return QUIET._replace(entities={"US_SSN": action}, **more)


def look(content: object, given: OutputPolicy, *detectors: Detector) -> Inspection:
    return inspect(content, None, given, detectors or (Digits(),))


def paths(inspection: Inspection) -> list[str]:
    return [finding.path for finding in inspection.findings]


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.from_regex(
    r"[a-z]{0,3}\d{3,9}[a-z]{0,3}", fullmatch=True
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


class TestLaws:
    @given(json_values)
    def test_no_finding_repeats_what_was_found(self, content: Any) -> None:
        """No run of digits of the result stands in the repr of its inspection."""
        found = look(content, policy())
        shown = re.sub(
            r"\\\\u\w{4}|start=\d+|end=\d+|\[(key )?\d+\]|score_0_1=[\d.]+", "", repr(found)
        )

        assert not re.search(r"\d{3,}", shown)

    @given(json_values)
    def test_every_text_key_and_number_is_looked_at(self, content: Any) -> None:
        """A result is allowed only when none of its texts, keys and numbers hits."""
        digits = Digits()
        verdict = inspect(content, None, policy(), (digits,)).verdict
        hits = digits.detect(tuple(digits.seen), frozenset())

        assert (verdict == "ALLOW") == (not hits)

    @given(json_values, st.sampled_from(["redact", "mask", "quarantine"]))
    def test_the_strictest_action_is_the_verdict(self, content: Any, action: Action) -> None:
        """With every hit treated one way, the verdict is that way or to allow."""
        verdict = look(content, policy(action)).verdict

        assert verdict in ("ALLOW", "QUARANTINE" if action == "quarantine" else "REDACT")

    @given(json_values)
    def test_a_quiet_policy_allows(self, content: Any) -> None:
        """A policy that looks for nothing asks no detector and finds nothing."""
        assert look(content, QUIET, Broken()) == Inspection("ALLOW")

    @given(json_values)
    def test_the_artifact_is_inspected_too(self, content: Any) -> None:
        """What is found in a response is found in an artifact, under its name."""
        here = inspect(content, None, policy(), (Digits(),))
        there = inspect(None, content, policy(), (Digits(),))

        assert there.verdict == here.verdict
        assert [p.replace("artifact", "response", 1) for p in paths(there)] == paths(here)


class TestFailure:
    @pytest.mark.parametrize("detector", [Broken(), Beside()])
    def test_a_detector_that_fails_holds_the_result(self, detector: Detector) -> None:
        """A detector that raises, or answers nonsense, quarantines, and its message is dropped."""
        found = look({"note": "536-22-8726"}, policy(), detector)

        assert found.verdict == "QUARANTINE"
        assert [f.kind for f in found.findings] == ["DETECTOR_FAILED"]
        assert "8726" not in repr(found)

    def test_a_kind_nobody_looks_for_holds_the_result(self) -> None:
        """A policy that names an entity without a detector never gets a silent allow."""
        asked = QUIET._replace(entities={"PERSON": "redact"})

        assert look("hello", asked).verdict == "QUARANTINE"

    @pytest.mark.parametrize("value", [b"raw", {1: "x"}, {"a": [object()]}, [10**5000]])
    def test_what_is_not_json_holds_the_result(self, value: object) -> None:
        """A value that cannot be walked is not delivered."""
        assert look(value, policy()).verdict == "QUARANTINE"

    def test_nesting_beyond_the_limit_holds_the_result(self) -> None:
        """Nesting over 200 levels is refused without exhausting the stack."""
        value: Any = "536"
        for _ in range(100_000):
            value = [value]

        assert look(value, policy()).verdict == "QUARANTINE"

    def test_json_in_a_text_that_has_two_meanings_is_held(self) -> None:
        """Of a name given twice one reader takes the first value, another the last."""
        found = look({"body": '{"ssn": "536", "ssn": "x"}'}, QUIET)

        assert found.verdict == "QUARANTINE"
        assert paths(found) == ["response.body"]

    def test_a_result_that_policy_wants_reviewed_is_held(self) -> None:
        """A review of the result is a finding like any other, and quarantines."""
        found = inspect({}, None, QUIET, (), review_result=True)

        assert found.verdict == "QUARANTINE"
        assert [f.kind for f in found.findings] == ["REVIEW_RESULT"]


class TestPaths:
    @pytest.mark.parametrize(
        ("content", "path"),
        [
            ("a 536", "response"),
            ({"customer_data": {"ssn": "536"}}, "response.customer_data.ssn"),
            ({"rows": [{"note": "536"}]}, "response.rows[0].note"),
            ([["x", "536"]], "response[0][1]"),
            ({"a.b": "536"}, 'response["a.b"]'),
            ({"a": {"b": "536"}}, "response.a.b"),
            ({'q"]': "536"}, 'response["q\\"]"]'),
            ({"a 536": "x"}, "response[key 0]"),
            ({"x": 0, "a 536": {"b": "536"}}, "response[key 1].b"),
            ({"k" * 65: "536"}, "response[key 0]"),
            ({"body": '{"ssn": [536]}'}, "response.body.ssn[0]"),
            ('[{"a": "{\\"b\\": \\"536\\"}"}]', "response[0].a.b"),
        ],
    )
    def test_a_path_names_its_member(self, content: object, path: str) -> None:
        """Paths are dotted; keys that hit or are odd are named so that no two look alike."""
        assert path in paths(look(content, policy()))

    def test_a_number_is_found_whole(self) -> None:
        """A number is inspected as text and found as a member, with its path for context."""
        digits = Digits()
        found = inspect({"ssn": 536228726, "f": 4.5e15, "ok": True}, None, policy(), (digits,))

        assert [(f.path, f.span) for f in found.findings] == [
            ("response.ssn", None),
            ("response.f", None),
        ]
        assert Located(("response", "ssn"), "536228726", "number") in digits.seen
        assert Located(("response", "f"), "4500000000000000", "number") in digits.seen

    def test_a_key_that_hits_removes_its_member(self) -> None:
        """A name cannot be replaced in place, so its member goes, wherever it occurs."""
        found = look([{"t 536": 1}, {"t 536": 2}], policy())

        assert [(f.path, f.action) for f in found.findings] == [
            ("response[0][key 0]", "remove"),
            ("response[1][key 0]", "remove"),
        ]

    def test_a_score_below_the_least_is_dropped(self) -> None:
        """Findings under `min_score` do not count."""
        assert look("536", policy(min_score=0.5), Digits(score=0.49)).verdict == "ALLOW"


class TestInternalFields:
    @pytest.mark.parametrize(
        ("glob", "removed"),
        [
            ("**.internal_notes", ["response.internal_notes", "response.a[0].internal_notes"]),
            ("internal_notes", ["response.internal_notes"]),
            ("a.*", ["response.a[0].internal_notes", "response.a[0].x"]),
            ("*.x", ["response.a[0].x"]),
            ("a.**", ["response.a"]),
            ("**.int*", ["response.internal_notes", "response.a[0].internal_notes"]),
            ("**.notes", []),
        ],
    )
    def test_globs_choose_members(self, glob: str, removed: list[str]) -> None:
        """`*` is one name or part of it, `**` any number of names; positions are no names."""
        content = {"internal_notes": "x", "a": [{"internal_notes": {"y": "536"}, "x": 1}]}
        found = look(content, QUIET._replace(internal_fields=(glob,)))

        assert sorted(paths(found)) == sorted(removed)
        assert {f.action for f in found.findings} <= {"remove"}

    def test_what_goes_is_not_looked_into(self) -> None:
        """A removed member neither holds the result nor counts for anything else."""
        given = policy("quarantine", internal_fields=("**.debug",))

        assert look({"debug": {"a": "536"}}, given).verdict == "REDACT"


class TestTerms:
    @pytest.mark.parametrize(
        "text",
        [
            "about project-nightingale.",
            "PROJECT-Nightingale",
            "project\u200b-night\u00adingale",
            "\uff50\uff52\uff4f\uff4a\uff45\uff43\uff54\uff0d\uff4e\uff49\uff47\uff48\uff54ingale",
            "caf\u00e9 then project-nightingale",
        ],
    )
    def test_a_blocked_term_is_found_in_any_dress(self, text: str) -> None:
        """Case, width and invisible characters do not hide a term, and the span covers it."""
        terms = BlockedTerms(terms=("project-nightingale",), action="redact")
        found = look({"n": text}, QUIET._replace(blocked_terms=terms))

        ((span,),) = ([f.span for f in found.findings],)
        assert span is not None
        rest = text[: span.start] + text[span.end :]
        assert look({"n": rest}, QUIET._replace(blocked_terms=terms)).findings == ()

    def test_a_blocked_term_in_a_key_or_number_counts(self) -> None:
        """Names and numbers are searched like texts, and the path does not repeat the term."""
        given = QUIET._replace(blocked_terms=BlockedTerms(terms=("NOVA", "4711")))
        found = look({"nova_budget": 1, "n": 47110}, given)

        assert found.verdict == "WITHHOLD"
        assert sorted(paths(found)) == ["response.n", "response[key 0]"]
        assert "nova" not in repr(found)

    def test_a_combined_letter_is_one_with_its_marks(self) -> None:
        """A term is found when its accents are written apart."""
        given = QUIET._replace(blocked_terms=BlockedTerms(terms=("r\u00e9sum\u00e9",)))

        assert look("my re\u0301sume\u0301 here", given).verdict == "WITHHOLD"
        assert look("to resume", given).verdict == "ALLOW"


class TestLength:
    @pytest.mark.parametrize(
        "content", ["abcde", ["abc", "de"], {"abcd": 1}, [12345], [True, True], [[], [], []]]
    )
    def test_every_character_counts(self, content: Any) -> None:
        """A result is too long by its texts, names, numbers and constants alike."""
        given = QUIET._replace(max_length=MaxLength(chars=4))

        assert look(content, given).verdict == "WITHHOLD"

    def test_an_artifact_counts_too(self) -> None:
        """What code is given is as long as what a model is given."""
        given = QUIET._replace(max_length=MaxLength(chars=4))

        assert inspect("ab", ["cd"], given, ()).verdict == "ALLOW"
        assert inspect("ab", ["cde"], given, ()).verdict == "WITHHOLD"

    def test_what_cannot_be_cut_is_withheld(self) -> None:
        """Names and numbers that are too long by themselves leave nothing to redact."""
        limit = MaxLength(chars=4, action="redact")

        assert look({"abcde": "x"}, QUIET._replace(max_length=limit)).verdict == "WITHHOLD"

    def test_to_redact_is_to_cut(self) -> None:
        """With `redact`, each text loses what lies beyond the limit."""
        limit = MaxLength(chars=3, action="redact")
        found = look(["ab", "cd", "e"], QUIET._replace(max_length=limit))

        assert [(f.path, f.span) for f in found.findings] == [
            ("response[1]", Span(1, 2)),
            ("response[2]", Span(0, 1)),
        ]


def block(text: bytes, mime_type: str) -> list[dict[str, Any]]:
    return [
        {"type": "file", "base64": base64.b64encode(text).decode(), "mime_type": mime_type},
    ]


def b64(text: str, width: int = 0) -> str:
    encoded = base64.b64encode(text.encode()).decode()
    return "\n".join(re.findall(f".{{1,{width}}}", encoded)) if width else encoded


PICTURE = base64.b64encode(b"\x89PNG\xff").decode()


class TestBlocks:
    @pytest.mark.parametrize(
        "content",
        [
            block(b"\x89PNG", "image/png"),
            block(b"\xff", "text/plain"),
            block(b"{", "application/json"),
            [{"type": "image_url", "image_url": {"url": "https://example.invalid/a.png"}}],
            [{"type": "document", "source": {"type": "url", "url": "https://example.invalid"}}],
            [{"type": "file", "file_id": "f1"}],
        ],
    )
    def test_what_nobody_can_read_is_held(self, content: Any) -> None:
        """A picture, a link that is fetched later or broken text waits for a human."""
        found = look(content, QUIET)

        assert found.verdict == "QUARANTINE"
        assert [(f.path, f.kind) for f in found.findings] == [("response[0]", "UNINSPECTABLE")]

    def test_text_in_a_file_is_read(self) -> None:
        """Text and JSON are decoded and inspected; with a hit the whole block is held."""
        clean, found = block(b"abc", "text/plain"), block(b'{"a": "5364"}', "application/json")

        assert look(clean, policy()).verdict == "ALLOW"
        kinds = {finding.kind for finding in look(found, policy()).findings}
        assert kinds >= {"US_SSN", "UNINSPECTABLE"}

    @pytest.mark.parametrize(
        "held",
        [
            {"mimeType": "Text/CSV", "blob": b64("ssn,5364")},
            {"type": "file", "mime_type": "application/vnd.api+json", "data": b64('{"a": "536"}')},
            {"source": {"media_type": "application/octet-stream", "data": b64("x 536\n" * 20, 76)}},
        ],
    )
    def test_text_in_other_bytes_is_read(self, held: Any) -> None:
        """Bytes in an artifact or a member that are text with a hit are held, however wrapped."""
        for content, artifact in (({"a": [held]}, None), ("ok", {"a": [held]}), ([held, 1], None)):
            found = inspect(content, artifact, policy(), (Digits(),))

            assert found.verdict == "QUARANTINE"
            assert "5364" not in repr(found)

    def test_blocks_of_an_artifact_are_held_like_those_of_content(self) -> None:
        """Clients show a model the blocks of an artifact too: a picture in one is held."""
        picture = block(b"\x89PNG\xff", "image/png")

        found = inspect("ok", picture, QUIET, ())

        assert found.verdict == "QUARANTINE"
        assert [(f.path, f.kind) for f in found.findings] == [("artifact[0]", "UNINSPECTABLE")]

    @pytest.mark.parametrize(
        ("held", "left"),
        [
            (
                {"type": "image", "mime_type": "image/png", "base64": PICTURE},
                {"type": "image", "mime_type": "image/png", "base64": "[REDACTED]"},
            ),
            (
                {"mimeType": "audio/wav", "blob": PICTURE, "name": "a"},
                {"mimeType": "audio/wav", "blob": "[REDACTED]", "name": "a"},
            ),
            (
                f"![a](data:image/png;base64,{PICTURE}) b",
                "![a](data:image/png;base64,[REDACTED]) b",
            ),
            (f"DATA:;charset=x;BASE64,{PICTURE}", "DATA:;charset=x;BASE64,[REDACTED]"),
            (
                f'say {{"img": "data:image/png;base64,{PICTURE}"}}',
                'say {"img": "data:image/png;base64,[REDACTED]"}',
            ),
        ],
    )
    def test_other_bytes_that_nobody_can_read_are_taken_out(self, held: Any, left: Any) -> None:
        """INVARIANT I17: bytes that code gets and no model is shown do not pass uninspected."""
        found = inspect({"a": held}, [1, held], policy(), (Digits(),))

        assert found.verdict == "REDACT"
        assert {f.kind for f in found.findings} == {"UNREAD"}
        assert redacted({"a": held}, "response", found, anonymizer()) == {"a": left}
        assert redacted([1, held], "artifact", found, anonymizer()) == [1, left]
        record = review_record("call", found, "v1:0")
        assert record["original_fields_redacted"] == 2
        assert {detail["reason"] for detail in record["redaction_details"]} == {
            "bytes that nobody can read"
        }

    @pytest.mark.parametrize(
        ("text", "verdict"), [("a 5364 b", "QUARANTINE"), ("a clean note", "ALLOW")]
    )
    def test_text_in_an_address_is_read(self, text: str, verdict: str) -> None:
        """What stands in an address as bytes is looked at like any other text."""
        held = {"a": f"see data:text/plain;base64,{b64(text)}"}

        assert inspect(held, None, policy(), (Digits(),)).verdict == verdict

    @pytest.mark.parametrize(
        "inner",
        [
            {"type": "search_result", "content": [block(b"\x89PNG", "image/png")[0]]},
            {
                "type": "custom_tool_call_output",
                "output": [{"type": "input_image", "file_id": "f"}],
            },
            {"type": "text", "text": "a", "image_url": "https://example.invalid/a.png"},
        ],
    )
    def test_what_is_shown_within_a_block_of_text_is_held(self, inner: dict[str, Any]) -> None:
        """A picture in a search result, or beside a text, is shown as one by itself is."""
        found = look([inner], QUIET)

        assert {f.kind for f in found.findings} == {"UNINSPECTABLE"}
        assert found.verdict == "QUARANTINE"

    def test_many_bytes_are_looked_at_together(self) -> None:
        """A detector is asked once for all texts in bytes, and each hit stays with its own."""
        note, ssn = ({"mime_type": "text/plain", "data": b64(text)} for text in ("a", "5364"))
        digits = Digits()

        found = inspect([note, ssn, *[note] * 500], None, policy(), (digits,))

        assert {f.path for f in found.findings} == {"response[1]"}
        assert digits.asked <= 4

    @pytest.mark.parametrize(
        "content",
        [
            [{"type": "text", "text": "ab"}],
            [{"type": "file", "name": "a.txt"}],
            [[{"type": "image_url", "image_url": "x"}]],
            [{"type": "file", "url": "x"}, {"type": "row"}],
        ],
    )
    def test_texts_and_rows_are_no_pictures(self, content: Any) -> None:
        """Written blocks and rows of a table that have a `type` are inspected as text."""
        assert look(content, QUIET).verdict == "ALLOW"


@pytest.mark.parametrize("glob", ["response.notes", "artifact.notes", "response.**.notes"])
def test_a_glob_may_begin_at_the_root(glob: str) -> None:
    """A field can be named by the path that findings show."""
    found = look({"notes": "x"}, QUIET._replace(internal_fields=(glob,)))

    assert paths(found) == ["response.notes"]


class TestJsonInText:
    """JSON that stands in a text among other things."""

    HIDING = QUIET._replace(internal_fields=("**.internal_notes",))

    @pytest.mark.parametrize(
        "text",
        [
            'result: {"internal_notes": "x", "n": 1}',
            '```json\n{"internal_notes": "x"}\n```',
            '{"internal_notes": "x"} {"n": 1}',
            '{"internal_notes": "x"}\n{"n": 1}',
        ],
    )
    def test_its_fields_are_found(self, text: str) -> None:
        """A prefix, a fence or a neighbour hides no internal field."""
        found = look({"body": text}, self.HIDING)

        assert paths(found) == ["response.body[0].internal_notes"]
        assert "x" not in redacted({"body": text}, "response", found, anonymizer())["body"][9:]

    def test_a_hit_in_it_is_its_members(self) -> None:
        """What stands in a member is found once, at the member."""
        found = look('a 5361 {"ssn": "5362"} b 5363', policy())

        assert [(f.path, f.span) for f in found.findings] == [
            ("response", Span(2, 6)),
            ("response", Span(25, 29)),
            ("response[0].ssn", Span(0, 4)),
        ]

    def test_length_counts_it_once(self) -> None:
        """What is read twice is as long as it is."""
        limit = QUIET._replace(max_length=MaxLength(chars=10))

        assert look('ab {"abc": "defgh"}', limit).verdict == "WITHHOLD"
        assert look('ab {"abc": "def"}', limit).verdict == "ALLOW"

    def test_two_meanings_hold_the_result(self) -> None:
        """A name given twice is no more readable behind a word."""
        assert look('see {"a": 1, "a": 2}', QUIET).verdict == "QUARANTINE"
