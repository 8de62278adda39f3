"""The site behind a real HTTP server on loopback, and the client side of a connection to it."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from email.message import Message
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from threading import Lock, Thread
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from lab.core.errors import RunFailed
from scenarios.webdefense.site.handler import handle
from scenarios.webdefense.site.http import Method, Request, Response
from scenarios.webdefense.site.state import SiteState

LOOPBACK = "127.0.0.1"
TICK = "X-Tick"
"""Request header with the simulated time: it stands in for the wall clock, which the site never reads."""

MAX_BODY_BYTES = 64 * 1024
TIMEOUT_S = 30.0


class Server:
    """`handle` on a real HTTP/1.1 server, on a free port of loopback, in a thread of its own.

    A context manager: leaving it closes every connection and the port, and ends every thread.
    """

    def __init__(self, state: SiteState) -> None:
        self._state = state
        self._connections: list[Connection] = []

    def __enter__(self) -> Server:
        self._http = _Http(self._state)
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if sys.is_finalizing():  # the program is ending: its threads are gone, and none would answer
            return
        for connection in self._connections:
            connection.close()
        self._http.shutdown()
        self._http.hang_up()
        self._http.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._http.server_address[1])

    def connect(self) -> Connection:
        """A new connection; the server closes it at the end."""
        connection = Connection(self._http)
        self._connections.append(connection)
        return connection


class Connection:
    """One keep-alive connection to the server, and to nothing else."""

    def __init__(self, http: _Http) -> None:
        self._http = http
        self._client = HTTPConnection(LOOPBACK, int(http.server_address[1]), timeout=TIMEOUT_S)

    def send(self, request: Request) -> Response:
        """The response to `request`.

        Raises:
            RunFailed: when the server broke off; the handler's own error is its cause.
        """
        headers = {TICK: str(request.tick)}
        if request.session is not None:
            headers["Cookie"] = f"sid={request.session}"
        body = None
        if request.method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(request.form)
        try:
            self._client.request(request.method, request.target, body, headers)
            answer = self._client.getresponse()
            text = answer.read().decode()
        except (HTTPException, OSError) as error:
            cause = self._http.failure or error
            raise RunFailed(
                f"the web server broke off at {request.method} {request.path}: {cause}"
            ) from cause
        return Response(status=answer.status, headers=_site_headers(answer.headers), body=text)

    def close(self) -> None:
        """Hang up."""
        self._client.close()


class _Http(ThreadingMixIn, HTTPServer):
    """The listening socket; `failure` is the first error that the site's own code raised.

    Its threads are daemons, so that an abandoned run never keeps the program alive; `hang_up` ends them.
    """

    def __init__(self, state: SiteState) -> None:
        super().__init__((LOOPBACK, 0), _Exchange)
        self.state = state
        self.failure: BaseException | None = None
        self._open: list[socket.socket] = []
        self._talks: list[Thread] = []
        self._one_at_a_time = Lock()

    def answer(self, request: Request) -> Response:
        with self._one_at_a_time:
            return handle(request, self.state)

    def get_request(self) -> tuple[socket.socket, Any]:
        accepted, address = super().get_request()
        self._open.append(accepted)
        return accepted, address

    def process_request(self, request: Any, client_address: Any) -> None:
        talk = Thread(target=self.process_request_thread, args=(request, client_address), daemon=True)
        self._talks.append(talk)
        talk.start()

    def hang_up(self) -> None:
        """End every conversation that still waits for a request, and its thread."""
        for accepted in self._open:
            with suppress(OSError):  # it may have hung up by itself, even now
                accepted.shutdown(socket.SHUT_RDWR)
        for talk in self._talks:
            talk.join()

    def handle_error(self, request: Any, client_address: Any) -> None:
        self.failure = self.failure or sys.exc_info()[1]


class _Exchange(BaseHTTPRequestHandler):
    """One connection: HTTP in, `handle`, HTTP out."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # header and body leave in one write: two cost a delayed acknowledgment, 47 ms a page
    disable_nagle_algorithm = True
    server: _Http

    def do_GET(self) -> None:
        self._answer("GET", {})

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.send_error(413)
            return
        body = self.rfile.read(int(length)).decode("utf-8", "replace")
        self._answer("POST", dict(parse_qsl(body, keep_blank_values=True)))

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: the site keeps its own log."""

    def _answer(self, method: Method, form: Mapping[str, str]) -> None:
        target = urlsplit(self.path)
        response = self.server.answer(
            Request(
                method=method,
                path=unquote(target.path),
                query=dict(parse_qsl(target.query, keep_blank_values=True)),
                form=form,
                session=_session(self.headers.get("Cookie", "")),
                tick=int(self.headers.get(TICK, "0")),
            )
        )
        body = response.body.encode()
        self.send_response_only(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _session(cookies: str) -> str | None:
    """The session in a Cookie header."""
    pairs = (cookie.strip().partition("=") for cookie in cookies.split(";"))
    return next((value for name, _, value in pairs if name == "sid"), None)


def _site_headers(headers: Message) -> dict[str, str]:
    """What the site itself said, without what the connection needs."""
    return {name: value for name, value in headers.items() if name != "Content-Length"}
