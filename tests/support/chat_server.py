"""A chat completions server on loopback that fails as told: real HTTP, and every request is kept."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

Reply = Callable[[Mapping[str, Any]], str]
"""What the model says to a request's body."""


@dataclass(frozen=True)
class Fault:
    """What a request is met with instead of a good answer.

    Attributes:
        status: HTTP status.
        body: JSON data, or bytes as they are; None for the good answer's body.
        headers: further headers.
        manner: ``whole`` at once; ``hang``: nothing, ever; ``close``: half the body, then the connection is
            closed; ``drip``: one byte at a time.
        only_with: a parameter; requests without it are answered well.
    """

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Literal["whole", "hang", "close", "drip"] = "whole"
    only_with: str | None = None


def completion(text: str, *, told: Mapping[str, Any] | None = None, finish: str = "stop") -> dict[str, Any]:
    """A chat completion as OpenAI words it."""
    said = {"role": "assistant", "content": text} if told is None else {"role": "assistant", **told}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "served-1",
        "system_fingerprint": "fp_1",
        "choices": [{"index": 0, "message": said, "finish_reason": finish}],
        "usage": {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15},
    }


def fails(status: int, why: str, **headers: str) -> Fault:
    """An error as OpenAI words it; ``retry_after="1"`` is the header Retry-After."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Fault(status, {"error": {"message": why, "type": "error", "code": None}}, named)


def says(**fields: Any) -> Fault:
    """A completion with this message; `finish_reason` is told apart."""
    finish = fields.pop("finish_reason", "stop")
    return Fault(body=completion("", told=fields, finish=finish))


TOO_MANY = fails(429, "slow down", retry_after="0.02")
BROKEN = fails(500, "oh no")
OVERLOADED = fails(503, "overloaded")
HANG = Fault(manner="hang")
CLOSED_MIDWAY = Fault(manner="close")
SLOW = Fault(manner="drip")
CUT_JSON = Fault(body=b'{"id": "1", "choices": [{"mess')
WRONG_SHAPE = Fault(body={"id": "1", "object": "list", "data": []})
NO_CHOICES = Fault(body={"id": "1", "choices": []})
EMPTY = says(content="")
REFUSAL = says(content=None, refusal="I cannot help with that.")
FILTERED = says(content="", finish_reason="content_filter")
TOO_LONG = fails(400, "This model's maximum context length is 8192 tokens, you requested 9000.")
NO_SCHEMA = Fault(
    400, {"error": {"message": "response_format is not supported"}}, only_with="response_format"
)
ECHOES_KEY = Fault(401, {"error": {"message": "Incorrect API key provided: {authorization}"}})


@dataclass(frozen=True)
class Received:
    """A request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


Faults = Sequence[Fault | None] | Callable[[int, Mapping[str, Any]], Fault | None]
"""The faults of the first requests in the order of arrival, or what to do with request n (from 0)."""


class ChatServer:
    """A running server.

    Attributes:
        base_url: its address, for `base_url` of a model.
        received: every request so far, in the order of arrival.
        connections: how many connections were opened.
        most_at_once: the most requests that were under way together.
    """

    def __init__(self, faults: Faults, reply: Reply, latency_s: float) -> None:
        self.base_url = ""
        self.received: list[Received] = []
        self.connections = 0
        self.most_at_once = 0
        self._at_once = 0
        self._faults = faults
        self._reply = reply
        self._latency_s = latency_s

    @property
    def bodies(self) -> list[Mapping[str, Any]]:
        """The bodies of the requests so far."""
        return [one.body for one in self.received]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection until it ends."""
        self.connections += 1
        try:
            while True:
                received = await _read(reader)
                fault = self._fault(received)
                self.received.append(received)
                self._at_once += 1
                self.most_at_once = max(self.most_at_once, self._at_once)
                try:
                    await asyncio.sleep(self._latency_s)
                    await self._answer(writer, received, fault)
                finally:
                    self._at_once -= 1
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client or the server went away
        finally:
            writer.close()

    def _fault(self, received: Received) -> Fault:
        number = len(self.received)
        if callable(self._faults):
            fault = self._faults(number, received.body)
        else:
            fault = self._faults[number] if number < len(self._faults) else None
        applies = fault is not None and (fault.only_with is None or fault.only_with in received.body)
        return fault if applies and fault is not None else Fault()

    async def _answer(self, writer: asyncio.StreamWriter, received: Received, fault: Fault) -> None:
        if fault.manner == "hang":
            await asyncio.Event().wait()
        body = completion(self._reply(received.body)) if fault.body is None else fault.body
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        raw = raw.replace(b"{authorization}", received.headers.get("authorization", "").encode())
        headers = {"content-type": "application/json", "content-length": str(len(raw)), **fault.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        start = f"HTTP/1.1 {fault.status} Whatever\r\n{head}\r\n".encode()
        if fault.manner == "close":
            writer.write(start + raw[: len(raw) // 2])
            raise ConnectionResetError("closed as told")
        if fault.manner == "drip":
            writer.write(start)
            for byte in raw:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.01)
            return
        writer.write(start + raw)
        await writer.drain()


def echo(body: Mapping[str, Any]) -> str:
    """The last message back."""
    return str(body["messages"][-1]["content"])


@contextmanager
def chat_server(faults: Faults = (), *, reply: Reply = echo, latency_s: float = 0.0) -> Iterator[ChatServer]:
    """A server in a thread of its own, on a free port, until the block ends.

    Args:
        faults: what to meet which request with.
        reply: what the model says where no fault says otherwise.
        latency_s: seconds before each answer.
    """
    server = ChatServer(faults, reply, latency_s)
    loop = asyncio.new_event_loop()
    started = threading.Event()
    stop = asyncio.Event()

    async def main() -> None:
        listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, backlog=512)
        port = listening.sockets[0].getsockname()[1]
        server.base_url = f"http://127.0.0.1:{port}/v1"
        started.set()
        await stop.wait()
        listening.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    thread = threading.Thread(target=lambda: loop.run_until_complete(main()), daemon=True)
    thread.start()
    started.wait(timeout=10)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=10)
        loop.close()


async def _read(reader: asyncio.StreamReader) -> Received:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    lines = (line.partition(":") for line in head[1:] if line)
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    raw = await reader.readexactly(int(headers.get("content-length", "0")))
    return Received(head[0].split(" ")[1], headers, json.loads(raw) if raw else {})
