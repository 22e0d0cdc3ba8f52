"""Digests: equal for equal values of one installation, and no use to another."""

from hypothesis import given
from hypothesis import strategies as st

from interlock.signals import digests
from interlock.signals.digests import digest, forget, text_digest

texts = st.text(st.characters(codec="utf-8"), max_size=300)


@given(texts, texts)
def test_equal_texts_and_only_they_share_a_digest(one: str, other: str) -> None:
    """A digest is the same each time, and another text's is another."""
    assert (text_digest(b"k", one) == text_digest(b"k", other)) == (one == other)


@given(texts)
def test_another_key_gives_another_digest(text: str) -> None:
    """Without the key nobody finds a small value by trying."""
    assert text_digest(b"k", text) != text_digest(b"other", text)


@given(st.binary(max_size=100))
def test_purposes_never_meet(content: bytes) -> None:
    """The same bytes for another purpose have another digest, and JSON carries each."""
    assert digest(b"k", b"one", content) != digest(b"k", b"two", content) < 2**53


def test_what_is_remembered_is_the_same_and_can_be_dropped() -> None:
    """Forgetting changes no digest; texts over 128 characters are never kept."""
    forget()
    before = [text_digest(b"k", text) for text in ("ana", "x" * 129)]
    kept = digests._remembered.cache_info().currsize
    forget()

    assert kept == 1
    assert digests._remembered.cache_info().currsize == 0
    assert [text_digest(b"k", text) for text in ("ana", "x" * 129)] == before
