"""Make up: texts as tools return them, of any size, the same for the same seed."""

import base64
import json
import random
from collections.abc import Callable, Iterator
from typing import Final, TypeAlias

Maker: TypeAlias = Callable[[random.Random], str]

_SAID: Final = (
    "the order was shipped to a customer who asked for it again because nothing had arrived by "
    "then and our agent looked at their account found two parcels with one address wrote back "
    "within an hour offered to send another one or return what they paid as soon as possible "
    "while this case stays open"
)
_WORDS: Final = _SAID.split()
_NAMES: Final = ("ana", "bo", "cy", "dee", "eli", "fay", "gus", "hal", "ivy", "jo")
_ENDS: Final = ("com", "org", "co.uk")
_LEVELS: Final = ("DEBUG", "INFO", "WARN", "ERROR")


def _sentence(draw: random.Random) -> str:
    words = " ".join(draw.choices(_WORDS, k=draw.randint(6, 18)))
    return words.capitalize() + draw.choice(
        (".", ".", ".", "?", " \u2013 so we heard.", ", 3 times.")
    )


def _digits(draw: random.Random, shape: str) -> str:
    """Write a digit for each `#` of a shape."""
    return "".join(str(draw.randrange(10)) if char == "#" else char for char in shape)


def _person(draw: random.Random) -> dict[str, object]:
    name = f"{draw.choice(_NAMES)}.{draw.choice(_NAMES)}{draw.randrange(100)}"
    return {
        "id": draw.randrange(10**6),
        "uuid": _digits(draw, "#a#b####-c###-4###-a###-##f#########"),
        "name": name.replace(".", " ").title(),
        "email": f"{name}@{draw.choice(_WORDS)}{draw.randrange(9)}.{draw.choice(_ENDS)}",
        "phone": _digits(
            draw, draw.choice(("212-555-01##", "(4##) 5##-####", "+1-3##-8##-####x##"))
        ),
        "ssn": _digits(draw, "5##-2#-####"),
        "card": _digits(draw, "4###############"),
        "iban": _digits(draw, "DE####################"),
        "ip": ".".join(str(draw.randrange(256)) for _ in range(4)),
        "url": f"https://{draw.choice(_WORDS)}.com/{draw.choice(_WORDS)}/{draw.randrange(999)}",
        "born": _digits(draw, "19##-0#-1#"),
        "notes": " ".join(_sentence(draw) for _ in range(3)),
    }


def _dense(draw: random.Random) -> str:
    return json.dumps(_person(draw), indent=1) + ","


def _prose(draw: random.Random) -> str:
    said = " ".join(_sentence(draw) for _ in range(draw.randint(3, 7)))
    person = _person(draw)
    told = f" Write to {person['email']} or call {person['phone']}." if draw.random() < 0.2 else ""
    return f"{said}{told}\n"


def _json(draw: random.Random) -> str:
    row: dict[str, object] = {
        "sku": _digits(draw, "AB-####"),
        "amount": round(draw.random() * 1e4, 2),
        "paid": draw.random() < 0.5,
        "tags": draw.choices(_WORDS, k=3),
        "at": _digits(draw, "2026-1#-0#T1#:2#:3#Z"),
        "size": [draw.randrange(400) for _ in range(3)],
        "title": _sentence(draw),
    }  # fmt: skip
    return (
        json.dumps(row | ({"email": _person(draw)["email"]} if draw.random() < 0.1 else {})) + ","
    )


def _base64(draw: random.Random) -> str:
    return base64.b64encode(draw.randbytes(57)).decode()


def _logs(draw: random.Random) -> str:
    at = _digits(draw, "2026-11-1#T1#:2#:3#.###Z")
    if draw.random() < 0.7:
        took = f"took {draw.randrange(3000)} ms status=200 bytes={draw.randrange(10**5)}"
        what = f"request {draw.randbytes(6).hex()} {took}"
    else:
        client = f"10.{draw.randrange(256)}.0.{draw.randrange(256)}"
        what = f"client={client} path=/{draw.choice(_WORDS)} {_sentence(draw)}"
    return f"{at} {draw.choice(_LEVELS)} [worker-{draw.randrange(9)}] {what}"


KINDS: Final[dict[str, Maker]] = {
    "prose": _prose, "dense": _dense, "json": _json, "base64": _base64, "logs": _logs,
}  # fmt: skip


def text(kind: str, chars: int, seed: int = 8) -> str:
    """Return a text of a kind, of exactly so many characters."""
    draw = random.Random(f"{kind} {seed}")  # noqa: S311 - texts, not keys
    joiner = "" if kind == "base64" else "\n"
    lines: list[str] = []
    size = 0
    while size < chars:
        lines.append(KINDS[kind](draw))
        size += len(lines[-1]) + len(joiner)
    return joiner.join(lines)[:chars]


TOKENS: Final = (
    "536-22-8726", "536 22 8726", "078-05-1120", "4012888888881881", "4111 1111 1111 1111",
    "DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "212-555-5555", "555-5555", "+1 ",
    "+44 20 7946 0958", "(212) 555-5555", " x123", " ext. 55", "0049", "00", "001 ",
    "020 7946 0958",
    "2026-11-21 03:30", "12/12/2026", "10.0.0.1", "fe80::1%eth0", "::1", "a@b.com", "x.y@z.co.uk",
    "http://a.com/x?y=1", '"b.org"', "'c.io/path'", "00:1A:2B:3C:4D:5E", "943 476 5919", "A1234567",
    "AB1234567", "1BoatSLRHtKNngkdXEeobR76b53LETtpyT", "123456789", "12345678901", "180020", "90",
    "55 11 91234-5678", "972-50-123-4567", "rx no. ", "claim number: ", "prior auth id ",
    "referral ",
    "billing provider tin ", "ABCDE1234F", "HRB ", "B-XY 12", "082 123 4567", "/ ", "/", " x", "(",
    "[",
    "#", "~", "- ", "--", " ", "\n", ", ", "0", "DE",
)  # fmt: skip
ALPHABET: Final = (
    "0123456789" * 6 + "abcdefABCDEFxXtT" + " " * 6 + "-./:+()#@,;\"'=_%$\n\t[]~"
    "\u00e9\u00df\u0663\uff15\u3000\u2013\u2010\u00b1\u20ac\U0001f600\u017f\u212a\ud800"
)


def fuzzed(texts: int, seed: int) -> Iterator[str]:
    """Yield short texts: characters at random, ordinary text changed in places, tokens in a row."""
    draw = random.Random(seed)  # noqa: S311
    ordinary = "".join(text(kind, 40_000, seed) for kind in KINDS)
    for _ in range(texts):
        yield draw.choice((_random, _changed, _tokens))(draw, ordinary)


def _random(draw: random.Random, _ordinary: str) -> str:
    return "".join(draw.choices(ALPHABET, k=draw.randint(5, 200)))


def _changed(draw: random.Random, ordinary: str) -> str:
    start = draw.randrange(len(ordinary) - 600)
    chars = list(ordinary[start : start + draw.randint(20, 600)])
    for _ in range(draw.randint(0, 12)):
        at = draw.randrange(len(chars))
        chars[at : at + draw.randrange(2)] = draw.choice(ALPHABET) if draw.random() < 0.7 else ""
        chars = chars or ["0"]
    return "".join(chars)


def _tokens(draw: random.Random, _ordinary: str) -> str:
    glue = ("", " ", "", ", ", "\n", "-")
    count = draw.randint(1, 14)
    return "".join(draw.choice(TOKENS) + draw.choice(glue) for _ in range(count))
