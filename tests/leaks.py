"""Search: a secret in bytes that ought not to hold it, in whatever dress it left.

`haystack_contains` names every disguise in which the secret stands in a blob; a clean blob gives
an empty list. `stream_contains` does so over the pieces of a stream, and `sqlite_blob` reads a
database as one blob. Secrets of at least eight characters; shorter ones are found by chance.
"""

import base64
import binascii
import html
import json
import re
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, unquote_to_bytes

DEPTH = 3
"""How many wrappings (base64 of zlib of …) are opened."""
INFLATED = 4_000_000
"""Bytes taken out of one compressed segment."""
RAW_DEFLATE = 65_536
"""Blobs up to so many bytes are tried for headerless deflate at every offset, longer ones at 0."""


def haystack_contains(blob: bytes, secret: str) -> list[str]:
    """Return the disguises of `secret` in `blob`, outermost wrapping first: `base64>zlib>plain`."""
    return sorted(set(_search(blob, secret, DEPTH, "")))


def stream_contains(chunks: Iterable[bytes | str], secret: str) -> list[str]:
    """Return the disguises of `secret` in a stream: in a chunk, over chunks, over their texts."""
    pieces = [chunk.encode() if isinstance(chunk, str) else chunk for chunk in chunks]
    texts = "".join(text for piece in pieces for text in _texts(piece))
    found = [name for piece in pieces for name in haystack_contains(piece, secret)]
    found += [f"joined>{name}" for name in haystack_contains(b"".join(pieces), secret)]
    found += [f"texts>{name}" for name in haystack_contains(texts.encode(), secret)]
    return sorted(set(found))


def sqlite_blob(path: Path) -> bytes:
    """Read every value of every table, and the file's, write-ahead log's and journal's bytes."""
    parts: list[bytes] = []
    with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
        database.text_factory = bytes
        names = [row[0] for row in database.execute("SELECT name FROM sqlite_master")]
        tables = {
            row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type='table'")
        }
        for name in [b"sqlite_master", *(n for n in names if n in tables)]:
            table = name.decode().replace('"', '""')
            for row in database.execute(f'SELECT * FROM "{table}"'):
                parts += [
                    value if isinstance(value, bytes) else str(value).encode() for value in row
                ]
    beside = [path, *(path.with_name(path.name + end) for end in ("-wal", "-shm", "-journal"))]
    return b"\n".join(parts + [file.read_bytes() for file in beside if file.exists()])


# --- one blob -----------------------------------------------------------------------------------


def _search(blob: bytes, secret: str, depth: int, wrapped: str) -> Iterator[str]:
    yield from (wrapped + name for name in _as_it_is(blob, secret))
    if _sharded(secret).search(blob):
        yield wrapped + "sharded"
    for name, opened in _unescaped(blob):
        if opened != blob and secret.encode() in opened:
            yield wrapped + name
    if depth:
        for name, opened in _opened(blob, raw=not wrapped):
            if name == "deflate":  # mostly noise, so it is not opened any further
                yield from (f"{wrapped}{name}>{found}" for found in _as_it_is(opened, secret))
            else:
                yield from _search(opened, secret, depth - 1, f"{wrapped}{name}>")


def _as_it_is(blob: bytes, secret: str) -> Iterator[str]:
    """Yield the encodings in which the secret can be looked up directly."""
    for name, needles in _needles(secret).items():
        if any(needle in blob for needle in needles):
            yield name
    folded = blob.lower()
    if secret.encode().hex().encode() in folded:
        yield "hex"
    if secret.encode().hex(" ").encode() in re.sub(rb"[:\-\s]+|\\x|0x|, ?", b" ", folded):
        yield "hex pairs"


@lru_cache(maxsize=64)
def _needles(secret: str) -> Mapping[str, frozenset[bytes]]:
    plain = secret.encode()
    escaped = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    return {
        "plain": frozenset({plain}),
        "json": frozenset(text.encode() for text in escaped) - {plain},
        "utf-16-le": frozenset({secret.encode("utf-16-le")}),
        "utf-16-be": frozenset({secret.encode("utf-16-be")}),
        "utf-32": frozenset({secret.encode("utf-32-le"), secret.encode("utf-32-be")}),
    }


@lru_cache(maxsize=64)
def _sharded(secret: str) -> re.Pattern[bytes]:
    """Match the secret with one to three foreign bytes between two halves of four or more."""
    plain = secret.encode()
    cuts = range(4, len(plain) - 3)
    halves = (re.escape(plain[:at]) + rb"[\s\S]{1,3}" + re.escape(plain[at:]) for at in cuts)
    return re.compile(b"|".join(halves) or rb"(?!)")


def _unescaped(blob: bytes) -> Iterator[tuple[str, bytes]]:
    opened = blob
    for level in range(1, 4):  # JSON in JSON in JSON
        opened = _json_unescaped(opened)
        yield ("json" if level == 1 else f"json x{level}"), opened
    yield "bytes", re.sub(rb"\\x([0-9a-fA-F]{2})|\\n", _byte, blob)
    yield "percent", unquote_to_bytes(blob)
    yield "percent", unquote_to_bytes(blob.replace(b"+", b" "))
    yield "html", html.unescape(blob.decode("utf-8", "surrogateescape")).encode(errors="replace")
    yield "quoted-printable", binascii.a2b_qp(blob)


_ESCAPE = re.compile(rb'\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([\\/"bfnrt]))')
_SHORT = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t"}


def _byte(match: re.Match[bytes]) -> bytes:
    return bytes.fromhex(match[1].decode()) if match[1] else b"\n"


def _json_unescaped(blob: bytes) -> bytes:
    def char(match: re.Match[bytes]) -> bytes:
        if match[1] or match[2]:
            return chr(int(match[1] or match[2], 16)).encode("utf-16-le", "surrogatepass")
        return _SHORT.get(match[3], match[3]).decode().encode("utf-16-le")

    def one(match: re.Match[bytes]) -> bytes:
        units = b"".join(char(escape) for escape in _ESCAPE.finditer(match[0]))
        return units.decode("utf-16-le", "replace").encode()

    return re.sub(rb"(?:" + _ESCAPE.pattern + rb")+", one, blob)


# --- wrappings ----------------------------------------------------------------------------------

_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-]{11,}={0,2}")
_APART = b"\0" * 8
_HEX = re.compile(rb"(?:[0-9a-fA-F]{2}){12,}")
_ZLIB = re.compile(
    rb"\x78[\x01\x5e\x9c\xda]|\x1f\x8b\x08|[\x08-\x68][\x1d\x3c\x5b\x7a\x99\xb8\xd7\xf6]"
)


def _opened(blob: bytes, raw: bool) -> Iterator[tuple[str, bytes]]:
    """Yield everything that can be decoded or inflated out of a blob.

    What is decoded is small and much, so it is searched as one blob, kept apart by `_APART`.
    """
    folded = re.sub(rb"\s+", b"", blob)
    runs = _BASE64.findall(blob)
    if folded != blob:  # wrapped at 76 characters
        runs += [run for run in _BASE64.findall(folded) if len(run) > 64]
    if runs:
        yield "base64", _APART.join(opened for run in runs for opened in _base64(run))
    if runs := _HEX.findall(blob):
        yield "hex", _APART.join(bytes.fromhex(run.decode()) for run in runs)
    view = memoryview(blob)
    for match in _ZLIB.finditer(blob):
        if opened := _inflated(view[match.start() :], zlib.MAX_WBITS | 32):
            yield "zlib", opened
    if raw:
        for at in range(len(blob) if len(blob) <= RAW_DEFLATE else 1):
            if opened := _inflated(view[at:], -zlib.MAX_WBITS):
                yield "deflate", opened


def _base64(text: bytes) -> Iterator[bytes]:
    """Decode a run of base64 characters from each of its four alignments."""
    plain = text.rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    for start in range(4):
        run = plain[start : len(plain) - ((len(plain) - start) % 4 == 1)]
        yield base64.b64decode(run + b"=" * (-len(run) % 4))


def _inflated(data: memoryview, window: int) -> bytes:
    """Inflate as far as the data goes; a cut or damaged end keeps what came before."""
    inflater = zlib.decompressobj(window)
    out = bytearray()
    for at in range(0, len(data), 4096):
        try:
            out += inflater.decompress(data[at : at + 4096], INFLATED - len(out))
        except zlib.error:
            break
        if inflater.eof or len(out) >= INFLATED:
            break
    return bytes(out)


def _texts(piece: bytes) -> Iterator[str]:
    """Yield the texts of a chunk that is JSON, or of each of its `data:` lines; else the chunk."""
    try:
        lines = piece.decode().splitlines()
        values = [json.loads(line.removeprefix("data:")) for line in lines if line.strip()]
    except ValueError:
        yield piece.decode(errors="replace")
        return
    for value in values:
        yield from _leaves(value)


def _leaves(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for item in cast("dict[str, Any]", value).values():
                yield from _leaves(item)
        case list():
            for item in cast("list[Any]", value):
                yield from _leaves(item)
        case _:
            return
