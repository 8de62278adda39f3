"""A model's server is asked whether it answers; its key is named and never shown."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from agents.models.spec import ModelSpec
from lab.cli.diagnosis import Finding
from lab.cli.endpoints import endpoint_findings

KEY = "sk-canary-123"
MODELS = {"data": [{"id": "qwen3-8b"}, {"id": "llama"}]}


@contextmanager
def server(status: int, body: object, *, wants: str | None = None) -> Iterator[str]:
    """A server on loopback that answers every GET so; with `wants` only to those who show that key."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = wants is None or self.headers["Authorization"] == f"Bearer {wants}"
            self.send_response((status if self.path == "/v1/models" else 404) if allowed else 401)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: object) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_port}/v1"
        running.shutdown()


def found(url: str, target: str = "qwen3-8b", key_name: str | None = None) -> list[Finding]:
    return list(endpoint_findings(ModelSpec("main", "openai", target, url, key_name)))


@pytest.mark.parametrize(
    ("status", "body", "target", "words", "ok"),
    [
        (200, MODELS, "qwen3-8b", "answers and has 'qwen3-8b'", True),
        (200, MODELS, "qwen", "answers, but does not list 'qwen' (lists: qwen3-8b, llama)", False),
        (200, ["surprise"], "qwen", "answers; it lists no models", True),
        (404, {}, "qwen", "answers; it lists no models", True),
        (503, {}, "qwen", "answers with an error (503)", False),
        (403, {}, "qwen", "answers, but wants a key (403)", False),
    ],
)
def test_a_server_is_judged_by_its_answer(
    status: int, body: object, target: str, words: str, ok: bool
) -> None:
    with server(status, body) as url:
        assert found(url, target) == [Finding("endpoint of main", f"{url} {words}", ok)]


def test_a_server_that_is_not_there_does_not_answer() -> None:
    with server(200, MODELS) as url:
        pass
    (finding,) = found(url)
    assert not finding.ok
    assert finding.found.startswith(f"{url} does not answer: ")


@pytest.mark.parametrize(
    ("value", "state", "answer"),
    [
        (KEY, "$LAB_TEST_KEY is set", "answers and has 'qwen3-8b'"),
        ("sk-wrong", "$LAB_TEST_KEY is set", "answers, but refuses the key (401)"),
        ("", "$LAB_TEST_KEY is not set", "answers, but wants a key (401)"),
        (f"{KEY}\nx: y", "$LAB_TEST_KEY is set to what no key can be", "answers, but wants a key (401)"),
    ],
)
def test_a_key_is_tried_and_never_shown(
    monkeypatch: pytest.MonkeyPatch, value: str, state: str, answer: str
) -> None:
    monkeypatch.setenv("LAB_TEST_KEY", value)
    with server(200, MODELS, wants=KEY) as url:
        key, endpoint = found(url, key_name="LAB_TEST_KEY")
    assert (key.found, key.ok) == (state, state.endswith(" is set"))
    assert endpoint.found == f"{url} {answer}"
    assert "canary" not in f"{key}{endpoint}"
