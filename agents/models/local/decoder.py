"""A causal language model as the lab calls it: explicit mask, explicit positions, one cache per batch.

transformers' `generate` finds positions and masks by itself, a plain forward does not: a left-padded GPT-2 is
then wrong by more than its own logits (probes.md T4). So everything is said at every call.
"""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import torch
from torch import Tensor
from torch.nn.functional import pad

from agents.models.local.jobs import Job
from agents.models.local.sampling import Sampler, log_probs
from lab.core.errors import UsageError

Finish = Literal["stop", "length"]


@dataclass(slots=True)
class Context:
    """Prompts that a model has read, one row each.

    Attributes:
        cache: what the model keeps of them; forwards append to it.
        mask: where a column of the cache holds a token of the row [row, column], bool.
        positions: position of each row's next token [row].
        logits: of each row's next token [row, vocab].
    """

    cache: Any
    mask: Tensor
    positions: Tensor
    logits: Tensor

    def rows(self, rows: Tensor) -> Context:
        """These rows [row], in this order, also repeatedly; the context itself stays as it is."""
        cache = selected(self.cache, rows)
        return Context(cache, self.mask[rows], self.positions[rows], self.logits[rows])


class Reply:
    """A reply being written.

    Attributes:
        ids: its tokens so far, the end token included.
        log_probs: of these tokens at temperature 1, nats; known when the batch is done.
        finish: why it ended, None while it goes on.
    """

    __slots__ = ("_job", "_most", "finish", "ids", "log_probs")

    def __init__(self, job: Job, most: int) -> None:
        self._job = job
        self._most = min(job.max_tokens, most)
        self.ids: list[int] = []
        self.log_probs: list[float] = []
        self.finish: Finish | None = None if self._most > 0 else "length"

    def take(self, token: int) -> None:
        """Append a token; nothing happens to a reply that has ended.

        Raises:
            FloatingPointError: when the token is -1, which stands for logits that are no numbers.
        """
        if self.finish is not None:
            return
        if token < 0:
            raise FloatingPointError(
                f"the model's logits are no numbers after {len(self.ids)} tokens of reply"
            )
        self.ids.append(token)
        stops = self._job.stops
        if token in self._job.ends or (stops is not None and stops(self.ids)):
            self.finish = "stop"
        elif len(self.ids) == self._most:
            self.finish = "length"


class Tally:
    """Log-probabilities of the tokens that were drawn; they wait on the device until all are there."""

    def __init__(self) -> None:
        self._drawn: list[tuple[Sequence[Reply], Tensor]] = []

    def add(self, replies: Sequence[Reply], logits: Tensor, tokens: Tensor) -> None:
        """Note a step: logits [row, vocab] and what was drawn from them [row]."""
        self._drawn.append((replies, log_probs(logits, tokens)))

    def tell(self) -> None:
        """Give every reply its own."""
        if not self._drawn:
            return
        values = iter(torch.cat([found for _, found in self._drawn]).tolist())
        for replies, _ in self._drawn:
            for reply, value in zip(replies, values, strict=False):
                if len(reply.log_probs) < len(reply.ids):  # else it had ended, and nothing was drawn for it
                    reply.log_probs.append(value)


class Ear(Protocol):
    """Listens while replies are written."""

    def hearing(self, rows: Sequence[int], replies: Sequence[Reply]) -> AbstractContextManager[None]:
        """Stands around a forward that feeds each reply's last token; rows count as the batch began.

        A reply that has ended is fed what nobody asked for.
        """
        ...

    def written(self, rows: Sequence[int], replies: Sequence[Reply]) -> None:
        """Is told after every token; some replies may have ended, long ago too."""
        ...


class Decoder:
    """Reads prompts and writes replies, many rows at a time.

    Args:
        model: a causal language model of transformers, in eval mode.
        pad_id: any token of its vocabulary, to fill places that the mask hides.

    Raises:
        UsageError: when the model keeps no key-value cache that can be handed in.
    """

    def __init__(self, model: Any, *, pad_id: int) -> None:
        known = inspect.signature(model.forward).parameters
        if "past_key_values" not in known:
            family = type(model).__name__
            raise UsageError(f"{family} keeps no key-value cache (`past_key_values`); local/ needs one")
        self.model = model
        self.pad_id = pad_id
        self.config = model.config.get_text_config()
        self.limit: int | None = getattr(self.config, "max_position_embeddings", None)
        self._takes_positions = "position_ids" in known
        self._takes_keep = "logits_to_keep" in known

    @property
    def device(self) -> torch.device:
        """Where tokens go in."""
        device: torch.device = self.model.get_input_embeddings().weight.device
        return device

    def read(self, prompts: Sequence[Sequence[int]], *, columns: int = 0) -> Context:
        """The prompts, read: left-padded to the longest, or to `columns` if that is more."""
        logits, cache, mask = self.logits(prompts, keep=1, columns=columns)
        return Context(cache, mask, mask.sum(-1), logits[:, -1])

    def logits(
        self, prompts: Sequence[Sequence[int]], *, keep: int, columns: int = 0
    ) -> tuple[Tensor, Any, Tensor]:
        """Logits after the last `keep` tokens [row, keep, vocab], the cache, and its mask [row, column]."""
        longest = max(len(prompt) for prompt in prompts)
        if self.limit is not None and longest > self.limit:
            raise ValueError(f"a prompt of {longest} tokens, where the model takes {self.limit}")
        columns = max(columns, longest)
        pads = [columns - len(prompt) for prompt in prompts]
        filled = [[self.pad_id] * pad + [*prompt] for pad, prompt in zip(pads, prompts, strict=True)]
        tokens = torch.tensor(filled, device=self.device)
        starts = torch.tensor(pads, device=self.device)[:, None]
        places = torch.arange(columns, device=self.device)[None]
        positions = (places - starts).clamp_(min=0)
        mask = places >= starts
        logits, cache = self.feed(
            None, tokens, mask=mask if any(pads) else None, positions=positions, keep=keep
        )
        return logits, cache, mask

    def feed(
        self, cache: Any, tokens: Tensor, *, mask: Tensor | None, positions: Tensor, keep: int = 0
    ) -> tuple[Tensor, Any]:
        """Logits after the last `keep` of these tokens, 0 for all [row, token, vocab], and the grown cache.

        Args:
            cache: of what came before; None for nothing. It is appended to in place.
            tokens: of each row [row, token].
            mask: over all columns of the cache and the tokens [row, column]; None where none is hidden.
            positions: of the tokens in their rows [row, token].
            keep: how many of the last logits are wanted.
        """
        more: dict[str, Any] = {"position_ids": positions} if self._takes_positions else {}
        if self._takes_keep:
            more["logits_to_keep"] = keep
        out = self.model(tokens, attention_mask=mask, past_key_values=cache, use_cache=True, **more)
        return out.logits[:, -keep:], out.past_key_values

    def write(
        self, context: Context, jobs: Sequence[Job], *, drop: bool = True, ear: Ear | None = None
    ) -> list[Reply]:
        """The reply to each row's prompt; uses the context up.

        Rows that are done leave the batch when they are half of it, unless `drop` is false: then the cache
        keeps every row, and its columns after the end of a reply hold what nobody asked for.

        Raises:
            FloatingPointError: when the logits of a row are no numbers.
        """
        replies = [Reply(job, self._room(len(job.ids))) for job in jobs]
        live, state, rows = replies, context, [*range(len(jobs))]
        tally = Tally()
        sampler = Sampler(jobs, context.logits.device)
        hides = not bool(context.mask.all())
        tokens, step = context.positions, 0
        while open_rows := [row for row, reply in enumerate(live) if reply.finish is None]:
            if step and drop and 2 * len(open_rows) <= len(live):
                chosen = torch.tensor(open_rows, device=self.device)
                live, state, tokens = [live[row] for row in open_rows], state.rows(chosen), tokens[chosen]
                rows = [rows[row] for row in open_rows]
                sampler.keep(chosen)
            if step:
                with nullcontext() if ear is None else ear.hearing(rows, live):
                    self.advance(state, tokens, hides=hides)
            tokens = sampler.draw(state.logits, step)
            tally.add(live, state.logits, tokens)
            for reply, token in zip(live, tokens.tolist(), strict=True):  # the step's one wait for the device
                reply.take(token)
            if ear is not None:
                ear.written(rows, live)
            step += 1
        tally.tell()
        return replies

    def advance(self, context: Context, tokens: Tensor, *, hides: bool = True) -> None:
        """Feed the next token of every row [row]; `hides` says whether the mask hides anything."""
        context.mask = pad(context.mask, (0, 1), value=True)
        # a row that is done may outrun the model's positions; its logits are nobody's
        positions = context.positions if self.limit is None else context.positions.clamp(max=self.limit - 1)
        mask = context.mask if hides else None
        logits, context.cache = self.feed(
            context.cache, tokens[:, None], mask=mask, positions=positions[:, None]
        )
        context.logits, context.positions = logits[:, -1], context.positions + 1

    def _room(self, prompt: int) -> int:
        """How many tokens fit after a prompt of so many; the last one needs no position."""
        return sys.maxsize if self.limit is None else self.limit - prompt + 1


def selected(cache: Any, rows: Tensor) -> Any:
    """A cache of these rows [row], in this order, also repeatedly; the cache itself stays as it is."""
    chosen = copy.copy(cache)
    chosen.layers = [_twin(layer) for layer in cache.layers]
    chosen.reorder_cache(rows)
    return chosen


def _twin(layer: Any) -> Any:
    """A layer that shares its tensors but nothing that `reorder_cache` rebinds."""
    twin = copy.copy(layer)
    for name, value in vars(layer).items():
        if isinstance(value, dict):  # states of linear attention
            setattr(twin, name, dict(value))
    return twin
