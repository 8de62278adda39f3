"""Cached execution: conversations keep their keys and values from turn to turn, and only new tokens are run.

A batch goes through four steps. What several prompts start with is encoded once. Every prompt gets a seat: a
slab row that holds as much of it as was found. What is new of all prompts is run packed, together with the
options to be scored. Replies are generated, one packed token of each unfinished row a step; the last token of
a reply is not run: it is the first new one of the next turn.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from agents.models.local.batches import by_length
from agents.models.local.capturing import Captures
from agents.models.local.decoder import Reply, Tally
from agents.models.local.jobs import Job, Outcome, Said
from agents.models.local.kv import Ints, Kept, Slab, common_prefix
from agents.models.local.packed import Feed, Packed, pack
from agents.models.local.recording import Recording, Stretch, with_captures
from agents.models.local.sampling import Sampler
from agents.models.local.scoring import Branch, Choice, branches_of
from agents.models.local.seats import Seating, Seats, shared_beginnings

FORWARD_TOKENS = 16_384
"""Most tokens of one forward, unless a single prompt has more."""

PADDING_TOKENS = 2_048
"""Padding of queries that is never worth another forward."""

Watch = Callable[[Job, Tensor], None]
"""Is shown a job and the logits that its next token is drawn from, [vocabulary]."""


@dataclass(frozen=True, slots=True)
class _Turn:
    """A job under way.

    Attributes:
        number: of the job in its batch.
        job: what is asked.
        feed: what of its prompt is new, and the beginnings of the options to be scored.
        branches: those beginnings, each with the options that it holds.
        reply: what has been generated.
        scores: log-probability of each option, once it is known.
    """

    number: int
    job: Job
    feed: Feed
    branches: Sequence[Branch]
    reply: Reply
    scores: list[float]

    @property
    def is_open(self) -> bool:
        """Whether another token is to be generated."""
        return self.reply.finish is None and self.job.decide != "score"

    @property
    def next_feed(self) -> Feed:
        """What is to be run before the next token can be drawn."""
        written = self.reply.ids
        return Feed(self.feed.row, len(self.job.ids) + len(written) - 1, written[-1:])

    def stretches(self, first: int) -> Iterator[Stretch]:
        """Its tokens in a forward, where `feed` begins at number `first`; the options' under score alone."""
        new = len(self.feed.ids)
        yield Stretch(self.number, self.feed.at, new, first)
        if self.branches and self.job.decide == "score":  # the first has what all options begin with
            yield Stretch(self.number, len(self.job.ids), len(self.branches[0].tokens), first + new)


class Cached:
    """The ``cached`` execution path.

    Args:
        model: in eval mode, and found fit by `selftest`.
        cache_bytes: budget of the conversations that are kept between calls.
        watch: is shown all logits that tokens are drawn from.
        captures: of the model; None for some of its own.
    """

    name = "cached"

    def __init__(
        self,
        model: PreTrainedModel,
        *,
        cache_bytes: int,
        watch: Watch | None = None,
        captures: Captures | None = None,
    ) -> None:
        self.packed = Packed(model)
        self._captures = captures or Captures(model)
        self._seating = Seating(cache_bytes)
        self._limit = getattr(model.config.get_text_config(), "max_position_embeddings", None) or sys.maxsize
        self._watch = watch

    def run(self, jobs: Sequence[Job]) -> list[Outcome]:
        """The outcome of every job, in order.

        Raises:
            ValueError: when a prompt is longer than the model takes.
            FloatingPointError: when the model's logits are no numbers.
            UsageError: when a job asks for a capture that this model cannot give.
            torch.OutOfMemoryError: when the batch does not fit; nothing is kept then, so that a smaller
                one has all the memory.
        """
        longest = max(len(job.ids) for job in jobs)
        if longest > self._limit:
            raise ValueError(f"a prompt of {longest} tokens, where the model takes {self._limit}")
        recording = self._captures.begin(jobs)
        try:
            with self.packed.running():
                found = self._run(jobs, recording)
            return found if recording is None else with_captures(recording, jobs, found)
        except Exception:
            self._seating.shelf.clear()
            raise

    def plan(self, jobs: Sequence[Job], rows: int, tokens: int) -> list[list[int]]:
        """Batches for the engine: as by length, but conversations that can go on in place stay together."""
        teams = self._seating.teams([_ids(job) for job in jobs])
        return [
            [team[place] for place in batch]
            for team in teams
            for batch in by_length([jobs[number] for number in team], rows, tokens)
        ]

    def _run(self, jobs: Sequence[Job], recording: Recording | None) -> list[Outcome]:
        prompts = [_ids(job) for job in jobs]
        shared = self._share(prompts)
        seats = self._seating.seat(prompts)
        turns = [
            self._turn(number, job, row, cached)
            for number, (job, row, cached) in enumerate(zip(jobs, seats.rows, seats.cached, strict=True))
        ]
        by_row = sorted(turns, key=lambda turn: turn.feed.row)
        logits = self._prefill(by_row, seats.slab, recording)
        self._generate(by_row, logits, seats.slab, recording)
        self._seating.keep(seats.slab, [_kept(turn, seats.slab) for turn in turns])
        return [_outcome(turn, seats, beginning) for turn, beginning in zip(turns, shared, strict=True)]

    def _turn(self, number: int, job: Job, row: int, cached: int) -> _Turn:
        room = self._limit - len(job.ids) + 1  # the last token of a reply needs no position
        branches = branches_of(0, () if job.decide == "generate" else job.choices)
        feed = Feed(row, cached, job.ids[cached:], tuple(branch.tokens for branch in branches))
        return _Turn(number, job, feed, branches, Reply(job, room), [])

    def _share(self, prompts: Sequence[Ints]) -> list[int]:
        """Encode once what several prompts start with; how many tokens of each prompt that is."""
        shared = [0] * len(prompts)
        known = [self._seating.shelf.find(prompt).length for prompt in prompts]
        for beginning in shared_beginnings(prompts, known):
            seats = self._seating.seat([beginning])
            (row,), (cached,) = seats.rows, seats.cached
            self._advance([Feed(row, cached, beginning[cached:].tolist())], seats.slab, keep=1)
            self._seating.keep(seats.slab, [Kept(seats.slab, row, beginning, asked=len(beginning))])
            for number, prompt in enumerate(prompts):
                if common_prefix(prompt, beginning) == len(beginning):
                    shared[number] = len(beginning)
        return shared

    def _prefill(self, turns: Sequence[_Turn], slab: Slab, recording: Recording | None) -> Tensor:
        """Run what is new of all prompts, and score options; logits after each prompt, [turn, vocabulary]."""
        after: dict[int, Tensor] = {}
        for group in forwards([turn.feed for turn in turns]):
            feeds = [turns[number].feed for number in group]
            with nullcontext() if recording is None else recording.hearing(_new(turns, group)):
                logits = self._advance(feeds, slab, _followed(feeds, self.packed.device))
            sizes = [1 + feed.size - len(feed.ids) for feed in feeds]
            for number, part in zip(group, logits.split(sizes), strict=True):
                turn, after[number] = turns[number], part[0]
                if turn.job.decide != "generate":
                    turn.scores.extend(scored(turn.job.choices, turn.branches, part))
        return torch.stack([after[number] for number in range(len(turns))])

    def _generate(
        self, turns: Sequence[_Turn], logits: Tensor, slab: Slab, recording: Recording | None
    ) -> None:
        """Write the replies, token by token, starting from the logits after each prompt."""
        numbers = [number for number, turn in enumerate(turns) if turn.is_open]
        turns, logits = [turns[number] for number in numbers], logits[numbers]
        sampler = Sampler([turn.job for turn in turns], self.packed.device)
        tally, step = Tally(), 0
        while turns:
            if self._watch is not None:
                for turn, row in zip(turns, logits, strict=True):
                    self._watch(turn.job, row)
            tokens = sampler.draw(logits, step)
            tally.add([turn.reply for turn in turns], logits, tokens)
            for turn, token in zip(turns, tokens.tolist(), strict=True):
                turn.reply.take(token)
                if recording is not None and not turn.is_open:
                    recording.ended(turn.number, Said(turn.reply.ids))
            unfinished = [number for number, turn in enumerate(turns) if turn.is_open]
            if len(unfinished) < len(turns):
                sampler.keep(torch.tensor(unfinished, device=self.packed.device, dtype=torch.long))
                turns = [turns[number] for number in unfinished]
            if turns:
                with nullcontext() if recording is None else recording.hearing(_last(turns)):
                    logits = self._advance([turn.next_feed for turn in turns], slab, keep=0)
            step += 1
        tally.tell()

    def _advance(self, feeds: Sequence[Feed], slab: Slab, keep: Tensor | int) -> Tensor:
        """Run feeds, rows ascending; the logits to keep, [token, vocabulary]."""
        slab.reserve(max(feed.end for feed in feeds))
        return self.packed.feed(pack(feeds, slab, self.packed.device), slab, keep)


def forwards(feeds: Sequence[Feed]) -> list[list[int]]:
    """Numbers of the feeds of each forward, ascending.

    Attention pads queries to the longest feed of a forward, so very different lengths go apart.
    """
    groups: list[list[int]] = []
    longest = tokens = 0
    for number in sorted(range(len(feeds)), key=lambda number: -feeds[number].size):
        size = feeds[number].size
        tokens += size
        padding = longest * (len(groups[-1]) + 1) - tokens if groups else 0
        if not groups or tokens > FORWARD_TOKENS or padding > max(tokens // 4, PADDING_TOKENS):
            groups.append([])
            longest = tokens = size
        groups[-1].append(number)
    return [sorted(group) for group in groups]


def scored(choices: Sequence[Choice], branches: Sequence[Branch], logits: Tensor) -> list[float]:
    """Log-probability of each choice, the sum over its tokens, nats.

    Args:
        choices: tokens of each.
        branches: all but the last of these tokens, as `branches_of` says.
        logits: after the prompt, then after every token of every branch, [token, vocabulary].

    Raises:
        FloatingPointError: when the logits are no numbers.
    """
    log_p = logits.float().log_softmax(dim=-1)
    rows = [[0] for _ in choices]
    first = 1
    for branch in branches:
        for number in branch.choices:
            rows[number].extend(range(first, first + len(choices[number]) - 1))
        first += len(branch.tokens)
    chosen = iter(log_p[list(chain(*rows)), list(chain(*choices))].tolist())
    sums = [math.fsum(islice(chosen, len(choice))) for choice in choices]
    if any(map(math.isnan, sums)):
        raise FloatingPointError("the model's logits are no numbers, so that no choice has a probability")
    return sums


def _followed(feeds: Sequence[Feed], device: torch.device) -> Tensor:
    """Numbers of the tokens of a pack that something follows: each prompt's last, all of its branches."""
    ends = np.cumsum([feed.size for feed in feeds]).tolist()
    starts = [end - feed.size + len(feed.ids) - 1 for end, feed in zip(ends, feeds, strict=True)]
    numbers = chain.from_iterable(map(range, starts, ends))
    return torch.tensor([*numbers], device=device)


def _new(turns: Sequence[_Turn], group: Sequence[int]) -> Iterator[Stretch]:
    """What of a pack of prompts is whose."""
    first = 0
    for number in group:
        yield from turns[number].stretches(first)
        first += turns[number].feed.size


def _last(turns: Sequence[_Turn]) -> Iterator[Stretch]:
    """What of a pack of one token each is whose."""
    return (Stretch(turn.number, turn.next_feed.at, 1, first) for first, turn in enumerate(turns))


def _ids(job: Job) -> Ints:
    return np.array(job.ids, dtype=np.int64)


def _kept(turn: _Turn, slab: Slab) -> Kept:
    ids = np.array([*turn.job.ids, *turn.reply.ids[:-1]], dtype=np.int64)
    return Kept(slab, turn.feed.row, ids, asked=len(turn.job.ids))


def _outcome(turn: _Turn, seats: Seats, shared: int) -> Outcome:
    facts = {
        "path": Cached.name,
        "rows": len(seats.rows),
        "columns": seats.slab.columns,
        "in_place": seats.is_kept,
        "shared": shared,
        "cached": turn.feed.at,
        "new": len(turn.feed.ids),
    }
    scores = None if turn.job.decide == "generate" else tuple(turn.scores)
    written = None if turn.job.decide == "score" else tuple(turn.reply.log_probs)
    return Outcome(tuple(turn.reply.ids), turn.reply.finish, scores, facts, reply_logprobs=written)
