"""A model that reads logged answers again: their log-probabilities, and its activations on their tokens."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch

from agents.models.local.capturing import Captures
from agents.models.local.decoder import Decoder
from agents.models.local.jobs import Job, Said
from agents.models.local.loading import Loaded, load, quiet
from agents.models.local.logged import LoggedAnswer
from agents.models.local.options import LocalOptions, options_of
from agents.models.local.prompts import Prompts
from agents.models.local.spans import job_capture
from agents.models.spec import ModelSpec
from lab.core.calls import Artifact
from lab.core.captures import Captured, CaptureSpec, Origin, SiteShape
from lab.core.errors import UsageError
from probes.sites.names import resolve

TOLERANCE = 1e-3
ROUGH_TOLERANCE = 5e-2
"""Largest difference of a log-probability, nats, that rounding explains: in fp32, and in 16 bits."""


def open_rereader(spec: ModelSpec) -> Rereader:
    """The model of `spec`, loaded to read and not to write.

    Raises:
        UsageError: when it cannot be loaded as asked.
    """
    options = options_of(spec.options)
    loaded = load(spec.target, options)
    with quiet():
        return Rereader(loaded, options)


class Rereader:
    """Reads logged answers with one model, one forward each.

    Attributes:
        artifact: what the log says of the model.
        tolerance: largest difference of a log-probability that rounding explains in its dtype, nats.

    Raises:
        UsageError: when its chat template does not work.
    """

    def __init__(self, loaded: Loaded, options: LocalOptions) -> None:
        self.artifact: Artifact = loaded.artifact
        self.tolerance = TOLERANCE if loaded.dtype == torch.float32 else ROUGH_TOLERANCE
        self._model = loaded.model
        self._vocabulary = loaded.model.config.get_text_config().vocab_size
        self._decoder = Decoder(loaded.model, pad_id=loaded.pad_id)
        self._prompts = Prompts(loaded.tokenizer, loaded.ends, options)
        self._captures = Captures(loaded.model, artifact=loaded.artifact)

    def shapes(self, spec: CaptureSpec) -> tuple[SiteShape, ...]:
        """The sites that a spec means on this model, in the order of a capture.

        Raises:
            UsageError: when the model lacks one of them.
        """
        site_map = self._captures.site_map
        sites = resolve(spec.sites, spec.layers, site_map) if spec.vectors else ()
        return tuple(SiteShape(site.name, site.layer, site_map.widths[site]) for site in sites)

    def encoded(self, answer: LoggedAnswer) -> LoggedAnswer:
        """The answer in this model's own tokens, its prompt as this model's template writes it.

        Raises:
            UsageError: when the template refuses the messages, or the reply cannot be written in tokens.
        """
        messages = [{name: value for name, value in one.items() if name != "ids"} for one in answer.messages]
        prompt = self._prompts.prompt(messages, answer.named, past_thinking=answer.decide == "score")
        (reply,) = self._prompts.choice_ids(prompt, [answer.text])
        names = [one.name for one in answer.named]
        return replace(
            answer,
            segments=dict(zip(names, prompt.segments, strict=True)),
            prompt_ids=prompt.ids,
            reply_ids=reply,
            reply_logprobs=None,
            total=None,
        )

    @torch.inference_mode()
    def gap(self, answer: LoggedAnswer) -> float | None:
        """Largest difference between a log-probability that the log holds and the one found now, nats.

        None where the log holds none.

        Raises:
            UsageError: when the tokens are none of this model's.
        """
        if answer.reply_logprobs is None and answer.total is None:
            return None
        found = self._logprobs(*self._tokens(answer))
        gaps = [0.0]
        if answer.total is not None:
            gaps.append(abs(math.fsum(found) - answer.total))
        if answer.reply_logprobs is not None:
            gaps += [abs(one - other) for one, other in zip(found, answer.reply_logprobs, strict=True)]
        return max(gaps)

    @torch.inference_mode()
    def read(self, answer: LoggedAnswer, spec: CaptureSpec, *, origin: Origin) -> Captured:
        """What `spec` asks to keep of the model's activations on the answer's tokens.

        Raises:
            UsageError: when the tokens are none of this model's, or it lacks what is asked for.
        """
        job, said = self._job(answer, spec)
        return self._captures.read(job, said, origin=origin)

    def _tokens(self, answer: LoggedAnswer) -> tuple[tuple[int, ...], tuple[int, ...]]:
        prompt, reply = answer.prompt_ids or (), answer.reply_ids or ()
        if not prompt or not reply:
            raise UsageError(f"{answer.words}: the log holds no token ids")
        foreign = [token for token in (*prompt, *reply) if not 0 <= token < self._vocabulary]
        if foreign:
            name, size = self.artifact.name, self._vocabulary
            raise UsageError(f"{answer.words}: token {foreign[0]} is none of local/{name}'s {size:,}")
        return prompt, reply

    def _logprobs(self, prompt: tuple[int, ...], reply: tuple[int, ...]) -> Sequence[float]:
        """Log-probability of each token of a reply at temperature 1, nats."""
        logits, _, _ = self._decoder.logits([(*prompt, *reply[:-1])], keep=len(reply))
        tokens = torch.tensor(reply, device=logits.device)[:, None]
        found: list[float] = logits[0].float().log_softmax(-1).gather(-1, tokens)[:, 0].tolist()
        return found

    def _job(self, answer: LoggedAnswer, spec: CaptureSpec) -> tuple[Job, Said]:
        """The answer as a job of this model that has been done."""
        ids, reply = self._tokens(answer)
        scored = answer.decide == "score"
        prompt = self._prompts.prompt(answer.messages, answer.named, past_thinking=scored)
        segments = answer.segments
        if prompt.ids == ids:
            names = (one.name for one in answer.named)
            segments = dict(zip(names, prompt.segments, strict=True))
        job = Job(
            ids=ids,
            key=0,
            max_tokens=len(reply),
            choices=self._prompts.choice_ids(prompt, answer.choices) if scored else (),
            decide=answer.decide,
            capture=job_capture(
                spec,
                segments,
                choices=answer.choices,
                read=lambda _: answer.text,
                locate=lambda _: answer.place,
                find=self._prompts.place,
            ),
        )
        return job, Said(reply, answer.choices.index(answer.text) if scored else None)
