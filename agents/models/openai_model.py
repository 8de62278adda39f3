"""A model behind an OpenAI-compatible endpoint. This module owns the openai package."""

from __future__ import annotations

import asyncio
import ssl
from asyncio import AbstractEventLoop
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from time import perf_counter
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import openai

from agents.models.capabilities import family_of
from agents.models.openai_api import OpenAIOptions
from agents.models.openai_extras import Extras
from agents.models.openai_faults import Secret, asked_wait_s, kind_of, status_message
from agents.models.openai_wire import Malformed, Said, body_of, logged, read_completion, settings_of
from agents.models.retry import Again, Backoff, Fault, Limiter, persist
from agents.models.spec import ModelSpec
from lab.core.calls import Artifact, ModelFailure, ModelReply, ModelRequest
from lab.core.streams import stream_key

TRIES_PER_CLIENT = 16
PATH = "/chat/completions"
NO_KEY = "none"
"""Sent to servers that need no key: the protocol has a field for one."""


class _Clients:
    """The package's clients on one event loop, each lent to a few tries at once.

    A client's connection pool looks at all its connections at every call: four pools of 16 cost a fifth less
    CPU than one of 64.
    """

    def __init__(self, open_one: Callable[[], openai.AsyncOpenAI]) -> None:
        self._open_one = open_one
        self._opened: list[openai.AsyncOpenAI] = []
        self._free: list[openai.AsyncOpenAI] = []

    @contextmanager
    def lent(self) -> Iterator[openai.AsyncOpenAI]:
        """A client for one try."""
        if not self._free:
            self._opened.append(self._open_one())
            self._free += self._opened[-1:] * TRIES_PER_CLIENT
        client = self._free.pop()
        try:
            yield client
        finally:
            self._free.append(client)

    async def aclose(self) -> None:
        for client in self._opened:
            await client.close()


@cache
def _certificates() -> ssl.SSLContext:
    """What servers are trusted by; reading the certificates takes 80 ms, so all clients share them."""
    return ssl.create_default_context()


class _Line(NamedTuple):
    """What a model has on one event loop."""

    clients: _Clients
    limiter: Limiter


class OpenAIModel:
    """A model behind an OpenAI-compatible endpoint.

    Args:
        spec: the model as the scenario names it.
        base_url: address of the endpoint.
        key: the key, or None when the server needs none.
        options: what the alias says.
        backoff: how long to wait between tries.
    """

    def __init__(
        self,
        spec: ModelSpec,
        *,
        base_url: str,
        key: str | None = None,
        options: OpenAIOptions | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._spec = spec
        self._base_url = base_url
        self._key = key
        self._secret = Secret(key)
        self._options = options or OpenAIOptions()
        self._backoff = backoff or Backoff()
        self._family = family_of(spec.target)
        wanted = {"seed": self._options.seed, "response_format": self._options.schema_}
        self._extras = Extras(name for name, want in wanted.items() if want)
        self._lines: WeakKeyDictionary[AbstractEventLoop, _Line] = WeakKeyDictionary()
        self._artifacts: dict[tuple[str, str | None], Artifact] = {}

    async def complete(self, requests: Sequence[ModelRequest]) -> Sequence[ModelReply | ModelFailure]:
        """Answer every request with a call of its own; a failure of one never hides the answer of another."""
        if len(requests) == 1:
            return [await self._answer(requests[0])]
        return await asyncio.gather(*(self._answer(request) for request in requests))

    async def aclose(self) -> None:
        """Close the connections of the running event loop."""
        line = self._lines.pop(asyncio.get_running_loop(), None)
        if line is not None:
            await line.clients.aclose()

    async def _answer(self, request: ModelRequest) -> ModelReply | ModelFailure:
        if problem := self._cannot(request):
            return ModelFailure("refused_request", problem)
        line = self._line()
        without: set[str] = set()
        seed = int(request.hash[:15], 16) if request.seed is None else request.seed
        return await persist(
            lambda: self._try(line.clients, request, without),
            line.limiter,
            backoff=self._backoff,
            retries=self._options.retries,
            key=stream_key(seed, "retry"),
        )

    def _cannot(self, request: ModelRequest) -> str | None:
        """What the request asks that this interface does not have."""
        if request.decide != "generate":
            return f"a model of openai/ gives no scores (decide: {request.decide})"
        if request.interventions:
            return "a model of openai/ takes no interventions"
        foreign = sorted(request.sampling.keys() - self._family.sampling.keys())
        return f"'{self._spec.target}' takes no {', '.join(foreign)}" if foreign else None

    def _line(self) -> _Line:
        loop = asyncio.get_running_loop()
        line = self._lines.get(loop)
        if line is None:
            line = self._lines[loop] = _Line(_Clients(self._client), Limiter(self._options.concurrency))
        return line

    def _client(self) -> openai.AsyncOpenAI:
        key = self._key or NO_KEY
        http = openai.DefaultAsyncHttpxClient(verify=_certificates(), timeout=None)
        return openai.AsyncOpenAI(api_key=key, base_url=self._base_url, max_retries=0, http_client=http)

    async def _try(self, clients: _Clients, request: ModelRequest, without: set[str]) -> ModelReply | Fault:
        """One try; `without` collects the optional parameters that this request was refused with."""
        settings = settings_of(
            request, self._family, extra=self._options.extra, optional=self._extras.offered - without
        )
        sent = self._extras.offered & settings.keys()
        start = perf_counter()
        try:
            async with asyncio.timeout(self._options.timeout_s):
                with clients.lent() as client:
                    # `cast_to=object`: JSON as it is, at half the price of building the package's classes
                    body = body_of(request, self._spec.target, settings)
                    data = await client.post(PATH, body=body, cast_to=object)
            said = read_completion(data)
        except (openai.APIError, TimeoutError, ValueError) as error:
            fault = self._fault(error, perf_counter() - start)
            return self._do_without(fault, sent, without)
        self._extras.went_well(sent, frozenset(without))
        return self._reply(said, settings, perf_counter() - start)

    def _do_without(self, fault: Fault, sent: frozenset[str], without: set[str]) -> Fault:
        """The fault; asked again at once when it may be about an optional parameter."""
        if fault.failure.kind != "refused_request":
            return fault
        blamed = self._extras.blamed(fault.failure.message, sent)
        without |= blamed
        return replace(fault, again=Again.NOW) if blamed else fault

    def _reply(self, said: Said, settings: dict[str, Any], latency_s: float) -> ModelReply:
        reasoning = said.reasoning
        return ModelReply(
            text=self._secret.hidden_in_reply(said.text),
            reasoning=None if reasoning is None else self._secret.hidden_in_reply(reasoning),
            finish=said.finish,
            tokens_in=said.tokens_in,
            tokens_out=said.tokens_out,
            cost_usd=self._spec.cost_usd(said.tokens_in, said.tokens_out),
            latency_s=latency_s,
            facts={"sent": logged(settings), **said.counts},
            prompt_ids=said.prompt_ids,
            reply_ids=said.reply_ids,
            reply_logprobs=said.reply_logprobs,
            artifact=self._artifact(said.model or self._spec.target, said.fingerprint),
        )

    def _artifact(self, name: str, fingerprint: str | None) -> Artifact:
        known = self._artifacts.get((name, fingerprint))
        if known is None:
            known = self._artifacts[name, fingerprint] = Artifact(
                provider="openai",
                name=self._secret.hidden_in_reply(name),
                fingerprint=None if fingerprint is None else self._secret.hidden_in_reply(fingerprint),
                config={"base_url": self._base_url},
                versions={"openai": openai.__version__},
            )
        return known

    def _fault(self, error: Exception, latency_s: float) -> Fault:
        """What an exception of a try means."""
        kind, again, asked_s = "malformed", Again.LATER, None
        message = str(error) if isinstance(error, Malformed) else f"the response is no JSON: {error}"
        if isinstance(error, TimeoutError | openai.APITimeoutError):
            kind, message = "timeout", f"no answer within {self._options.timeout_s:g} s"
        elif isinstance(error, openai.APIConnectionError):
            cause = error.__cause__ or error
            kind, message = "connection", f"{self._base_url}: {type(cause).__name__}: {cause}"
        elif isinstance(error, openai.APIStatusError):
            message = status_message(error.status_code, error.body)
            kind, again = kind_of(error.status_code, message, error.code)
            asked_s = asked_wait_s(error.response.headers)
        return Fault(ModelFailure(kind, self._secret.hidden_in_error(message), latency_s), again, asked_s)
