"""Packed forwards: new tokens of many conversations as one row, without padding, over kept keys and values.

Only attention needs to know which token belongs to which conversation; every other layer sees one long row.
So `Packed` runs the model on that row with a cache that writes keys and values to their places in a slab, and
with an attention function that spreads the queries over the slab's rows, calls the one that the model was
loaded with, and packs its result again. Columns are positions, so masks follow from them: sliding windows,
learned positions and rows of any length need no care of their own.

Letters: N tokens of the pack, R rows that attend, Q queries a row, K columns, H heads, D head width.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import AttentionInterface, Cache, PreTrainedModel
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from agents.models.local.kv import Ints, Slab

PACKED = "ethogram_packed"
"""Name of the attention function, as transformers registers it."""


@dataclass(frozen=True, slots=True)
class Feed:
    """What one row of a slab is fed.

    Attributes:
        row: row of the slab.
        at: column, and position, of the first token; what stands before it is seen by all of them.
        ids: tokens.
        branches: continuations after `ids` that do not see each other, such as the options of a choice.
    """

    row: int
    at: int
    ids: Sequence[int]
    branches: tuple[tuple[int, ...], ...] = ()

    @property
    def size(self) -> int:
        """How many tokens."""
        return len(self.ids) + sum(map(len, self.branches))

    @property
    def end(self) -> int:
        """The column after its last token."""
        return self.at + self.size


@dataclass(frozen=True, slots=True)
class Pack:
    """Tokens of one forward, row by row.

    Attributes:
        ids: [N].
        position: [N], as the model's position ids.
        row: [N] row of the slab that holds the token.
        column: [N] its place there.
        trunk, start: [N] a token sees columns below `trunk`, and from `start` to its own; None where all
            tokens see every column up to their own.
        columns: K, columns that attention looks at.
        is_square: whether a plain causal mask says it all, which fast kernels do without a mask.
        rows: [R] rows of the slab that attend; None for all of them.
        spread: [R·Q] which token stands where among the queries; None when they fill it in order.
        places: [N] the inverse of `spread`.
        queries: Q.
    """

    ids: Tensor
    position: Tensor
    row: Tensor
    column: Tensor
    trunk: Tensor | None
    start: Tensor | None
    columns: int
    is_square: bool
    rows: Tensor | None
    spread: Tensor | None
    places: Tensor | None
    queries: int

    def visible(self, window: int | None) -> Tensor:
        """Whether a token sees a column, [N, K]: of its row, not later, within the window."""
        k = torch.arange(self.columns, device=self.ids.device)
        column = self.column[:, None]
        if self.trunk is None or self.start is None:
            seen = k <= column
            return seen if window is None else seen & (k > column - window)
        trunk, start = self.trunk[:, None], self.start[:, None]
        seen = (k <= column) & ((k < trunk) | (k >= start))
        if window is None:
            return seen
        position = torch.where(k < trunk, k, k - start + trunk)
        return seen & (position > self.position[:, None] - window)


def pack(feeds: Sequence[Feed], slab: Slab, device: torch.device) -> Pack:
    """The feeds as one pack; rows that are fed nothing stay as they are.

    Args:
        feeds: one per row, rows ascending.
        slab: where they go; its size decides whether all of its rows attend or a copy of some.
        device: of the tensors.
    """
    sizes = np.array([feed.size for feed in feeds])
    queries = int(sizes.max())
    seats = [feed.row for feed in feeds]
    some = 2 * len(feeds) <= slab.rows
    inner = np.arange(len(feeds)) if some else np.array(seats)
    slots = np.concatenate([np.arange(size) for size in sizes])
    places = np.repeat(inner, sizes) * queries + slots
    attending = len(feeds) if some else slab.rows
    full = len(places) == attending * queries
    spread = np.zeros(attending * queries, dtype=np.int64)  # a place without a token takes the first one
    spread[places] = np.arange(len(places))
    column = np.concatenate([np.arange(feed.at, feed.end) for feed in feeds])
    position, trunk, start = _branched(feeds, column)
    columns = max(feed.end for feed in feeds)
    branched = any(feed.branches for feed in feeds)

    def tensor(values: Ints) -> Tensor:
        return torch.from_numpy(values.astype(np.int64, copy=False)).to(device)

    return Pack(
        ids=tensor(np.concatenate([_tokens(feed) for feed in feeds])),
        position=tensor(position),
        row=tensor(np.repeat(seats, sizes)),
        column=tensor(column),
        trunk=tensor(trunk) if branched else None,
        start=tensor(start) if branched else None,
        columns=columns,
        is_square=full and not branched and queries in (1, columns) and all(f.end == columns for f in feeds),
        rows=tensor(np.array(seats)) if some else None,
        spread=None if full else tensor(spread),
        places=None if full else tensor(places),
        queries=queries,
    )


def _tokens(feed: Feed) -> Ints:
    return np.concatenate([np.asarray(part, dtype=np.int64) for part in (feed.ids, *feed.branches)])


def _branched(feeds: Sequence[Feed], column: Ints) -> tuple[Ints, Ints, Ints]:
    """Position, trunk and start of every token."""
    position, trunk, start = column.copy(), np.zeros_like(column), np.zeros_like(column)
    done = 0
    for feed in feeds:
        fork = feed.at + len(feed.ids)
        token = done + len(feed.ids)
        done += feed.size
        for branch in feed.branches:
            part = slice(token, token + len(branch))
            start[part], trunk[part] = column[token : token + 1], fork
            position[part] = np.arange(fork, fork + len(branch))
            token += len(branch)
    return position, trunk, start


class Packed:
    """A model that runs packs.

    Args:
        model: in eval mode; its config names our attention function while `running`, and its own otherwise.

    Attributes:
        windows: lengths of the sliding windows that its layers asked for so far; None for full attention.
    """

    def __init__(self, model: PreTrainedModel) -> None:
        self.model = model
        self.device: torch.device = model.device
        self.windows: set[int | None] = set()
        self._attention = model.config._attn_implementation
        AttentionInterface.register(PACKED, _attend)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Within it packs can be fed, and nothing else to this model."""
        self.model.config._attn_implementation = PACKED
        try:
            with torch.inference_mode():
                yield
        finally:
            self.model.config._attn_implementation = self._attention

    def feed(self, pack: Pack, slab: Slab, keep: Tensor | int) -> Tensor:
        """Logits of some tokens, [token, vocabulary]; keys and values of all stay in the slab.

        Args:
            pack: the tokens.
            slab: holds what they see, and has room for them.
            keep: numbers of the tokens whose logits are wanted; or how many at the end, 0 for all.
        """
        forward = _Forward(slab, pack, self._attention)
        before = _RUNNING.set(forward)
        try:
            made = self.model(
                input_ids=pack.ids[None],
                attention_mask=torch.ones_like(pack.ids)[None],  # none is padding; `_attend` knows the rest
                position_ids=pack.position[None],
                past_key_values=_Places(slab, pack),
                use_cache=True,
                logits_to_keep=keep,
            )
        finally:
            _RUNNING.reset(before)
        self.windows.update(forward.masks)
        logits: Tensor = made.logits[0]
        return logits


@dataclass(slots=True)
class _Forward:
    """The forward under way, and its masks, which layers share."""

    slab: Slab
    pack: Pack
    attention: str
    masks: dict[int | None, Tensor | None] = field(default_factory=dict)

    def attend(self, module: torch.nn.Module) -> Any:
        """The attention function that the model was loaded with."""
        if self.attention == "eager":
            return sys.modules[type(module).__module__].eager_attention_forward
        return ALL_ATTENTION_FUNCTIONS[self.attention]

    def mask(self, window: int | None, dtype: torch.dtype) -> Tensor | None:
        """What is added to scores, [R, 1, Q, K]: 0 where a token sees, else very low; None if just causal."""
        if window not in self.masks:
            is_plain = self.pack.is_square and (window is None or window >= self.pack.columns)
            self.masks[window] = None if is_plain and self.attention == "sdpa" else self._low(window, dtype)
        return self.masks[window]

    def _low(self, window: int | None, dtype: torch.dtype) -> Tensor:
        seen = self.spread(self.pack.visible(window)).unsqueeze(1)
        return torch.zeros_like(seen, dtype=dtype).masked_fill_(~seen, torch.finfo(dtype).min)

    def spread(self, tokens: Tensor) -> Tensor:
        """[N, …] as [R, Q, …]."""
        index = self.pack.spread
        placed = tokens if index is None else tokens.index_select(0, index)
        return placed.reshape(-1, self.pack.queries, *tokens.shape[1:])

    def gathered(self, queries: Tensor) -> Tensor:
        """[R, Q, …] as [N, …]."""
        flat = queries.flatten(0, 1)
        return flat if self.pack.places is None else flat.index_select(0, self.pack.places)


_RUNNING: ContextVar[_Forward] = ContextVar("the packed forward under way")


def _attend(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    sliding_window: int | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attention of a pack, as transformers calls it: query [1, H, N, D], key and value [R, H, K, D]."""
    running = _RUNNING.get()
    queries = running.spread(query[0].transpose(0, 1))  # [N, H, D] → [R, Q, H, D]
    mask = running.mask(sliding_window, query.dtype)
    attended, _ = running.attend(module)(module, queries.transpose(1, 2), key, value, mask, **others)
    return running.gathered(attended)[None], None


class _Places(Cache):
    """What the model takes for its cache: every new key and value goes to its place in the slab."""

    def __init__(self, slab: Slab, pack: Pack) -> None:
        super().__init__(layers=[])
        self._slab = slab
        self._pack = pack

    def update(
        self, key_states: Tensor, value_states: Tensor, layer_idx: int, *args: Any, **kwargs: Any
    ) -> tuple[Tensor, Tensor]:
        """Keys and values of the rows that attend, [R, H, K, D], the new ones [1, H, N, D] included."""
        slab, pack = self._slab, self._pack
        slab.write(layer_idx, key_states, value_states, row=pack.row, column=pack.column)
        keys, values = slab.read(layer_idx, pack.columns)
        if pack.rows is None:
            return keys, values
        return keys.index_select(0, pack.rows), values.index_select(0, pack.rows)
