"""A local model as the lab asks it: requests to jobs, outcomes to replies."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from time import perf_counter
from typing import Any, NamedTuple

from agents.models.local.engine import Engine
from agents.models.local.jobs import Job, JobCapture, Outcome
from agents.models.local.loading import Loaded
from agents.models.local.options import LocalOptions
from agents.models.local.prompts import Prompt, Prompts
from agents.models.local.recording import said_by
from agents.models.local.selftest import attach
from agents.models.local.spans import job_capture
from lab.core.calls import ModelFailure, ModelReply, ModelRequest
from lab.core.errors import UsageError

LEAST_REPLY_TOKENS = 256
"""A prompt that leaves less room than this overflows, unless less was asked for or the context is small."""


class _Asked(NamedTuple):
    """A request on its way: what it is in tokens."""

    request: ModelRequest
    prompt: Prompt
    job: Job


class LocalModel:
    """A loaded model with its thread; `complete` may be called by many tasks at once.

    Attributes:
        engine: runs the jobs.
        note: what is done without, in words, such as cached execution; None when nothing is.

    Raises:
        UsageError: when its chat template does not work.
    """

    def __init__(self, loaded: Loaded, options: LocalOptions) -> None:
        self._context_tokens = loaded.context_tokens
        attached = attach(loaded, options)
        execution = {"execution": attached.path.name, "note": attached.note}
        self._artifact = replace(loaded.artifact, config={**loaded.artifact.config, **execution})
        self._prompts = Prompts(loaded.tokenizer, loaded.ends, options)
        self.note = attached.note
        self.engine = Engine(
            attached.path,
            batch=options.batch,
            batch_tokens=options.batch_tokens,
            strict=options.strict,
            plan=attached.plan,
        )

    async def complete(self, requests: Sequence[ModelRequest]) -> Sequence[ModelReply | ModelFailure]:
        """The reply to every request, in order, or what kept it from having one."""
        start = perf_counter()
        asked = [self._asked(request) for request in requests]
        ready = [one for one in asked if isinstance(one, _Asked)]
        results = iter(await self.engine.submit([one.job for one in ready]))
        taken_s = perf_counter() - start
        return [
            one if isinstance(one, ModelFailure) else self._answer(one, next(results), taken_s)
            for one in asked
        ]

    async def aclose(self) -> None:
        """Let the thread end; requests that still wait fail."""
        await self.engine.aclose()

    def _asked(self, request: ModelRequest) -> _Asked | ModelFailure:
        if request.interventions:
            return ModelFailure("refused_request", "this model takes no interventions")
        scored = request.decide != "generate"
        try:
            prompt = self._prompts.prompt(request.messages, request.segments, past_thinking=scored)
            choices = self._prompts.choice_ids(prompt, request.choices) if scored else ()
        except UsageError as error:
            return ModelFailure("refused_request", str(error))
        sampling = request.sampling
        most = most_tokens(sampling)
        if self._context_tokens is not None:
            room = self._context_tokens - len(prompt.ids)
            least = _least_tokens(request, choices, most, self._context_tokens)
            if room < least:
                needed = f"the prompt has {len(prompt.ids)} tokens and the reply needs room for {least}"
                return ModelFailure("overflow", f"{needed}; the model takes {self._context_tokens}")
            most = min(most, room)
        return _Asked(
            request,
            prompt,
            Job(
                capture=self._capture(request, prompt),
                ids=prompt.ids,
                key=key_of(request),
                order=request.hash,
                temperature=float(sampling.get("temperature", 1.0)),
                top_p=float(sampling.get("top_p", 1.0)),
                top_k=int(sampling.get("top_k", 0)),
                max_tokens=most,
                ends=self._prompts.ends,
                stops=self._prompts.stops(stop_texts(sampling)),
                choices=choices,
                decide=request.decide,
            ),
        )

    def _capture(self, request: ModelRequest, prompt: Prompt) -> JobCapture | None:
        if request.capture is None:
            return None
        names = [segment.name for segment in request.segments]
        stop = stop_texts(request.sampling)
        return job_capture(
            request.capture,
            dict(zip(names, prompt.segments, strict=True)),  # of several with one name, the last
            choices=request.choices,
            read=lambda ids: self._prompts.reply(ids, in_thinking=prompt.in_thinking, stop=stop).text,
            locate=request.locate,
            find=self._prompts.place,
        )

    def _answer(
        self, asked: _Asked, result: Outcome | ModelFailure, taken_s: float
    ) -> ModelReply | ModelFailure:
        if isinstance(result, ModelFailure):
            return result
        scores = dict(zip(asked.request.choices, result.choice_logprobs or (), strict=False))
        if not all(math.isfinite(score) for score in scores.values()):
            return ModelFailure("malformed", "the model gives a score that is no finite number", taken_s)
        if asked.request.decide == "score":
            reply_ids, taken = said_by(asked.job, (), result.choice_logprobs)
            assert taken is not None, "what is decided by score is one of the choices"
            text, reasoning = asked.request.choices[taken], None
        else:
            reply_ids = result.reply_ids
            text, reasoning = self._prompts.reply(
                reply_ids, in_thinking=asked.prompt.in_thinking, stop=stop_texts(asked.request.sampling)
            )
        return ModelReply(
            text=text,
            reasoning=reasoning,
            finish=result.finish or "stop",
            tokens_in=len(asked.prompt.ids),
            tokens_out=len(reply_ids),
            cost_usd=0.0,
            latency_s=taken_s,
            facts={
                **asked.prompt.facts,
                **result.facts,
                **_cut_facts(asked),
                **gap_facts(asked.request, scores, text),
            },
            prompt_ids=asked.prompt.ids,
            reply_ids=tuple(reply_ids),
            reply_logprobs=_finite(result.reply_logprobs),
            segment_ids=asked.prompt.segments,
            choice_logprobs=scores or None,
            legal_mass=math.fsum(math.exp(score) for score in scores.values()) if scores else None,
            artifact=self._artifact,
            captured=result.captured,
        )


def key_of(request: ModelRequest) -> int:
    """The key of the request's sampler; its own, else one that depends on nothing but the request."""
    return int(request.hash[:16], 16) if request.seed is None else request.seed


def most_tokens(sampling: Mapping[str, Any]) -> int:
    """Tokens that a reply may have, before the room behind its prompt is known."""
    return int(sampling.get("max_tokens", 512))


def stop_texts(sampling: Mapping[str, Any]) -> tuple[str, ...]:
    """The texts that end a reply; one may be given alone."""
    stop = sampling.get("stop") or ()
    return (stop,) if isinstance(stop, str) else tuple(stop)


def _finite(logprobs: tuple[float, ...] | None) -> tuple[float, ...] | None:
    """None where one of them is no number that the log could hold."""
    return logprobs if logprobs is not None and all(map(math.isfinite, logprobs)) else None


def gap_facts(request: ModelRequest, scores: Mapping[str, float], text: str) -> dict[str, float | None]:
    """Under ``decide: both``, `score_gap`: log-probability of the likeliest choice less the written one's.

    Zero where the model wrote the choice that scores best, None where it wrote none of them.
    """
    if request.decide != "both":
        return {}
    written = scores.get(text.strip())
    return {"score_gap": None if written is None else max(scores.values()) - written}


def _least_tokens(request: ModelRequest, choices: Sequence[Sequence[int]], most: int, context: int) -> int:
    """The room that a prompt must leave: for the longest choice, and for a reply that is not cut at once."""
    longest = max(map(len, choices), default=1)
    return longest if request.decide == "score" else max(longest, min(most, context // 4, LEAST_REPLY_TOKENS))


def _cut_facts(asked: _Asked) -> dict[str, int]:
    """Under `max_tokens_cut` the tokens there was room for, where that is fewer than were asked for."""
    is_cut = asked.job.max_tokens < most_tokens(asked.request.sampling)
    return {"max_tokens_cut": asked.job.max_tokens} if is_cut and asked.request.decide != "score" else {}
