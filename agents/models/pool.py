"""The models of a process: each opened once, at its first call, and shared by all worlds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from inspect import isawaitable

from agents.models.spec import ModelSpec, provider_of
from lab.core.calls import Model, ModelFailure, ModelReply, ModelRequest
from lab.core.errors import LabError


class ModelPool:
    """Opens models when somebody first completes with them; equal models are opened once.

    A replay asks nothing of a model, so it opens none. Models live in one event loop, as their connections
    do: close the pool before its loop ends; in another loop it opens them anew.
    """

    def __init__(self) -> None:
        self._models: dict[str, _Opened] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def model(self, spec: ModelSpec) -> Model:
        """The model of `spec`; it costs nothing until it is used."""
        return _Handle(self, spec)

    async def opened(self, spec: ModelSpec) -> Model:
        """The model itself.

        Raises:
            UsageError: when it cannot be opened; every later attempt fails the same way.
        """
        self._enter_loop()
        if spec.key not in self._models:
            self._models[spec.key] = _Opened(spec)
        return await self._models[spec.key].get()

    async def aclose(self) -> None:
        """Close every open model; a model used again is opened again."""
        self._enter_loop()
        models, self._models = list(self._models.values()), {}
        for model in models:
            await model.aclose()

    def _enter_loop(self) -> None:
        """Forget the models of a loop that is gone: nothing can await what belongs to it."""
        loop = asyncio.get_running_loop()
        if loop is not self._loop:
            self._loop, self._models = loop, {}


class _Opened:
    """A model on its way from its spec; opened in a thread, because weights may take minutes to load."""

    def __init__(self, spec: ModelSpec) -> None:
        self._opening = asyncio.create_task(asyncio.to_thread(lambda: provider_of(spec).open(spec)))

    async def get(self) -> Model:
        try:
            return await asyncio.shield(self._opening)  # who gives up waiting stops nobody else's model
        except LabError as error:
            raise error.with_traceback(None)  # noqa: B904  else it grows with every world that fails by it

    async def aclose(self) -> None:
        (model,) = await asyncio.gather(self._opening, return_exceptions=True)
        close = getattr(model, "aclose", None)
        if close is not None and isawaitable(closing := close()):
            await closing


class _Handle:
    """A model that is opened when it is first used."""

    def __init__(self, pool: ModelPool, spec: ModelSpec) -> None:
        self._pool = pool
        self._spec = spec

    async def complete(self, requests: Sequence[ModelRequest]) -> Sequence[ModelReply | ModelFailure]:
        """What the opened model answers."""
        model = await self._pool.opened(self._spec)
        return await model.complete(requests)
