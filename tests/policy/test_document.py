"""Name: small laws of the sections' values."""

from interlock.policy.document import Document, as_json


def test_a_document_is_json() -> None:
    """Every default is written, with lists and plain values only."""
    document = as_json(Document())

    assert document["review_defaults"] == {"approval_ttl_sec": 14400.0, "execution_ttl_sec": 3600.0}
    assert document["rules"] == []
    assert document["output"]["entities"]["US_SSN"] == "redact"
