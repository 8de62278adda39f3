from __future__ import annotations

import re
from collections import Counter

from lab.core.streams import generator
from scenarios.planning.acting.boards import Puzzle
from scenarios.planning.acting.disguise import Disguise
from scenarios.planning.strips.distances import explore
from scenarios.planning.strips.model import Task, atom_text
from tests.scenarios.planning.acting.puzzles import TOWER, bridge


def _disguised(task: Task, key: int = 1) -> Task:
    return Disguise.drawn([task], generator(key)).task(task)


def _words(task: Task) -> str:
    schemas = [
        (schema.name, [(item.name, item.type) for item in schema.parameters], schema.conditions, schema.costs)
        for schema in task.domain.actions
    ]
    atoms = [atom_text(atom) for atom in sorted(task.init)]
    return repr((schemas, atoms, task.goal, [item.name for item in task.objects], sorted(task.costs)))


def test_a_disguised_task_is_the_same_task() -> None:
    for task in (TOWER, bridge()):
        plain, hidden = Puzzle.of(task), Puzzle.of(_disguised(task))
        assert hidden.optimal == plain.optimal
        one, other = explore(task), explore(hidden.task)
        assert one is not None
        assert other is not None
        assert len(one.states) == len(other.states)
        assert sum(map(len, one.edges)) == sum(map(len, other.edges))
        assert Counter(map(plain.to_go, one.states)) == Counter(map(hidden.to_go, other.states))


def test_no_name_of_the_task_is_left() -> None:
    for task, names in (
        (TOWER, "pick|stack|on|clear|holding|hand"),
        (bridge(), "go|at|way|length|place|bank"),
    ):
        words = _words(_disguised(task))
        assert not re.search(rf"\b({names})\b", words)
        assert set(re.findall(r"\b[aop]\d\d\b", words))


def test_names_are_drawn_by_the_seed_and_different() -> None:
    assert _words(_disguised(TOWER, 1)) == _words(_disguised(TOWER, 1))
    assert _words(_disguised(TOWER, 1)) != _words(_disguised(TOWER, 2))
    names = [schema.name for schema in _disguised(TOWER).domain.actions]
    assert len(set(names)) == 4
    assert names == sorted(names)


def test_tasks_of_one_run_share_their_names() -> None:
    disguise = Disguise.drawn([TOWER, TOWER], generator(3))
    assert disguise.task(TOWER) == disguise.task(TOWER)
