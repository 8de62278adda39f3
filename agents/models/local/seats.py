"""Seats: which slab row each prompt of a batch gets, and how much of the prompt stands there already."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agents.models.local.kv import Ints, Kept, Match, Shelf, Slab, common_prefix

SHARED = 32
"""Fewest tokens that several prompts must start with to be worth a forward of their own."""

SPARE = 64
"""Columns that a new slab has beyond its longest prompt."""


@dataclass(frozen=True, slots=True)
class Seats:
    """Where the conversations of a batch stand.

    Attributes:
        slab: of all of them.
        rows: its row for each prompt.
        cached: how many tokens of each prompt are there already; always one less than all, or fewer.
        is_kept: whether the slab is that of an earlier batch, continued in place.
    """

    slab: Slab
    rows: list[int]
    cached: list[int]
    is_kept: bool


class Seating:
    """Gives prompts their seats, and keeps what they become.

    Args:
        cache_bytes: budget of what is kept between batches.
    """

    def __init__(self, cache_bytes: int) -> None:
        self.shelf = Shelf(cache_bytes)
        self._column_bytes = 0.0  # of one row; the first slab tells

    def seat(self, prompts: Sequence[Ints]) -> Seats:
        """A slab row for every prompt: its conversation's own when all go on together, else a copy of it."""
        matches = [self.shelf.find(prompt) for prompt in prompts]
        cached = [match.length for match in matches]
        in_place = self._continued(matches)
        if in_place:
            return Seats(in_place[0].slab, [kept.row for kept in in_place], cached, is_kept=True)
        slab = Slab(len(prompts), max(map(len, prompts)) + SPARE)
        self.shelf.make_room(int(self._column_bytes * slab.rows * slab.columns))
        self._gather(matches, slab)
        return Seats(slab, [*range(len(prompts))], cached, is_kept=False)

    def teams(self, prompts: Sequence[Ints]) -> list[list[int]]:
        """Numbers of the prompts that can go on in place together, team by team; then of all others."""
        homes: dict[Slab | None, list[int]] = {}
        for number, prompt in enumerate(prompts):
            kept, _ = match = self.shelf.find(prompt)
            homes.setdefault(kept.slab if kept and match.continues else None, []).append(number)
        teams = [team for slab, team in homes.items() if slab is not None and slab.suits(len(team))]
        placed = {number for team in teams for number in team}
        return [*teams, [number for number in range(len(prompts)) if number not in placed]]

    def keep(self, slab: Slab, kept: Sequence[Kept]) -> None:
        """Keep conversations of a slab, as far as the budget allows."""
        self._column_bytes = slab.nbytes / (slab.rows * slab.columns)
        for one in kept:
            self.shelf.keep(one)
        self.shelf.make_room()

    def _continued(self, matches: Sequence[Match]) -> list[Kept]:
        """The conversations, off the shelf, if all of them can go on in place; else none."""
        kept = [match.kept for match in matches if match.kept is not None and match.continues]
        if len(set(kept)) < len(matches) or len({one.slab for one in kept}) > 1:
            return []
        if not kept[0].slab.suits(len(kept)):
            return []
        for one in kept:
            self.shelf.drop(one)
        return kept

    def _gather(self, matches: Sequence[Match], slab: Slab) -> None:
        """Copy what was found to the rows of a new slab; forget conversations that go on there."""
        sources: dict[Slab, list[tuple[int, Kept, int]]] = {}
        for row, (kept, length) in enumerate(matches):
            if kept is not None:
                sources.setdefault(kept.slab, []).append((row, kept, length))
        for source, found in sources.items():
            rows, origins = [row for row, _, _ in found], [kept.row for _, kept, _ in found]
            slab.copy(source, rows=rows, origins=origins, columns=max(length for _, _, length in found))
            self.shelf.touch(source)
        claims = Counter(match.kept for match in matches)
        for match in matches:
            if match.kept is not None and match.continues and claims[match.kept] == 1:
                self.shelf.drop(match.kept)


def shared_beginnings(prompts: Sequence[Ints], known: Sequence[int]) -> Iterator[Ints]:
    """Beginnings that several prompts share and none has kept, shorter before longer.

    Args:
        prompts: token ids.
        known: how many leading tokens of each prompt are kept already.
    """
    known = list(known)
    groups = [(0, [*range(len(prompts))])]
    while groups:
        depth, group = groups.pop()
        alike: dict[bytes, list[int]] = {}
        for number in group:
            if len(prompts[number]) > depth + SHARED:
                alike.setdefault(prompts[number][depth : depth + SHARED].tobytes(), []).append(number)
        for numbers in alike.values():
            if len(numbers) < 2:
                continue
            first = prompts[numbers[0]]
            length = min(min(common_prefix(first, prompts[one]), len(prompts[one]) - 1) for one in numbers)
            if sum(known[one] + SHARED <= length for one in numbers) > 1:
                yield first[:length]
                known = [max(have, length) if one in numbers else have for one, have in enumerate(known)]
            groups.append((length, numbers))
