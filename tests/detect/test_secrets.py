"""Secrets: by shape and by name, only the secret part, and placeholders are none."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.detect.secrets import Secrets
from interlock.path.inspection import Located

KINDS = frozenset({"SECRET"})
BODY = "a1B2c3D4e5" * 8
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow" + "Ab9+/\n" * 40 + "-----END RSA PRIVATE KEY-----"


def found(text: str, *path: str | int) -> list[str]:
    located = (Located(("response", *path), text),)
    hits = Secrets().detect(located, KINDS)
    return [text[hit.span.start : hit.span.end] for hit in hits]


SHAPED = {
    "AWS key id": "AKIA" + "Q3EGTA7XLMN2PB5R",
    "GitHub token": "ghp_" + BODY[:36],
    "GitHub fine-grained token": "github_pat_" + BODY[:22] + "_" + BODY[:59],
    "GitLab token": "glpat-" + BODY[:20],
    "Slack token": "xoxb-123456789012-" + BODY[:24],
    "Slack app token": "xapp-1-A0" + BODY[:30],
    "Stripe key": "sk_live_" + BODY[:24],
    "Stripe webhook secret": "whsec_" + BODY[:32],
    "OpenAI key": "sk-proj-" + BODY[:48],
    "Anthropic key": "sk-ant-api03-" + BODY[:70],
    "Google key": "AIza" + BODY[:35],
    "Google client secret": "GOCSPX-" + BODY[:28],
    "JSON web token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NSJ9." + BODY[:43],
    "private key": PEM,
}


@pytest.mark.parametrize("name", SHAPED)
def test_a_shape_is_found_exactly(name: str) -> None:
    """Each provider's format is found in running text, from its first to its last character."""
    assert found(f"use {SHAPED[name]} for it") == [SHAPED[name]]


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgresql://app:s3cr3t@db.local/shop", "s3cr3t"),
        ("redis://:pa55@cache:6379/0", "pa55"),
        ("Authorization: Bearer abcdef0123456789abcd", "abcdef0123456789abcd"),
        ("aws_secret_access_key = " + BODY[:40], BODY[:40]),
        ("password: hunter2!", "hunter2!"),
        ('"password":"Tr0ub4dor"', "Tr0ub4dor"),
        ("export API_KEY=k-3141592653", "k-3141592653"),
        ("the password is alice.m.123.", "alice.m.123"),
        (
            "hooks.slack.com/services/T012AB/B034CD/abcdefgh12345678",
            "T012AB/B034CD/abcdefgh12345678",
        ),
    ],
)
def test_only_the_secret_part_is_found(text: str, secret: str) -> None:
    """In an address, header or assignment the surroundings stay readable."""
    assert secret in found(text)
    assert all(part in secret for part in found(text))


def test_basic_credentials_are_found_by_what_they_decode_to() -> None:
    """`Basic` is followed by base64 of a pair; other base64 is not a pair."""
    pair = base64.b64encode(b"ana:hunter22").decode()

    assert found(f"Authorization: Basic {pair}") == [pair]
    assert found("Basic " + base64.b64encode(b"no pair here").decode()) == []


def test_a_key_without_its_end_is_found_to_the_end() -> None:
    """A truncated private key is a secret as far as it goes."""
    assert found("x " + PEM[:90]) == [PEM[:90]]


@pytest.mark.parametrize(
    "name",
    ["password", "db_password", "dbPassword", "apiKey", "API-KEY", "client_secret", "authToken"],
)
def test_a_name_declares_its_value(name: str) -> None:
    """Whatever stands under a telling name is a secret."""
    assert found("correct horse battery", name) == ["correct horse battery"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("next_page_token", "CAUQAA"),
        ("token_count", "12"),
        ("tokens", "12"),
        ("password_hint", "the dog"),
        ("password", ""),
        ("password", "********"),
        ("password", "*******1234"),
        ("password", "[REDACTED]"),
        ("password", "string"),
        ("secret_santa", "Bo"),
        ("note", "Forgot your password: required"),
        ("note", "reset your password: https://example.com/reset-1"),
        ("note", "the password is incorrect"),
        ("note", "risk-based scoring, task-oriented sk-learn-contrib-package-name"),
        ("note", "see https://example.com:8080/a@b and mailto:ana@example.com"),
        ("id", "550e8400-e29b-41d4-a716-446655440000"),
        ("sha", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
    ],
)
def test_what_is_no_secret_is_left(name: str, text: str) -> None:
    """Placeholders, page tokens, addresses, ids and prose are none."""
    assert found(text, name) == []


def test_one_members_text_declares_nothing_of_the_next() -> None:
    """A word at the end of a member and a value at the start of the next are no assignment."""
    for first, second in (("password", "=hunter22"), ("postgres://app:s3c", "r3t@db")):
        texts = (Located(("response", "a"), first), Located(("response", "b"), second))
        assert Secrets().detect(texts, KINDS) == []


def test_a_secret_ends_with_its_member() -> None:
    """A value at the end of a member does not take the next one along."""
    texts = (Located(("response", "a"), "password=hunter22"), Located(("response", "b"), "fine"))

    assert {hit.text for hit in Secrets().detect(texts, KINDS)} == {0}


def test_a_number_is_a_password_only() -> None:
    """A number under `password` counts, one under `token` is a count."""
    secrets = Secrets()

    assert secrets.detect((Located(("response", "password"), "12345678", "number"),), KINDS)
    assert not secrets.detect((Located(("response", "token"), "512", "number"),), KINDS)


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["password", "note"]))
def test_every_text_is_looked_at(text: str, name: str) -> None:
    """No text makes the search fail, and each hit is a part of it."""
    assert all(part in text for part in found(text, name))


@pytest.mark.parametrize(
    "text",
    ["eyJaaaaaaaa.", "-----BEGIN PRIVATE KEY-----", "sk-", "a://a:a", "password=", "basic a"],
)
def test_the_work_grows_with_the_text(text: str) -> None:
    """Half a million characters of half a secret are searched well within the time of a test."""
    found(text * (500_000 // len(text)))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("password", 0), "hunter2"),
        (("password", "value"), "hunter2"),
        (("passwords", 1), "correct horse"),
        (("api_keys", 0), "k-93kd93kd93kd"),
        (("api_keys", "prod"), "k-93kd93kd93kd"),
        (("api_keys", 0, "key"), "k-93kd93kd93kd"),
        (("credentials", "value"), "k-93kd93"),
        (("PassWord",), "hunter2"),
        (("password_v2",), "hunter2"),
        (("new_password",), "hunter2"),
        (("old password",), "hunter2"),
        (("\uff50assword",), "hunter2"),
        (("p\u0430ssword",), "hunter2"),
        (("pass\u00adword",), "hunter2"),
    ],
)
def test_a_name_declares_what_stands_below_it(path: tuple[str | int, ...], text: str) -> None:
    """A list or an object between a telling name and its secret hides nothing."""
    assert found(text, *path) == [text]


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("credentials", "user"), "alice99"),
        (("credentials", "type"), "service_account"),
        (("password", "updated_at"), "2024-01-15T10:20:30Z"),
        (("password", "algorithm"), "argon2id"),
        (("password_policy", "value"), "at least 12 characters"),
        (("api_keys", 0, "name"), "production"),
        (("api_keys", 0, "id"), "key_20240115"),
        (("tokens", 0), "hello2world"),
        (("secrets", 0), "db-password-1"),
        (("keys", 0), "user_1234567"),
        (("password", "rules", "value"), "12 letters"),
    ],
)
def test_what_else_stands_there_is_none(path: tuple[str | int, ...], text: str) -> None:
    """What says something about a secret is none, and neither are words of a text."""
    assert found(text, *path) == []
