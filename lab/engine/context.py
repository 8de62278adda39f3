"""What a policy may use during one decision: keyed draws, the rendering, and model calls."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from lab.core.calls import Model, ModelReply, ModelRequest
from lab.core.ports import EnvironmentPort, ReadReply
from lab.core.records import DecisionRequest, Segment
from lab.core.streams import KEY_BITS, generator, stream_key, uniform
from lab.engine.calls import Calls

if TYPE_CHECKING:
    from numpy.random import Generator

_WRAP = 2**KEY_BITS


class Context:
    """The engine's `PolicyContext`: everything drawn through it is keyed by the request it was made for.

    `reseed` is added to every key, as `lab fork --reseed` asks.
    """

    __slots__ = ("_calls", "_environment", "_request", "_reseed", "_seed")

    def __init__(
        self,
        seed: int,
        request: DecisionRequest,
        calls: Calls,
        environment: EnvironmentPort,
        reseed: int = 0,
    ) -> None:
        self._seed = seed
        self._request = request
        self._calls = calls
        self._environment = environment
        self._reseed = reseed

    def key(self, purpose: str = "policy", node: str | None = None) -> int:
        """The 64-bit key of a stream of this agent at this ask; seeds a model's sampler."""
        asked = self._request
        key = stream_key(
            self._seed, purpose, asked.agent, asked.tick, asked.phase, asked.ask, node, asked.attempt
        )
        return (key + self._reseed) % _WRAP if self._reseed else key

    def rng(self, purpose: str = "policy") -> Generator:
        """A keyed generator of this agent at this ask."""
        return generator(self.key(purpose))

    def uniform(self, purpose: str = "policy", draw: int = 0) -> float:
        """A keyed number in [0, 1) of this agent at this ask."""
        return uniform(self.key(purpose), draw)

    def render(self, request: DecisionRequest, *, wording: int | None = None) -> tuple[Segment, ...]:
        """The request in words, as the scenario's renderer says it."""
        return self._environment.rendered(request, wording)

    def shown(self, option: str) -> str:
        """The name under which an option is shown in this run."""
        return self._environment.shown(option)

    def complete(
        self, model: Model, request: ModelRequest, node: str = "act", *, read: ReadReply | None = None
    ) -> Awaitable[ModelReply]:
        """The model's reply: from the log where it holds one, else asked, then committed."""
        return self._calls.complete(self._request, model, request, node, read)
