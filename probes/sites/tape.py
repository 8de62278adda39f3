"""A tape: the rows and scores of the tokens that were asked for, of many jobs, over many forwards.

Whoever runs the model knows which token stands where. Before a forward it says which tokens to keep and whose
they are; the tape copies these and nothing else, and they stay on the device until someone asks.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from probes.sites.hooks import Hooks
from probes.sites.names import Site
from probes.sites.site_map import SiteMap

Owner = tuple[int, int]
"""Whose token: number of the job, and the token's position in it, counted from the first of the prompt."""


@dataclass(frozen=True, slots=True)
class Scorer:
    """A fitted probe as an affine map of a token's row.

    Attributes:
        id: of the probe.
        site: what it reads.
        weight: [classes, width]; one row for a single score.
        bias: [classes].
    """

    id: str
    site: Site
    weight: Tensor
    bias: Tensor

    def __call__(self, rows: Tensor) -> Tensor:
        """Scores [tokens] of rows [tokens, width], in fp32.

        With several classes it is the margin of the best one: its score minus that of the next.
        """
        weight = self.weight.to(rows.device, torch.float32)
        scores = rows.float() @ weight.T + self.bias.to(rows.device, torch.float32)
        if scores.shape[-1] == 1:
            return scores[..., 0]
        best = scores.topk(2, dim=-1).values
        return best[..., 0] - best[..., 1]


class _Enough(Exception):
    """All that was expected has been seen."""


@dataclass(slots=True)
class _Wish:
    """Tokens of one forward, and what was found of them, in the same order.

    Attributes:
        places: their numbers, flattened over [rows · columns].
        found: a tensor [tokens, ...] for each thing that was asked of them; None until it is seen.
        last: the largest number.
        index: the numbers on the device that held a site last.
        listed: what was found, as numbers, once they were asked for.
    """

    places: Sequence[int]
    found: list[Tensor | None]
    last: int = field(init=False)
    index: Tensor | None = None
    listed: dict[int, list[float]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.last = max(self.places)

    def of(self, tensor: Tensor) -> Tensor:
        """A copy of these tokens' numbers [tokens, width]."""
        flat = tensor.reshape(-1, tensor.shape[-1])
        if self.last >= flat.shape[0]:  # a device would say less
            raise IndexError(f"token {self.last} was to be kept, of a forward of {flat.shape[0]}")
        if self.index is None or self.index.device != flat.device:
            self.index = torch.tensor(self.places, device=flat.device)
        return flat.index_select(0, self.index)

    def rows(self, number: int, rows: Sequence[int]) -> Tensor:
        """Some rows of what was found."""
        found = self.found[number]
        assert found is not None
        return found[rows[0] : rows[0] + 1] if len(rows) == 1 else found[list(rows)]

    def numbers(self, number: int, rows: Sequence[int]) -> list[float]:
        """Some scores, NaN where none was found; brings all to the CPU at once, and once."""
        found = self.found[number]
        if found is None:
            return [math.nan] * len(rows)
        if number not in self.listed:
            self.listed[number] = found.tolist()
        listed = self.listed[number]
        return [listed[row] for row in rows]


class Tape:
    """Keeps rows and scores of a model's tokens.

    Args:
        site_map: of the model.
        sites: which rows to keep of a token.
        scorers: probes that score a token.
        dtype: of the rows kept; None for the model's own.

    Raises:
        UsageError: when the model lacks a site.
    """

    def __init__(
        self,
        site_map: SiteMap,
        sites: Sequence[Site],
        *,
        scorers: Sequence[Scorer] = (),
        dtype: torch.dtype | None = None,
    ) -> None:
        self.sites = tuple(sites)
        self.scorers = tuple(scorers)
        self._places = site_map.places
        self._dtype = dtype
        self._hooks = Hooks(site_map, [*self.sites, *(scorer.site for scorer in self.scorers)])
        self._number = {site: number for number, site in enumerate(self.sites)}
        self._readers: dict[Site, list[int]] = {}
        for number, scorer in enumerate(self.scorers):
            self._readers.setdefault(scorer.site, []).append(number)
        self._is_on = self._stops = False
        self._wish: _Wish | None = None
        self._score_wish: _Wish | None = None
        self._kept: dict[int, dict[int, tuple[_Wish, int]]] = {}
        self._scored: dict[int, dict[int, tuple[_Wish, int]]] = {}

    @contextmanager
    def recording(self, *, stop_early: bool = False) -> Iterator[None]:
        """Within it forwards of this thread are read; nothing but forwards of the model belongs in it.

        Hooks are set once: a batch that is recorded as a whole may record each forward again at no cost.

        Args:
            stop_early: whether the block is left as soon as all that is expected has been seen. What was seen
                is bit-equal to that of a whole forward; there is no output.
        """
        outer, self._stops = self._is_on, stop_early
        hooks = nullcontext() if outer else self._hooks.reading(self._take)
        try:
            with suppress(_Enough), hooks:
                self._is_on = True
                yield
        finally:
            self._is_on, self._stops = outer, False
            self._wish = self._score_wish = None

    def expect(self, places: Sequence[int], owners: Sequence[Owner]) -> None:
        """Say which tokens of the next forward to keep; none when empty.

        Args:
            places: their numbers, flattened over the forward's [rows · columns].
            owners: whose each of them is; a token kept before is replaced.
        """
        self._wish = _wish(places, owners, len(self.sites), self._kept)

    def score(self, places: Sequence[int], owners: Sequence[Owner]) -> None:
        """Say which tokens of the next forward to score, as `expect` does; no rows are kept for it."""
        self._score_wish = _wish(places, owners, len(self.scorers), self._scored)

    def rows(self, job: int, positions: Sequence[int]) -> list[Tensor] | None:
        """The rows of a job's tokens, [len(positions), width] for each site; None when one was never seen."""
        kept = self._kept.get(job, {})
        if any(position not in kept for position in positions):
            return None
        runs = _runs(kept, positions)
        if any(one is None for wish, _ in runs for one in wish.found):
            return None
        return [
            torch.cat([wish.rows(number, rows) for wish, rows in runs]) for number in range(len(self.sites))
        ]

    def scores(self, job: int) -> dict[str, tuple[int, list[float]]]:
        """Each probe's scores of a job's tokens: number of the first token, and a score for each from there.

        NaN stands where no score was computed; a probe that scored nothing is left out.
        """
        scored = self._scored.get(job, {})
        positions = sorted(scored)
        runs = _runs(scored, positions)
        found: dict[str, tuple[int, list[float]]] = {}
        for number, scorer in enumerate(self.scorers):
            values = [value for wish, rows in runs for value in wish.numbers(number, rows)]
            by_position = dict(zip(positions, values, strict=True))
            if not all(map(math.isnan, values)):
                every = range(positions[0], positions[-1] + 1)
                found[scorer.id] = positions[0], [by_position.get(at, math.nan) for at in every]
        return found

    def forget(self, job: int) -> None:
        """Drop what is kept of a job."""
        self._kept.pop(job, None)
        self._scored.pop(job, None)

    def _take(self, site: Site, tensor: Tensor) -> None:
        """The sink of the hooks; what one forward has brought, a later one does not replace."""
        if self._wish is not None:
            self._take_rows(self._wish, site, tensor)
        if self._score_wish is not None:
            self._take_scores(self._score_wish, site, tensor)
        if self._stops and self._has_all:
            raise _Enough

    @property
    def _has_all(self) -> bool:
        wishes = (self._wish, self._score_wish)
        return all(one is not None for wish in wishes if wish is not None for one in wish.found)

    def _take_rows(self, wish: _Wish, site: Site, tensor: Tensor) -> None:
        number = self._number.get(site)
        if number is None or wish.found[number] is not None:
            return
        place, rows = self._places[site], wish.of(tensor)
        if place.part is not None or place.head is not None:
            rows = place.value(rows).contiguous()  # heads of a fused projection would keep all of it
        wish.found[number] = rows if self._dtype is None else rows.to(self._dtype)

    def _take_scores(self, wish: _Wish, site: Site, tensor: Tensor) -> None:
        readers = [reader for reader in self._readers.get(site, ()) if wish.found[reader] is None]
        if not readers:
            return
        rows = self._places[site].value(wish.of(tensor)).float()
        for reader in readers:
            wish.found[reader] = self.scorers[reader](rows)


def read_ids(
    model: Any,
    site_map: SiteMap,
    ids: Sequence[int],
    sites: Sequence[Site],
    positions: Sequence[int],
    *,
    stop_early: bool = True,
) -> list[Tensor]:
    """Rows of one prompt's tokens, [len(positions), width] for each site, from one forward without a cache.

    Args:
        model: in eval mode.
        site_map: of the model.
        ids: the prompt.
        sites: which rows.
        positions: which tokens.
        stop_early: whether the forward ends after the last module that is needed; the values are the same.
    """
    tape = Tape(site_map, sites)
    with tape.recording(stop_early=stop_early):
        tape.expect(positions, [(0, position) for position in positions])
        _forward(model, ids)
    rows = tape.rows(0, positions)
    if rows is None:
        raise RuntimeError("the forward passed no tokens through a module that the sites stand on")
    return rows


def score_ids(
    model: Any, site_map: SiteMap, ids: Sequence[int], scorers: Sequence[Scorer], *, stop_early: bool = True
) -> dict[str, list[float]]:
    """Each probe's score of every token of one prompt, by the probe's id; reads as `read_ids` does."""
    tape = Tape(site_map, (), scorers=scorers)
    with tape.recording(stop_early=stop_early):
        tape.score(range(len(ids)), [(0, position) for position in range(len(ids))])
        _forward(model, ids)
    return {probe: values for probe, (_, values) in tape.scores(0).items()}


def _forward(model: Any, ids: Sequence[int]) -> None:
    row = torch.tensor([ids], device=model.get_input_embeddings().weight.device)
    with torch.inference_mode():
        model(input_ids=row, attention_mask=torch.ones_like(row), use_cache=False)


def _wish(
    places: Sequence[int], owners: Sequence[Owner], things: int, into: dict[int, dict[int, tuple[_Wish, int]]]
) -> _Wish | None:
    """What to look for, entered under its owners; None for nothing."""
    if len(places) != len(owners):
        raise ValueError(f"{len(places)} tokens with {len(owners)} owners")
    if not places or not things:
        return None
    wish = _Wish(places, [None] * things)
    for row, (job, position) in enumerate(owners):
        into.setdefault(job, {})[position] = wish, row
    return wish


def _runs(known: dict[int, tuple[_Wish, int]], positions: Sequence[int]) -> list[tuple[_Wish, list[int]]]:
    """These positions' rows, those that one forward brought in a row together."""
    runs: list[tuple[_Wish, list[int]]] = []
    for position in positions:
        wish, row = known[position]
        if not runs or runs[-1][0] is not wish:
            runs.append((wish, []))
        runs[-1][1].append(row)
    return runs
