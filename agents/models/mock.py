"""Offline stand-ins for models: the first or any legal reply, or a function of the user's own.

mock/first     mock/uniform     mock/package.module:callable
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from inspect import isawaitable
from itertools import count
from math import ceil, floor
from typing import Any

from agents.models.spec import Capabilities, ModelSpec
from lab.core.calls import Artifact, Model, ModelFailure, ModelReply, ModelRequest
from lab.core.canonical import canonical
from lab.core.errors import LabError, UsageError
from lab.core.registry import Registry
from lab.core.streams import uniform

Said = str | ModelReply | ModelFailure
Speak = Callable[[ModelRequest], Said | Awaitable[Said]]

MOCKS = Registry(
    "mock model", {"first": "agents.models.mock:first", "uniform": "agents.models.mock:any_legal"}
)
CHARS_PER_TOKEN = 4
"""What `tokens_in` and `tokens_out` of a mock are counted with: about the rate of English text."""


def first(request: ModelRequest) -> str:
    """The first legal reply."""
    return _reply(request, lambda: 0.0)


def any_legal(request: ModelRequest) -> str:
    """A legal reply, all equally likely, drawn by the request's seed."""
    draws = count()
    return _reply(request, lambda: uniform(request.seed or 0, next(draws)))


class MockProvider:
    """``mock/NAME``: answers in this process, costs nothing, knows no text."""

    def problems(self, spec: ModelSpec) -> Iterable[tuple[str, str]]:
        """An unknown name, an import string that leads nowhere, or an option: a mock has none."""
        try:
            if not callable(MOCKS.load(spec.target)):
                yield "model", f"mock '{spec.target}' is not callable"
        except LabError as error:
            yield "model", str(error)
        for option in spec.options:
            yield f"options.{option}", "unknown option (a mock model has none)"
        if spec.base_url or spec.api_key_env:
            yield "model", "a mock model has neither base_url nor api_key_env"

    def capabilities(self, spec: ModelSpec) -> Capabilities:
        """Everything is taken, and ignored."""
        return Capabilities(scoring=True, free=True)

    def missing(self, spec: ModelSpec) -> str | None:
        """Nothing."""
        return None

    def open(self, spec: ModelSpec) -> Model:
        """The mock."""
        return MockModel(spec.target, MOCKS.load(spec.target))


class MockModel:
    """Answers each request by calling a function with it."""

    def __init__(self, name: str, speak: Speak) -> None:
        self._speak = speak
        self._artifact = Artifact("mock", name)

    async def complete(self, requests: Sequence[ModelRequest]) -> Sequence[ModelReply | ModelFailure]:
        """The function's replies; what it raises ends the run, because it is a bug in that function."""
        return [await self._one(request) for request in requests]

    async def _one(self, request: ModelRequest) -> ModelReply | ModelFailure:
        said = self._speak(request)
        if isawaitable(said):
            said = await said
        if isinstance(said, ModelReply | ModelFailure):
            return said
        if not isinstance(said, str):
            raise UsageError(
                f"mock model '{self._artifact.name}' returned {said!r}, not a text or a ModelReply"
            )
        return ModelReply(
            text=said,
            tokens_in=sum(len(message["content"]) for message in request.messages) // CHARS_PER_TOKEN,
            tokens_out=len(said) // CHARS_PER_TOKEN,
            cost_usd=0.0,
            artifact=self._artifact,
        )


def _reply(request: ModelRequest, draw: Callable[[], float]) -> str:
    if request.choices:
        return str(_pick(request.choices, draw))
    if request.schema is None:
        return "I consider what I was told."
    return canonical(_sample(request.schema, draw))


def _sample(schema: Mapping[str, Any], draw: Callable[[], float]) -> Any:
    """A value that fits a schema as `lab.core.spaces` writes them."""
    if "enum" in schema:
        return _pick(schema["enum"], draw)
    if "anyOf" in schema:
        return _sample(_pick(schema["anyOf"], draw), draw)
    kind = schema["type"]
    if kind == "object":
        return dict(_fields(schema["properties"], draw))
    if kind == "integer":
        low, high = ceil(schema["minimum"]), floor(schema["maximum"])
        return min(low + int(draw() * (high - low + 1)), high)
    if kind == "number":
        return schema["minimum"] + draw() * (schema["maximum"] - schema["minimum"])
    return ""


def _fields(properties: Mapping[str, Any], draw: Callable[[], float]) -> Iterator[tuple[str, Any]]:
    for name, schema in properties.items():
        yield name, _sample(schema, draw)


def _pick(options: Sequence[Any], draw: Callable[[], float]) -> Any:
    return options[int(draw() * len(options))]
