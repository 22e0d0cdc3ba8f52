"""Host: what an application around the gate knows by itself, and its tools.

The facts are what a host reads off a call without knowing the attacker: how many addresses it
carries, how many of them are of another organisation, whether the payee was paid before. They
reach the policy as `context`. The alarm is what a host reads off the gate's own answers: once a
result was quarantined, the rest of the conversation counts as anomalous.
"""

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from benchmarks.replay.suite import Known


class Host(NamedTuple):
    """What an application does besides passing calls to the gate."""

    counts: bool
    """Whether it tells the policy its facts."""
    alarms: bool
    """Whether it tells the policy that an earlier result was quarantined."""


FULL: Final = Host(counts=True, alarms=True)
COUNTING: Final = Host(counts=True, alarms=False)
SILENT: Final = Host(counts=False, alarms=False)

ADDRESS: Final = re.compile(r"[^\s@<>,;\"']+@([^\s@<>,;\"']+)")
"""A mail address; its domain."""

LINK: Final = re.compile(
    r"[a-z][a-z0-9+.-]*://\S"  # any scheme
    r"|\b(?:[a-z0-9-]+\.)+[a-z]{2,24}\b"  # a host name
    r"|\b\d{1,3}(?:\.\d{1,3}){3}\b",  # an IPv4 address
    re.IGNORECASE,
)
"""Anything that a chat program would make clickable."""


def facts(args: dict[str, Any], known: Known) -> dict[str, int]:
    """Count what a call's arguments hold: `links`, `outsiders` and `new_payees`."""
    texts = [unicodedata.normalize("NFKC", text) for text in _texts(args)]
    hosts = [host.rstrip(".").lower() for text in texts for host in ADDRESS.findall(text)]
    payee = args.get("recipient")
    return {
        "links": sum(len(LINK.findall(text)) for text in texts),
        "outsiders": sum(host != known.domain.lower() for host in hosts),
        "new_payees": int(payee is not None and payee not in known.payees),
    }


def text_of(value: Any) -> str:  # noqa: ANN401 - JSON
    """Write a result as a tool gives it to a model: text as it is, everything else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def words(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return all texts and numbers of a value in one line, to look for words in."""
    return " ".join(_texts(value))


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    match value:
        case str():
            yield value
        case dict():
            for key, item in value.items():
                yield from _texts(key)
                yield from _texts(item)
        case list() | tuple():
            for item in value:
                yield from _texts(item)
        case None | bool():
            return
        case float() if value.is_integer():
            yield str(int(value))  # JSON has one number type
        case _:
            yield str(value)
