"""Guard: names as written, addresses as resolved, nothing else."""

import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interlock.tools.network import ConnectionForbidden, Guard

NAMES = st.from_regex(r"[a-z]{1,5}(\.[a-z]{1,5}){0,2}", fullmatch=True)
INTERNET = socket.socket()
LOCAL = socket.socket(socket.AF_UNIX)


def refused(guard: Guard, event: str, *args: Any) -> bool:
    """Tell whether a guard refuses an audit event."""
    try:
        guard.check(event, args)
    except ConnectionForbidden:
        return True
    return False


class TestLaws:
    @given(st.lists(NAMES, max_size=4), NAMES)
    def test_a_name_counts_as_written(self, hosts: list[str], name: str) -> None:
        """A name may be asked for and reached exactly when it is on the list, in any case."""
        guard = Guard(hosts)
        for written in (name, name.upper(), name.encode()):
            assert refused(guard, "socket.getaddrinfo", written, 443, 0, 0, 0) == (
                name not in hosts
            )
            assert refused(guard, "socket.connect", INTERNET, (name, 443)) == (name not in hosts)

    @given(NAMES, NAMES)
    def test_no_name_stands_for_another(self, host: str, more: str) -> None:
        """A name on the list allows neither the names under it nor those it is part of."""
        guard = Guard([host])
        assert refused(guard, "socket.connect", INTERNET, (f"{more}.{host}", 443))
        assert refused(guard, "socket.connect", INTERNET, (f"{host}.{more}", 443))

    @given(st.ip_addresses())
    def test_an_address_counts_when_a_name_led_to_it(self, address: Any) -> None:
        """An address is reached after a listed name resolved to it, and not before."""
        guard, to = Guard(["api.example.org"]), (str(address), 443)
        assert refused(guard, "socket.connect", INTERNET, to)
        guard.learn("other.example.org", [str(address)])
        assert refused(guard, "socket.sendto", INTERNET, to)
        guard.learn("API.example.org", [str(address)])
        assert not refused(guard, "socket.connect", INTERNET, to)
        assert guard.refused == [str(address)] * 2


class TestExamples:
    @pytest.mark.parametrize(
        ("event", "args"),
        [
            ("socket.connect", (LOCAL, "/run/docker.sock")),
            ("socket.connect", (INTERNET, ("127.0.0.1", 80))),
            ("socket.sendmsg", (INTERNET, ("127.0.0.1", 53))),
            ("socket.gethostbyname", ("secret.attacker.example",)),
            ("socket.gethostbyaddr", ("192.0.2.1",)),
            ("socket.getnameinfo", (("192.0.2.1", 80), 0)),
            ("socket.bind", (INTERNET, ("0.0.0.0", 8080))),
            ("socket.bind", (INTERNET, ("0.0.0.0", 0))),
            ("subprocess.Popen", ("curl", [], None, None)),
            ("os.system", (b"curl",)),
            ("os.posix_spawn", ("curl", [], {})),
            ("os.exec", ("curl", [], {})),
            ("os.fork", ()),
            ("os.fork_exec", ()),
            ("import", ("_posixsubprocess", "file", [], [], [])),
            ("cpython.PyInterpreterState_New", ()),
        ],
        ids=str,
    )
    def test_refused(self, event: str, args: tuple[Any, ...]) -> None:
        """Other kinds of sockets, listening, lookups and programs are ways out as well."""
        guard = Guard(["api.example.org"])
        assert refused(guard, event, *args)
        assert len(guard.refused) == 1

    @pytest.mark.parametrize(
        ("event", "args"),
        [
            ("socket.sendto", (INTERNET, None)),
            ("socket.getaddrinfo", (None, 80, 0, 0, 0)),
            ("socket.bind", (INTERNET, ("::1", 0))),
            ("open", ("file", "r", 0)),
            ("import", ("json", "file", [], [], [])),
        ],
        ids=str,
    )
    def test_let_by(self, event: str, args: tuple[Any, ...]) -> None:
        """What leads nowhere new is no breach."""
        guard = Guard(["api.example.org"])
        assert not refused(guard, event, *args)
        assert guard.refused == []

    def test_a_link_s_zone_is_no_part_of_an_address(self) -> None:
        """An address is the same with the zone of its link and without."""
        guard = Guard(["printer"])
        guard.learn("printer", ["fe80::1%eth0"])
        assert not refused(guard, "socket.connect", INTERNET, ("fe80::1", 80, 0, 2))
