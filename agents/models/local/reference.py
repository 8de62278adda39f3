"""Reference execution: every prompt is read from its first token, in left-padded batches.

It needs no more of a model than a key-value cache, and takes nothing for granted that can be tried: when a
model is attached, `traits_of` compares padded rows and copied caches with rows read alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from agents.models.local.batches import bucket, span
from agents.models.local.capturing import Captures
from agents.models.local.decoder import Context, Decoder, Reply
from agents.models.local.jobs import Job, Outcome, Said
from agents.models.local.recording import Recording, Stretch, with_captures
from agents.models.local.scoring import Branch, after_branches, score

TOLERANCES = {torch.float32: 1e-3, torch.float16: 3e-2}
ROUGH = 1e-1
"""Difference of logits, over the largest, that rounding explains, by dtype and for all coarser ones (16-bit
rows differ by 2 %, probes.md T7). What padding breaks is off by a third or more."""

SHARED_ROTATIONS = ("dynamic", "longrope")
"""Kinds of rotary positions whose frequencies are chosen by the longest row of a batch."""


@dataclass(frozen=True, slots=True)
class Traits:
    """What a model was found to bear.

    Attributes:
        pads: whether left padding leaves its logits as they are; else rows of a batch have equal lengths.
        copies: whether copied rows of its cache go on as the rows would; else options are read anew.
        even_to: tokens up to which no row turns another's rotary positions, beyond which rows go alone; None
            where there is no such length.
    """

    pads: bool = True
    copies: bool = True
    even_to: int | None = None

    @property
    def note(self) -> str | None:
        """What is done without, in words; None when nothing is."""
        lacks = []
        if not self.pads:
            lacks.append("padding changes its logits: only prompts of equal length share a batch")
        if not self.copies:
            lacks.append("its cache cannot be copied: every option is scored with its whole prompt")
        if self.even_to is not None:
            lacks.append(f"its rotary positions change beyond {self.even_to} tokens: such rows go alone")
        return "; ".join(lacks) or None


class Reference:
    """The ``reference`` execution path.

    Args:
        model: a causal language model of transformers, in eval mode.
        pad_id: any token of its vocabulary.
        strict_rows: where given, every forward has so many rows, and as many columns as the length of its
            prompts asks for, so that a row's numbers do not depend on its mates (of dense models: how many
            tokens an expert of a mixture gets depends on the batch). Jobs must come as `by_shape` says.
        traits: what the model bears; None to find out.
        captures: of the model; None for some of its own.

    Attributes:
        note: what is done without because the model does not bear it; None when nothing is.
    """

    name = "reference"

    def __init__(
        self,
        model: Any,
        *,
        pad_id: int,
        strict_rows: int | None = None,
        traits: Traits | None = None,
        captures: Captures | None = None,
    ) -> None:
        self._decoder = Decoder(model, pad_id=pad_id)
        self._captures = captures or Captures(model)
        self._strict_rows = strict_rows
        self.traits = traits_of(self._decoder) if traits is None else traits
        self.note = self.traits.note

    @torch.inference_mode()
    def run(self, jobs: Sequence[Job]) -> list[Outcome]:
        """The outcome of every job, in order.

        Raises:
            torch.OutOfMemoryError: when the batch does not fit.
            FloatingPointError: when the model's logits are no numbers.
            UsageError: when a job asks for a capture that this model cannot give.
        """
        outcomes: dict[int, Outcome] = {}
        recordings = [
            (places, self._captures.begin([jobs[place] for place in places])) for places in self._groups(jobs)
        ]
        for places, recording in recordings:
            found = self._outcomes([jobs[place] for place in places], recording)
            outcomes.update(zip(places, found, strict=True))
        return [outcomes[place] for place in range(len(jobs))]

    def _groups(self, jobs: Sequence[Job]) -> list[list[int]]:
        """Places of jobs that can be one batch."""
        groups: dict[tuple[int, str, int], list[int]] = {}
        for place, job in enumerate(jobs):
            length = 0 if self.traits.pads else len(job.ids)
            decide = "" if self.traits.copies else job.decide
            is_even = self.traits.even_to is None or span(job) <= self.traits.even_to
            groups.setdefault((length, decide, -1 if is_even else place), []).append(place)
        return [*groups.values()]

    def _outcomes(self, jobs: Sequence[Job], recording: Recording | None) -> list[Outcome]:
        """The outcome of every job of one batch."""
        rows = [*jobs, *[jobs[-1]] * ((self._strict_rows or 0) - len(jobs))]
        columns = bucket(len(jobs[0].ids)) if self._strict_rows and self.traits.pads else 0
        columns = max(columns, *(len(job.ids) for job in rows))
        ear = None if recording is None else _Ear(recording, jobs)
        with nullcontext() if ear is None else ear.reading(columns):
            context = self._decoder.read([job.ids for job in rows], columns=columns)
        facts = {"path": self.name, "rows": len(rows), "columns": context.mask.shape[-1]}
        scored = [place for place, job in enumerate(jobs) if job.decide != "generate"]
        written = [place for place, job in enumerate(rows) if job.decide != "score"]
        scores = dict(zip(scored, self._scores(context, jobs, scored, ear), strict=True))
        replies = dict(zip(written, self._replies(context, rows, written, ear), strict=True))
        found = [_outcome(replies.get(place), scores.get(place), facts) for place in range(len(jobs))]
        return found if recording is None else with_captures(recording, jobs, found)

    def _scores(
        self, context: Context, jobs: Sequence[Job], places: list[int], ear: _Ear | None
    ) -> list[tuple[float, ...]]:
        if not places:
            return []
        return score(
            self._decoder,
            _of_rows(context, places),
            [jobs[place].choices for place in places],
            prompts=None if self.traits.copies else [jobs[place].ids for place in places],
            row_by_row=self._strict_rows is not None,
            hearing=None if ear is None else ear.of(places).scoring,
        )

    def _replies(
        self, context: Context, rows: Sequence[Job], places: list[int], ear: _Ear | None
    ) -> list[Reply]:
        if not places:
            return []
        jobs = [rows[place] for place in places]
        drop = self.traits.copies and self._strict_rows is None
        heard = None if ear is None else ear.of(places)
        return self._decoder.write(_of_rows(context, places), jobs, drop=drop, ear=heard)


@dataclass(frozen=True, slots=True)
class _Ear:
    """Tells a recording which tokens stand in the forwards of a batch.

    Attributes:
        recording: is told.
        jobs: of the batch; rows beyond them only fill it.
        places: number of the job of each row of the forwards to come; None for its own.
    """

    recording: Recording
    jobs: Sequence[Job]
    places: Sequence[int] | None = None

    def of(self, places: Sequence[int]) -> _Ear:
        """For forwards whose rows are these jobs'."""
        return _Ear(self.recording, self.jobs, places)

    def reading(self, columns: int) -> AbstractContextManager[None]:
        """Around the forward of all prompts, left-padded to so many columns."""
        return self.recording.hearing(
            Stretch(row, 0, len(job.ids), row * columns + columns - len(job.ids))
            for row, job in enumerate(self.jobs)
        )

    def scoring(self, batch: Sequence[Branch]) -> AbstractContextManager[None]:
        """Around a forward of branches; the first of a row has what all of its choices begin with."""
        longest = max(len(branch.tokens) for branch in batch)
        firsts = {branch.row: (place, branch) for place, branch in reversed([*enumerate(batch)])}
        return self.recording.hearing(
            Stretch(place, len(job.ids), len(branch.tokens), at * longest)
            for at, branch in firsts.values()
            for place, job in self._jobs([branch.row])
            if job.decide == "score"
        )

    def hearing(self, rows: Sequence[int], replies: Sequence[Reply]) -> AbstractContextManager[None]:
        """Around a forward that feeds each reply's last token."""
        return self.recording.hearing(
            Stretch(place, len(job.ids) + len(reply.ids) - 1, 1, row)
            for row, ((place, job), reply) in enumerate(zip(self._jobs(rows), replies, strict=False))
            if reply.finish is None
        )

    def written(self, rows: Sequence[int], replies: Sequence[Reply]) -> None:
        """Take the spans of the replies that have ended."""
        for (place, _), reply in zip(self._jobs(rows), replies, strict=False):
            if reply.finish is not None:
                self.recording.ended(place, Said(reply.ids))

    def _jobs(self, rows: Sequence[int]) -> Iterator[tuple[int, Job]]:
        """Number and job of each of these rows, which end where rows only fill the batch."""
        places = (row if self.places is None else self.places[row] for row in rows)
        return ((place, self.jobs[place]) for place in places if place < len(self.jobs))


def _of_rows(context: Context, places: list[int]) -> Context:
    """The context of these rows; the very same when they are all."""
    if len(places) == len(context.mask):
        return context
    return context.rows(torch.tensor(places, device=context.mask.device))


def _outcome(reply: Reply | None, scores: tuple[float, ...] | None, facts: Mapping[str, Any]) -> Outcome:
    if reply is None:
        return Outcome(choice_logprobs=scores, facts=facts)
    return Outcome(tuple(reply.ids), reply.finish, scores, facts, reply_logprobs=tuple(reply.log_probs))


# --- what a model bears ----------------------------------------------------------------------------


@torch.inference_mode()
def traits_of(decoder: Decoder) -> Traits:
    """What the model bears, found on two short prompts, each followed by two more tokens."""
    vocab = decoder.model.get_input_embeddings().weight.shape[0]
    added = (10 % vocab, 3 % vocab)
    longest = 23 if decoder.limit is None else min(23, decoder.limit - len(added))  # some take few
    prompts = [[(17 * place + 3) % vocab for place in range(size)] for size in (longest, 5)]
    # logits after the prompt and after each added token, of rows read alone and at once [row, token, vocab]
    alone = torch.cat([decoder.logits([[*prompt, *added]], keep=3)[0] for prompt in prompts])
    tolerance = TOLERANCES.get(decoder.model.dtype, ROUGH) * float(alone.abs().max())
    padded = _padded(decoder, prompts, added)
    copied = _copied(decoder, prompts[0], added)
    return Traits(
        pads=bool((padded - alone).abs().max() <= tolerance),
        copies=copied is not None and bool((copied - alone[0, 1:]).abs().max() <= tolerance),
        even_to=_even_to(decoder.config),
    )


def _even_to(config: Any) -> int | None:
    """From how many tokens on rotary frequencies are those of the longest row; None when they never are."""
    asked = getattr(config, "rope_parameters", None) or {}
    of_layers = [one for one in asked.values() if isinstance(one, Mapping)] or [asked]
    return min(
        (
            one.get("original_max_position_embeddings") or config.max_position_embeddings
            for one in of_layers
            if one.get("rope_type") in SHARED_ROTATIONS
        ),
        default=None,
    )


def _padded(decoder: Decoder, prompts: Sequence[Sequence[int]], added: tuple[int, ...]) -> Tensor:
    """The logits of the same rows, padded to one length and fed token by token."""
    context = decoder.read(prompts)
    found = [context.logits]
    for token in added:
        decoder.advance(context, torch.full_like(context.positions, token))
        found.append(context.logits)
    return torch.stack(found, dim=1)


def _copied(decoder: Decoder, prompt: Sequence[int], added: tuple[int, ...]) -> Tensor | None:
    """The logits after the added tokens on a copied row, beside a shorter copy; None when there is none."""
    context = decoder.read([prompt])
    try:
        return after_branches(decoder, context, [Branch(0, added[:1]), Branch(0, added)])[1]
    except (AttributeError, IndexError, RuntimeError):  # NotImplementedError is a RuntimeError
        return None
