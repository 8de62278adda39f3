"""Tests reach nothing but this machine."""

from __future__ import annotations

import socket

import pytest


def test_a_connection_that_leaves_the_machine_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"reached for 192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80))


def test_a_name_lookup_that_leaves_the_machine_fails_the_test() -> None:
    with pytest.raises(pytest.fail.Exception, match=r"reached for example\.org"):
        socket.getaddrinfo("example.org", 443)


def test_a_connection_that_stays_on_the_machine_is_let_through() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as end,
    ):
        assert end.getpeername() == server.getsockname()
