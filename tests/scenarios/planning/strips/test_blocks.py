from __future__ import annotations

from collections import Counter

import pytest

from lab.core.streams import generator
from scenarios.planning.strips.blocks import (
    blocks_task,
    n_arrangements,
    random_blocks_task,
    random_towers,
    state_towers,
    towers_state,
)
from scenarios.planning.strips.distances import explore


@pytest.mark.parametrize(("blocks", "count"), [(1, 1), (2, 3), (3, 13), (4, 73), (5, 501)])
def test_exploring_finds_as_many_arrangements_as_there_are(blocks: int, count: int) -> None:
    names = "abcde"[:blocks]
    space = explore(blocks_task(tuple((name,) for name in names), (tuple(names),)))
    assert space is not None
    resting = [state for state in space.states if ("handempty",) in state]
    assert len(resting) == count == n_arrangements(blocks)
    assert len({state_towers(state) for state in resting}) == count


def test_towers_and_states_say_the_same() -> None:
    rng = generator(3)
    for blocks in range(1, 9):
        towers = random_towers(blocks, rng)
        assert state_towers(towers_state(towers)) == towers


def test_every_arrangement_is_equally_likely() -> None:
    rng = generator(4)
    counts = Counter(random_towers(3, rng) for _ in range(2_600))
    assert len(counts) == 13
    assert sum((count - 200) ** 2 / 200 for count in counts.values()) < 33  # chi-square, 12 df, p = .001


def test_a_drawn_task_starts_where_it_does_not_end_and_is_drawn_again_from_its_key() -> None:
    tasks = [random_blocks_task(4, generator(key)) for key in range(30)]
    assert not any(task.solved(task.init) for task in tasks)
    assert tasks == [random_blocks_task(4, generator(key)) for key in range(30)]
    assert len({(task.init, task.goal) for task in tasks}) > 25


def test_the_goal_says_of_every_block_what_it_stands_on() -> None:
    task = blocks_task((("a",), ("b",)), (("b", "a"),))
    assert [str(condition) for condition in task.goal] == ["on(a, b)", "ontable(b)"]


def test_blocks_that_cannot_be_drawn_are_refused() -> None:
    with pytest.raises(ValueError, match="from 1 to 15, not 16"):
        random_towers(16, generator(0))
    with pytest.raises(ValueError, match="at least 2 blocks"):
        random_blocks_task(1, generator(0))
