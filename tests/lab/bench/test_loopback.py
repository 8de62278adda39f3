"""The loopback server of the benchmark speaks what the client reads."""

from __future__ import annotations

import json
import urllib.request

import pytest

from lab.bench.loopback import loopback_server, request_end


@pytest.mark.parametrize(
    ("data", "end"),
    [
        (b"", None),
        (b"POST / HTTP/1.1\r\nContent-Length: 2\r\n", None),
        (b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{", None),
        (b"POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", 40),
        (b"POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}POST /", 40),
        (b"GET / HTTP/1.1\r\n\r\n", 18),
    ],
)
def test_a_request_ends_where_its_body_does(data: bytes, end: int | None) -> None:
    assert request_end(data) == end


def test_it_answers_with_a_chat_completion() -> None:
    with loopback_server(0.0) as port:
        address = f"http://127.0.0.1:{port}/v1/chat/completions"
        with urllib.request.urlopen(address, data=b"{}", timeout=10) as response:
            said = json.load(response)
    assert json.loads(said["choices"][0]["message"]["content"]) == {"answer": "left"}
