"""``python -m lab.bench.loopback LATENCY_S``: a chat completions server that always says the same.

It prints its port and serves until it is killed: fast enough that clients are measured and not the server.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_COMPLETION = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 1,
    "model": "loopback",
    "choices": [
        {
            "index": 0,
            "message": {"role": "assistant", "content": '{"answer": "left"}'},
            "finish_reason": "stop",
        }
    ],
    "usage": {"prompt_tokens": 100, "completion_tokens": 5, "total_tokens": 105},
}


@contextmanager
def loopback_server(latency_s: float) -> Iterator[int]:
    """The port of such a server in a process of its own; ends with the block."""
    command = [sys.executable, "-m", "lab.bench.loopback", str(latency_s)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own module
        try:
            assert process.stdout is not None, "asked for above"
            yield int(process.stdout.readline())
        finally:
            process.terminate()


class _Connection(asyncio.Protocol):
    """Answers each request of a connection `latency_s` after it has arrived in full."""

    def __init__(self, latency_s: float, response: bytes) -> None:
        self._latency_s = latency_s
        self._response = response
        self._arrived = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        assert isinstance(transport, asyncio.Transport), "a TCP connection can be written to"
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer every request that is complete now."""
        self._arrived += data
        while (end := request_end(self._arrived)) is not None:
            self._arrived = self._arrived[end:]
            asyncio.get_running_loop().call_later(self._latency_s, self._transport.write, self._response)


def request_end(data: bytes) -> int | None:
    """Where the first request in `data` ends, None while it is incomplete."""
    head, blank, _ = data.partition(b"\r\n\r\n")
    if not blank:
        return None
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]
    end = len(head) + len(blank) + int(length or b"0")
    return end if end <= len(data) else None


async def serve(latency_s: float) -> None:
    """Serve until cancelled, on a free port that is printed."""
    body = json.dumps(_COMPLETION).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    response = head.encode() + body
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(latency_s, response), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(float(sys.argv[1])))
