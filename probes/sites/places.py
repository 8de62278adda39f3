"""A place: the module that holds a site, and how the site is cut out of what the module takes or gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lab.core.errors import UsageError
from probes.sites.families import Layout, Side


class Heads(NamedTuple):
    """Heads of attention: how many have queries, how many keys and values, and their width."""

    queries: int
    pairs: int
    width: int


class Part(NamedTuple):
    """The heads of one kind in a fused projection, seen as [groups, slots, head width].

    Attributes:
        groups, slots: the shape.
        start, stop: the slots that are meant, of each group.
    """

    groups: int
    slots: int
    start: int
    stop: int

    @property
    def heads(self) -> int:
        """How many heads are meant."""
        return self.groups * (self.stop - self.start)

    def of(self, tensor: Tensor) -> Tensor:
        """A view of the slots that are meant [..., groups, stop - start, head width]."""
        slotted: Tensor = tensor.unflatten(-1, (self.groups, self.slots, -1))
        return slotted[..., self.start : self.stop, :]


@dataclass(frozen=True, slots=True)
class Head:
    """From normed residual to logits: the output embedding, and the cap of Gemma 2.

    Attributes:
        module: the output embedding.
        cap: logits are cap · tanh(logits / cap); None for no cap.
    """

    module: nn.Module
    cap: float | None

    def __call__(self, normed: Tensor) -> Tensor:
        """Logits [..., vocabulary] of rows [..., width]."""
        logits: Tensor = self.module(normed)
        return logits if self.cap is None else torch.tanh(logits / self.cap) * self.cap


@dataclass(frozen=True, slots=True)
class Place:
    """Where a site is.

    Attributes:
        module: holds it.
        path: the module's, from the model.
        side: whether it is the module's first input or its first output.
        width: numbers of a token.
        part: which part of the module's numbers; None for all of them.
        head: what is applied to them, token by token; None for nothing.
    """

    module: nn.Module
    path: str
    side: Side
    width: int
    part: Part | None = None
    head: Head | None = None

    def value(self, tensor: Tensor) -> Tensor:
        """The site's numbers [..., width] in those of its module [..., module's width]; may be a view."""
        if self.part is not None:
            tensor = self.part.of(tensor).flatten(-3)
        return tensor if self.head is None else self.head(tensor)

    def put(self, tensor: Tensor, value: Tensor) -> Tensor:
        """The module's numbers with the site's replaced; neither tensor is changed."""
        if self.head is not None:
            raise UsageError("logits are computed from the normed residual and cannot be written")
        if self.part is None:
            return value
        written = tensor.clone()
        into = self.part.of(written)
        into.copy_(value.reshape(into.shape))
        return written


def heads_of(config: Any) -> Heads:
    """The heads that a config says, in any family's words (probes.md T3)."""
    queries = int(config.num_attention_heads)
    pairs = getattr(config, "num_key_value_heads", None) or queries
    if config.model_type == "falcon":
        pairs = queries
        if config.new_decoder_architecture:
            pairs = config.num_kv_heads
        elif config.multi_query:
            pairs = 1
    width = getattr(config, "head_dim", None) or config.hidden_size // queries
    return Heads(queries, int(pairs), int(width))


def part_of(name: str, layout: Layout, heads: Heads) -> Part | None:
    """The slots of `q`, `k` or `v` in a projection; None when it is all theirs."""
    if layout == "whole":
        return None
    if layout == "gated":
        return Part(heads.queries, 2, 0, 1)
    groups = 1 if layout == "split" else heads.pairs
    queries, pairs = heads.queries // groups, heads.pairs // groups
    start = {"q": 0, "k": queries, "v": queries + pairs}[name]
    return Part(groups, queries + 2 * pairs, start, start + (queries if name == "q" else pairs))
