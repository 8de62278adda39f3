from __future__ import annotations

import socket
import subprocess
import sys
import threading
from http.client import HTTPConnection
from pathlib import Path

import pytest

from lab.core.errors import RunFailed
from scenarios.environment import NoParams
from scenarios.webdefense.defenses.base import Defense
from scenarios.webdefense.site.http import Request
from scenarios.webdefense.site.server import MAX_BODY_BYTES, Server
from scenarios.webdefense.site.state import SessionView, SiteState
from tests.scenarios.webdefense.sites import SITE, defended


def is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_port_is_open_inside_the_block_and_closed_after_it() -> None:
    with Server(defended()) as server:
        assert is_listening(server.port)
    assert not is_listening(server.port)


def test_no_thread_outlives_the_server_even_with_connections_left_open() -> None:
    before = threading.active_count()
    with Server(defended()) as server:
        for _ in range(3):
            assert server.connect().send(Request(path="/")).status == 200
        stranger = HTTPConnection("127.0.0.1", server.port)
        stranger.request("GET", "/")
        assert stranger.getresponse().read()
        assert threading.active_count() > before
    assert threading.active_count() == before
    stranger.close()


def test_the_server_closes_when_the_block_fails() -> None:
    with pytest.raises(ZeroDivisionError), Server(defended()) as server:
        raise ZeroDivisionError
    assert not is_listening(server.port)


def test_a_connection_is_kept_alive_and_an_answer_comes_in_one_piece() -> None:
    with Server(defended()) as server, socket.create_connection(("127.0.0.1", server.port)) as line:
        for _ in range(2):
            line.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            head, _, body = line.recv(65536).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200")
            assert body.endswith(b"</html>")


def test_nothing_on_the_wire_depends_on_the_wall_clock() -> None:
    with Server(defended()) as server:
        client = HTTPConnection("127.0.0.1", server.port)
        client.request("GET", "/")
        names = {name for name, _ in client.getresponse().getheaders()}
        client.close()
    assert names == {"Content-Type", "Set-Cookie", "Content-Length"}


@pytest.mark.parametrize("length", ["many", str(MAX_BODY_BYTES + 1)])
def test_a_form_without_a_sane_length_is_refused(length: str) -> None:
    state = defended()
    with Server(state) as server:
        client = HTTPConnection("127.0.0.1", server.port)
        client.putrequest("POST", "/buy")
        client.putheader("Content-Length", length)
        client.endheaders()
        assert client.getresponse().status == 413
        client.close()
    assert state.sessions == {}


ABANDONED = """
from scenarios.webdefense.site.http import Request
from scenarios.webdefense.site.server import Server
from tests.scenarios.webdefense.sites import defended

def play():
    with Server(defended()) as server:
        yield server.connect().send(Request(path="/")).status

run = play()
assert next(run) == 200
"""


def test_a_run_abandoned_midway_lets_the_program_end() -> None:
    root = Path(__file__).parents[4]
    done = subprocess.run(
        [sys.executable, "-c", ABANDONED], cwd=root, timeout=60, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


class Broken(Defense[NoParams]):
    name = "broken"

    def on_request(self, request: Request, session: SessionView) -> None:
        raise ZeroDivisionError("a bug of the site")


def test_an_error_of_the_site_is_an_error_of_the_run_and_never_a_page() -> None:
    with (
        Server(SiteState(SITE, (Broken(NoParams()),))) as server,
        pytest.raises(RunFailed, match="at GET /: a bug of the site") as failed,
    ):
        server.connect().send(Request(path="/"))
    assert isinstance(failed.value.__cause__, ZeroDivisionError)
