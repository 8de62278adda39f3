from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from scenarios.look import Look
from scenarios.planning.acting.boards import Puzzle
from scenarios.planning.acting.policies import Optimal
from scenarios.planning.blocksworld.rules import Blocksworld, BlocksworldParams
from scenarios.planning.strips.blocks import random_blocks_task
from tests.scenarios.social.readers import Reader
from tests.support.worlds import Played, play


def _tasks(played: Played) -> list[dict[str, Any]]:
    return [dict(event.payload) for event in played.record.events if event.kind == "task"]


@pytest.mark.parametrize("blocks", [3, 4, 5, 6])
def test_tasks_of_every_size_are_solved_at_the_least_cost(blocks: int) -> None:
    played = play(Blocksworld, {"blocks": blocks, "tasks": 2}, {"ann": Optimal()})
    assert played.measures["success"] == 1
    assert all(task["goals"] == blocks and task["hstar"] == task["optimal"] > 0 for task in _tasks(played))


def test_tasks_are_drawn_by_the_seed() -> None:
    drawn = []
    for seed in (1, 1, 2):
        reader = Reader(Optimal())
        play(Blocksworld, {"tasks": 2}, {"ann": reader}, seed=seed)
        drawn.append(reader.texts)
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_reader_is_told_in_sentences_what_free_means() -> None:
    reader = Reader(Optimal())
    play(Blocksworld, {"tasks": 1}, {"ann": reader})
    assert "A block is free when no block is on it and the hand does not hold it." in reader.texts[0]
    assert "- stack(?x, ?y). Needs: ?y is free; the hand holds ?x." in reader.texts[0]
    assert "STATE: " in reader.texts[0]
    assert "ontable" not in reader.texts[0]


@pytest.mark.parametrize("wording", [0, 1])
def test_a_disguise_leaves_no_word_of_blocks(wording: int) -> None:
    reader = Reader(Optimal())
    play(Blocksworld, {"obfuscate": "random"}, {"ann": reader}, look=Look(wording))
    for word in ("block", "stack", "hand", "table", "clear", "free", "pick"):
        assert word not in reader.shown


@pytest.mark.parametrize("given", [{"blocks": 2}, {"blocks": 7}, {"tasks": 0}, {"block": 4}, {"revisits": 0}])
def test_params_out_of_range_are_refused(given: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        BlocksworldParams.model_validate(given)


def test_an_oracle_that_is_not_allowed_is_a_problem() -> None:
    assert [path for path, _ in Blocksworld.problems(BlocksworldParams(feedback="oracle"), [])] == [
        "feedback"
    ]


def test_decisions_are_expected_as_if_all_steps_were_used() -> None:
    params = BlocksworldParams.model_validate({"blocks": 4, "tasks": 3, "budget": {"steps": 10}})
    assert Blocksworld.expected_decisions(params, 2) == 60
    assert Blocksworld.expected_decisions(BlocksworldParams(), 1) == 3 * 3 * 8


def test_tasks_share_the_states_they_explored_and_each_has_its_own_distances() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    tasks = [random_blocks_task(4, rng) for _ in range(5)]
    puzzles = [Puzzle.of(task) for task in tasks]
    shared = Blocksworld.explored(Blocksworld.__new__(Blocksworld), tasks)
    tables = [puzzle.distances for puzzle in shared if puzzle.distances]
    assert len({id(table.space) for table in tables}) == 1
    states = tables[0].space.states
    for own, puzzle in zip(puzzles, shared, strict=True):
        assert [own.to_go(state) for state in states] == [puzzle.to_go(state) for state in states]
        assert (own.plan, own.optimal) == (puzzle.plan, puzzle.optimal)
