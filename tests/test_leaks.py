"""Leaks: each disguise of a secret is seen, so that finding none means something."""

import base64
import gzip
import json
import random
import sqlite3
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import ormsgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.leaks import haystack_contains, sqlite_blob, stream_contains

SECRET = "536-22-8726 Ärger\n"
NUMBER = "536-22-8726"


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def record(secret: str) -> bytes:
    return json.dumps({"id": 7, "note": f"the number is {secret}, keep it"}).encode()


DISGUISES: dict[str, Callable[[str], bytes]] = {
    "plain": lambda secret: secret.encode(),
    "json": lambda secret: json.dumps({"a": secret}).encode(),
    "json, every character escaped": lambda s: "".join(f"\\u{ord(c):04X}" for c in s).encode(),
    "json in json": lambda secret: json.dumps(json.dumps({"a": secret})).encode(),
    "json in json in json": lambda s: json.dumps(json.dumps(json.dumps([s]))).encode(),
    "repr of bytes": lambda secret: repr(secret.encode()).encode(),
    "base64": lambda secret: base64.b64encode(secret.encode()),
    "base64, one byte before": lambda secret: base64.b64encode(b"x" + secret.encode() + b"yz"),
    "base64, two bytes before": lambda secret: base64.b64encode(b"xy" + secret.encode() + b"z"),
    "base64 for addresses": lambda s: base64.urlsafe_b64encode(b"\xff\xfe\xfb" + s.encode()),
    "base64 in lines": lambda s: base64.encodebytes(b"\xff" * 70 + s.encode() + b"\xfe" * 70),
    "base64 twice": lambda secret: base64.b64encode(base64.b64encode(record(secret))),
    "utf-16-le": lambda secret: secret.encode("utf-16-le"),
    "utf-16-be": lambda secret: b"\0" + secret.encode("utf-16-be"),
    "utf-32": lambda secret: secret.encode("utf-32"),
    "hex": lambda secret: secret.encode().hex().encode(),
    "hex in capitals": lambda secret: secret.encode().hex().upper().encode(),
    "hex with colons": lambda secret: secret.encode().hex(":").encode(),
    "percent": lambda secret: quote(secret, safe="").encode(),
    "percent, every byte": lambda s: "".join(f"%{byte:02x}" for byte in s.encode()).encode(),
    "html": lambda secret: "".join(f"&#{ord(char)};" for char in secret).encode(),
    "zlib": lambda secret: b"head" + zlib.compress(record(secret)) + b"tail",
    "zlib, best": lambda secret: b"head" + zlib.compress(record(secret), 9),
    "zlib, stored": lambda secret: zlib.compress(record(secret), 0),
    "zlib, cut": lambda s: zlib.compress(record(s) + random.Random(1).randbytes(900))[:400],
    "zlib, small window": lambda s: (
        (p := zlib.compressobj(wbits=9)).compress(record(s)) + p.flush()
    ),
    "gzip": lambda secret: b"head" + gzip.compress(record(secret)),
    "deflate": lambda secret: b"head" + deflated(record(secret)) + b"tail",
    "base64 of gzip": lambda secret: b'{"x":"' + base64.b64encode(gzip.compress(record(secret))),
    "base64 of zlib in hex": lambda s: base64.b64encode(zlib.compress(record(s))).hex().encode(),
    "msgpack": lambda secret: ormsgpack.packb({"a": [secret, 1]}),
    "zlib in msgpack": lambda secret: ormsgpack.packb({"a": zlib.compress(record(secret))}),
    "sharded by one": lambda secret: f"{secret[:5]}\u00b7{secret[5:]}".encode(),
    "sharded by three": lambda secret: f"{secret[:7]}-=-{secret[7:]}".encode(),
}


@pytest.mark.parametrize("secret", [SECRET, NUMBER, "Maria Müller-Lüdenscheidt"])
@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguise_is_seen(disguise: str, secret: str) -> None:
    """A leak in this dress is found, with other bytes around it."""
    assert haystack_contains(b"before " + DISGUISES[disguise](secret) + b" after", secret)


@pytest.mark.parametrize("disguise", DISGUISES)
def test_another_secret_is_not_taken_for_it(disguise: str) -> None:
    """The same dress around a secret that differs in one digit is clean."""
    assert haystack_contains(DISGUISES[disguise]("536-22-8727 Ärger\n"), NUMBER) == []


@given(st.binary(max_size=600))
def test_noise_is_clean(blob: bytes) -> None:
    """Bytes without the secret are clean, and none makes the search fail."""
    assert haystack_contains(blob, NUMBER) == []


def test_a_large_log_is_clean() -> None:
    """A quarter of a megabyte of numbers, words and packed data gives no alarm."""
    draw = random.Random(3)
    lines = [
        f"{draw.random()} {draw.getrandbits(200):x} {draw.randint(0, 10**9)}" for _ in range(3000)
    ]
    packed = [zlib.compress("\n".join(lines[at : at + 50]).encode()) for at in range(0, 1000, 50)]
    blob = "\n".join(lines).encode() + b"\n".join(packed) + base64.b64encode(packed[0])

    assert haystack_contains(blob, NUMBER) == []
    assert haystack_contains(blob + zlib.compress(record(NUMBER)), NUMBER)


@pytest.mark.parametrize(
    "chunks",
    [
        ["a 536-22", "-8726 b"],
        [b"a 536-", b"22-8726"],
        ['{"delta": "number 536-2"}', '{"delta": "2-8726."}'],
        ['data: {"c": [{"t": "536"}]}\n\n', 'data: {"c": [{"t": "-22-8726"}]}\n\n'],
        ["x", "536-22-8726", "y"],
        [base64.b64encode(record(NUMBER))[:31], base64.b64encode(record(NUMBER))[31:]],
    ],
)
def test_a_secret_over_two_chunks_is_seen(chunks: list[bytes | str]) -> None:
    """Cutting a secret between two chunks, framed or not, does not hide it."""
    assert stream_contains(chunks, NUMBER)


def test_a_clean_stream_is_clean() -> None:
    """Chunks that hold other numbers are clean."""
    assert stream_contains(['{"delta": "536-22"}', '{"delta": "8726-"}', b"\xff536"], NUMBER) == []


@pytest.mark.parametrize(
    "value", [NUMBER, "x" * 9000 + NUMBER, record(NUMBER), zlib.compress(record(NUMBER))]
)
def test_a_leaky_database_is_caught(tmp_path: Path, value: str | bytes) -> None:
    """A secret in any column is seen, also over pages and only in the write-ahead log."""
    path = tmp_path / "leaky db.sqlite"
    database = sqlite3.connect(path, isolation_level=None)
    database.execute("PRAGMA journal_mode=WAL")
    database.execute('CREATE TABLE "odd ""name" (a, b)')
    clean = sqlite_blob(path)
    database.execute('INSERT INTO "odd ""name" VALUES (1, ?)', (value,))
    leaky = sqlite_blob(path)
    database.close()

    assert haystack_contains(clean, NUMBER) == []
    assert haystack_contains(leaky, NUMBER)


def test_a_deleted_row_is_still_seen(tmp_path: Path) -> None:
    """What was deleted but still lies in a free page is a leak too."""
    path = tmp_path / "deleted.sqlite"
    with sqlite3.connect(path, isolation_level=None) as database:
        database.execute("PRAGMA secure_delete=OFF")
        database.execute("CREATE TABLE t (a)")
        database.execute("INSERT INTO t VALUES (?)", ("y" * 500 + NUMBER,))
        database.execute("DELETE FROM t")
    database.close()

    assert haystack_contains(sqlite_blob(path), NUMBER)
