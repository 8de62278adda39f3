"""Kept keys and values: slabs that hold many conversations, and a shelf that finds one by its tokens.

A slab row is one conversation, its column j the conversation's token j: a row can be cut back, continued in
place or copied to another slab, and nothing has to be told where its holes are, for it has none. The shelf
knows conversations by token ids alone (probes.md T16), so one that re-encodes differently, or that shares
its rules with another, simply finds a shorter beginning.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

Ints = np.ndarray[Any, np.dtype[np.int64]]

BLOCK = 16
"""Tokens of a step when a conversation is looked up; shorter common beginnings are not worth keeping."""

CANDIDATES = 32
"""Most conversations with the same blocks that are compared token by token."""


SLACK = 6
"""Most tokens that a template ends a prompt with and writes differently once the reply stands after them."""


class Slab:
    """Keys and values of some conversations, per layer [rows, heads, columns, head width].

    Tensors are allocated when a layer first writes, as zeros: an unused column must hold no NaN, which a
    mask would not hide.

    Args:
        rows: conversations it can hold.
        columns: tokens that each can have; grows where more are written.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self.rows = rows
        self.columns = _rounded(columns)
        self._layers: dict[int, tuple[Tensor, Tensor]] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of all its tensors."""
        return sum(keys.nbytes + values.nbytes for keys, values in self._layers.values())

    def suits(self, count: int) -> bool:
        """Whether so many of its conversations had better go on here than in a smaller slab."""
        return 2 * count >= self.rows

    def reserve(self, columns: int) -> None:
        """Make room for so many columns, and for a quarter more where it has to grow."""
        if columns <= self.columns:
            return
        self.columns = _rounded(columns + columns // 4)
        for layer, (keys, values) in self._layers.items():
            self._layers[layer] = (self._grown(keys), self._grown(values))

    def write(self, layer: int, keys: Tensor, values: Tensor, *, row: Tensor, column: Tensor) -> None:
        """Put new keys and values, [1, heads, tokens, head width], where `row` and `column` [tokens] say."""
        if layer not in self._layers:
            self._layers[layer] = (self._empty(keys), self._empty(values))
        for held, new in zip(self._layers[layer], (keys, values), strict=True):
            held[row, :, column] = new[0].transpose(0, 1)

    def read(self, layer: int, columns: int) -> tuple[Tensor, Tensor]:
        """Views of the first columns of all rows."""
        keys, values = self._layers[layer]
        return keys[:, :, :columns], values[:, :, :columns]

    def copy(self, source: Slab, *, rows: Sequence[int], origins: Sequence[int], columns: int) -> None:
        """Copy the first columns of rows of another slab, one to each of `rows`."""
        for layer, pair in source._layers.items():
            if layer not in self._layers:
                keys, values = pair
                self._layers[layer] = (self._empty(keys), self._empty(values))
            for held, theirs in zip(self._layers[layer], pair, strict=True):
                into = torch.tensor(rows, device=held.device)
                taken = torch.tensor(origins, device=held.device)
                held[into, :, :columns] = theirs[taken, :, :columns]

    def _empty(self, like: Tensor) -> Tensor:
        return like.new_zeros(self.rows, like.shape[1], self.columns, like.shape[3])

    def _grown(self, held: Tensor) -> Tensor:
        grown = self._empty(held)
        grown[:, :, : held.shape[2]] = held
        return grown


@dataclass(slots=True, eq=False)
class Kept:
    """A conversation that stands in a slab.

    Attributes:
        slab, row: where.
        ids: its tokens, whose keys and values are there.
        asked: how many of them were the prompt when it was last run; the rest was generated.
    """

    slab: Slab
    row: int
    ids: Ints
    asked: int

    def common(self, ids: Ints) -> int:
        """How many leading tokens it shares with `ids`."""
        return common_prefix(self.ids, ids)


class Match(NamedTuple):
    """The kept conversation that shares most leading tokens with a prompt, and how many."""

    kept: Kept | None = None
    length: int = 0

    @property
    def continues(self) -> bool:
        """Whether the prompt goes on where the conversation was, so that nobody will miss what it replaces.

        A reply may come back shortened, as templates drop earlier thinking. A prompt that leaves the
        conversation earlier is another one with the same rules, or a fork.
        """
        return self.kept is not None and self.length >= self.kept.asked - SLACK


@dataclass(slots=True)
class _Node:
    """Conversations that start with the same blocks; newest last."""

    children: dict[bytes, _Node] = field(default_factory=dict)
    kept: dict[Kept, None] = field(default_factory=dict)


class Shelf:
    """Kept conversations, found by their tokens, under a byte budget.

    Args:
        budget: bytes that slabs nobody is using right now may take.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.evicted = 0
        self._root = _Node()
        self._slabs: dict[Slab, dict[Kept, None]] = {}

    @property
    def nbytes(self) -> int:
        """Bytes of all kept slabs."""
        return sum(slab.nbytes for slab in self._slabs)

    def __len__(self) -> int:
        """How many conversations are kept."""
        return sum(map(len, self._slabs.values()))

    def find(self, ids: Ints) -> Match:
        """The longest match that leaves at least one token of the prompt to be run."""
        node = self._root
        for block in _blocks(ids):
            deeper = node.children.get(block)
            if deeper is None:
                break
            node = deeper
        newest_first = list(reversed(node.kept))[:CANDIDATES]
        matches = [Match(kept, min(kept.common(ids), len(ids) - 1)) for kept in newest_first]
        return max(matches, key=lambda match: match.length, default=Match())

    def keep(self, kept: Kept) -> None:
        """Remember a conversation, and that its slab was used last."""
        self._slabs[kept.slab] = {**self._slabs.pop(kept.slab, {}), kept: None}
        for node in self._path(kept.ids):
            node.kept[kept] = None

    def touch(self, slab: Slab) -> None:
        """Say that a slab was used last, if it is still kept."""
        if slab in self._slabs:
            self._slabs[slab] = self._slabs.pop(slab)

    def drop(self, kept: Kept) -> None:
        """Forget a conversation, if it is still kept; its slab goes with the last one."""
        if kept not in self._slabs.get(kept.slab, {}):
            return
        for node in self._path(kept.ids):
            del node.kept[kept]
        self._prune(kept.ids)
        rows = self._slabs[kept.slab]
        del rows[kept]
        if not rows:
            del self._slabs[kept.slab]

    def make_room(self, nbytes: int = 0) -> None:
        """Drop slabs, least recently used first, until so many more bytes fit the budget."""
        held = self.nbytes
        while self._slabs and held + nbytes > self.budget:
            oldest = next(iter(self._slabs))
            held -= oldest.nbytes
            self.evicted += 1
            for kept in list(self._slabs[oldest]):
                self.drop(kept)

    def clear(self) -> None:
        """Forget everything."""
        self._root = _Node()
        self._slabs.clear()

    def _path(self, ids: Ints) -> list[_Node]:
        node, path = self._root, []
        for block in _blocks(ids):
            node = node.children.setdefault(block, _Node())
            path.append(node)
        return path

    def _prune(self, ids: Ints) -> None:
        node = self._root
        for block in _blocks(ids):
            if not node.children[block].kept:
                del node.children[block]
                return
            node = node.children[block]


def common_prefix(some: Ints, other: Ints) -> int:
    """How many leading tokens two sequences share."""
    length = min(len(some), len(other))
    differs = some[:length] != other[:length]
    return int(differs.argmax()) if differs.any() else length


def _blocks(ids: Ints) -> list[bytes]:
    raw = ids.tobytes()
    step = BLOCK * ids.itemsize
    return [raw[at : at + step] for at in range(0, len(raw) - step + 1, step)]


def _rounded(columns: int) -> int:
    return -(-columns // 64) * 64
