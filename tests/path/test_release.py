"""Release: the answer that a model gets, and the record of what was done to a result."""

from typing import get_args

import pytest

from interlock.path.inspection import Finding, Inspection
from interlock.path.members import Span
from interlock.path.release import ADVICE, Ending, delivery, refusal, review_record

WITH_RESULT = {"released", "redacted", "failed", "responded"}


@pytest.mark.parametrize("ending", sorted(set(get_args(Ending)) - WITH_RESULT))
def test_every_end_without_a_result_says_what_to_do(ending: Ending) -> None:
    """The model is told in words, and code by a typed record, that it got no result and why."""
    answer = refusal("call_1", ending, "BECAUSE", {"level": 2})

    assert (answer.status, answer.artifact) == ("error", None)
    assert answer.content == ADVICE[ending].format(why="BECAUSE")
    assert answer.record["outcome"] == ending
    assert answer.record.keys() >= {"call_id", "reason", "policy_snapshot", "level"}


def test_the_words_of_a_person_are_the_answer() -> None:
    """Who responds in the tool's place is quoted alone, as a success."""
    answer = refusal("call_1", "responded", "use the other account {why}", {})

    assert (answer.content, answer.status) == ("use the other account {why}", "success")


def test_a_result_is_handed_on_as_it_is() -> None:
    """Content, artifact and status of a result stay what the inspection left of them."""
    answer = delivery("call_1", "redacted", {"a": 1}, [2], "error", {"rules": ["r"]})

    assert (answer.content, answer.artifact, answer.status) == ({"a": 1}, [2], "error")
    assert answer.record == {"call_id": "call_1", "outcome": "redacted", "rules": ["r"]}


def test_a_record_names_fields_and_never_texts() -> None:
    """Fields, reasons and actions, each once; only what was taken out is counted."""
    findings = (
        Finding("response.ssn", "US_SSN", "redact", "d", Span(0, 3)),
        Finding("response.ssn", "US_SSN", "redact", "d", Span(5, 8)),
        Finding("response.notes", "INTERNAL_FIELD", "remove", "policy"),
        Finding("artifact.b", "UNREAD", "redact", "blocks", Span(0, 8)),
        Finding("response", "DETECTOR_FAILED", "quarantine", "walk"),
    )

    record = review_record("call_1", Inspection("QUARANTINE", findings), "v1:0")

    assert record["job_id"] == "call_1"
    assert record["original_fields_redacted"] == 3
    assert [tuple(one.values()) for one in record["redaction_details"]] == [
        ("response.ssn", "PII detected (US_SSN)", "replaced with [REDACTED]"),
        ("response.notes", "internal field", "field removed"),
        ("artifact.b", "bytes that nobody can read", "replaced with [REDACTED]"),
        ("response", "could not be inspected (walk)", "held for a human"),
    ]
