"""Find: keys, tokens, passwords and connection strings.

Shapes are written from what providers publish about their own formats. A value under a name such as
`password` or `api_key` is a secret whatever its shape, unless it is plainly a placeholder; in prose
a value after such a word has to look like one (a digit, a symbol or mixed case).
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import Final

from interlock.detect.joined import Joined
from interlock.detect.names import words
from interlock.path.inspection import Hit, Located, Span

_Find = Callable[[str], Iterator[tuple[int, int]]]


class Secrets:
    """Secrets by their shape, and by the name they stand under."""

    kinds = frozenset({"SECRET"})

    def detect(self, texts: tuple[Located, ...], wanted: frozenset[str]) -> list[Hit]:
        """Return one hit for each secret; only the secret part of a line or address."""
        if not wanted & self.kinds:
            return []
        joined = Joined(texts, "\0")
        hits = [
            Hit(index, "SECRET", span, 1.0, f"secrets.{name}")
            for name, marker, find in _SHAPES
            if marker in joined.text
            for start, end in find(joined.text)
            for index, span in joined.parts(start, end)
        ]
        return hits + list(_by_name(texts))


# --- by name ------------------------------------------------------------------------------------

_SECRET_NAME: Final = re.compile(
    r"(?:^| )(?:pass ?word|passwd|pwd|pass ?phrase|secret|api ?key|secret (?:access )?key"
    r"|(?:private|access|signing|encryption) key"
    r"|(?:auth|access|refresh|bearer|api|session|id|bot) token"
    r"|connection string|credentials?)"
    r"(?:(?: v)? \d+| (?:new|old|current|confirm(?:ation)?|plain))?$"
    r"|^token$"
)
_SECRET_NAMES: Final = re.compile(
    r"(?:^| )(?:pass ?words|passwds|pass ?phrases|api ?keys|secret (?:access )?keys"
    r"|(?:private|access|signing|encryption) keys"
    r"|(?:auth|access|refresh|bearer|api|session|bot) tokens)$"
)
"""Names of many; what stands in an object below one is named by what the secret is for."""
_OF_IT: Final = re.compile(
    r"(?:value|val|data|text|string|plain|plaintext|raw|current|previous|old|new|secret|key)s?"
)
"""Names of the secret itself, in an object below a telling name."""
_PLACEHOLDER: Final = re.compile(
    r"(?i)\s*|\W+|x+|null|none|n/?a|true|false|yes|no|string|text|required|optional|hidden|unset|"
    r"\W*(?:redacted|masked|removed|filtered|password|secret|token)\W*"
)


def _by_name(texts: tuple[Located, ...]) -> Iterator[Hit]:
    for index, (path, text, part) in enumerate(texts):
        name = None if part == "key" else _telling(path, text)
        if name is None or (part == "number" and not re.search("pass|pwd", words(name))):
            continue
        if len(text) <= 4096 and not _PLACEHOLDER.fullmatch(text) and not _masked(text):
            yield Hit(index, "SECRET", Span(0, len(text)), 0.9, "secrets.name")


def _telling(path: tuple[str | int, ...], text: str) -> str | None:
    """Return the name that declares a value: its own, or one above it in lists and objects."""
    names = [step for step in path[1:] if isinstance(step, str)]
    if len(path) > 2 and path[-2:] == tuple(names[-2:]):
        many = names[-2]
        if _SECRET_NAMES.search(words(many)) and _random(text):
            return many
    for name in reversed(names):
        said = words(name)
        if _SECRET_NAME.search(said) or _SECRET_NAMES.search(said):
            return name
        if not _OF_IT.fullmatch(said):
            return None
    return None


def _random(text: str) -> bool:
    """Whether a text looks like a secret: one word with letters and digits."""
    return re.fullmatch(r"(?=.*[A-Za-z])(?=.*\d)\S{8,}", text) is not None


def _masked(text: str) -> bool:
    """Whether all but the end has been masked already."""
    return re.fullmatch(r"[*•]+.{0,4}", text) is not None


# --- by shape -----------------------------------------------------------------------------------


def _pattern(pattern: str) -> _Find:
    compiled = re.compile(pattern)

    def find(text: str) -> Iterator[tuple[int, int]]:
        for match in compiled.finditer(text):
            yield match.span(1 if compiled.groups else 0)

    return find


def _basic(text: str) -> Iterator[tuple[int, int]]:
    """Find HTTP Basic credentials: base64 of `user:password`. Source: RFC 7617 section 2."""
    for match in re.finditer(r"\b[Bb]asic\s{1,4}([A-Za-z0-9+/]{8,512}={0,2})", text):
        try:
            pair = base64.b64decode(match[1], validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if ":" in pair and pair.isprintable():
            yield match.span(1)


_KEY_CHARS: Final = 20_000
"""Longest private key looked for, characters; a 16,384-bit RSA key has 12,700."""


def _pem(text: str) -> Iterator[tuple[int, int]]:
    """Find private keys in PEM or armour, also without their end. Source: RFC 7468 section 10."""
    end = 0
    for match in re.finditer(
        r"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----", text
    ):
        if match.start() < end:
            continue
        close = text.find("PRIVATE KEY", match.end(), match.end() + _KEY_CHARS)
        line = text.find("-----", close) if close >= 0 else -1
        end = line + 5 if line >= 0 else min(len(text), match.end() + _KEY_CHARS)
        yield match.start(), end


def _assigned(text: str) -> Iterator[tuple[int, int]]:
    """Find `password: …`, `API_KEY=…` and the like in prose, logs and configuration."""
    for match in _ASSIGNMENT.finditer(text):
        value = match["value"].rstrip(".,;:)]}")
        telling = re.search(r"[\d_\-+/=@#$%^&*!]", value) or re.search(r"[a-z][A-Z]", value)
        if len(value) >= 6 and telling and not _PLACEHOLDER.fullmatch(value) and not _masked(value):
            yield match.start("value"), match.start("value") + len(value)


_ASSIGNMENT: Final = re.compile(
    r"(?i)(?<![a-z])(?:password|passwd|pwd|passphrase|api[_\- ]?key"
    r"|(?:client|app|shared)[_\-]secret"
    r"|(?:access|auth|refresh|bearer|api|secret|session)[_\- ]?(?:token|key))"
    r"[\"']?\s{0,3}(?:=>|[:=]|\bis:?\s)\s{0,3}[\"']?(?!https?:)(?P<value>[^\s\0\"'`<>{}\\]{6,256})"
)

_SHAPES: Final[tuple[tuple[str, str, _Find], ...]] = (
    # Source: AWS IAM user guide, "Understanding unique ID prefixes".
    ("aws_key_id", "A", _pattern(r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b")),
    (
        "aws_secret",
        "",
        _pattern(
            r"(?i:aws|secret)(?i:[a-z_\- ]{0,24})[\"']?\s{0,3}[:=]{1,2}\s{0,3}[\"']?"
            r"([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
        ),
    ),
    # Source: GitHub docs, "About authentication to GitHub", token formats.
    ("github", "gh", _pattern(r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b")),
    ("github", "github_pat_", _pattern(r"\bgithub_pat_[A-Za-z0-9_]{22,255}\b")),
    # Source: GitLab docs, "Token overview", token prefixes.
    (
        "gitlab",
        "gl",
        _pattern(r"\bgl(?:pat|ptt|dt|rtr?|cbt|ft|soat|agent|oas|imt|ffct)-[\w\-.]{20,300}"),
    ),
    # Source: Slack API docs, "Token types"; "Sending messages using incoming webhooks".
    ("slack", "xox", _pattern(r"\bxox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9\-]{10,300}")),
    ("slack", "xapp-", _pattern(r"\bxapp-\d-[A-Za-z0-9\-]{10,300}")),
    (
        "slack_hook",
        "hooks.slack.com",
        _pattern(r"hooks\.slack\.com/services/([A-Z0-9]+/[A-Z0-9]+/\w{8,64})"),
    ),
    # Source: Stripe docs, "API keys"; "Webhooks", signing secrets.
    ("stripe", "k_", _pattern(r"\b[rs]k_(?:live|test)_[A-Za-z0-9]{10,250}\b")),
    ("stripe", "whsec_", _pattern(r"\bwhsec_[A-Za-z0-9+/=]{16,128}")),
    # Source: OpenAI and Anthropic API references, authentication (`sk-`, `sk-proj-`, `sk-ant-`).
    ("model_provider", "sk-", _pattern(r"\bsk-(?=[\w\-]{0,60}\d)[A-Za-z0-9_\-]{20,300}")),
    # Source: Google Cloud docs, "Manage API keys"; "OAuth 2.0", client secrets and access tokens.
    ("google", "AIza", _pattern(r"\bAIza[0-9A-Za-z_\-]{35}(?![0-9A-Za-z_\-])")),
    ("google", "GOCSPX-", _pattern(r"\bGOCSPX-[0-9A-Za-z_\-]{20,64}")),
    ("google", "ya29.", _pattern(r"\bya29\.[0-9A-Za-z_\-.]{20,2048}")),
    # Source: RFC 7519 section 3, RFC 7515 section 7.1: `{"` in base64url is `eyJ`.
    ("jwt", "eyJ", _pattern(r"(?<![\w\-])eyJ[\w\-]{8,4096}\.eyJ[\w\-]{8,8192}\.[\w\-]{0,4096}")),
    ("private_key", "PRIVATE KEY", _pem),
    # Source: RFC 3986 section 3.2.1, user information.
    (
        "url_password",
        "://",
        _pattern(
            r"\b[a-z][a-z0-9+.\-]{1,20}://[^\s\0/:@\"'<>]{0,128}:([^\s\0/@\"'<>]{1,256})@[\w\[]"
        ),
    ),
    ("basic", "asic", _basic),
    # Source: RFC 6750 section 2.1.
    (
        "bearer",
        "earer",
        _pattern(r"\b[Bb]earer\s{1,4}(?=[\w.~+/\-]{0,60}\d)([\w.~+/\-]{16,4096}={0,2})"),
    ),
    ("assigned", "", _assigned),
)
"""Name, a text that must be there, and the search. Every repetition is bounded."""
