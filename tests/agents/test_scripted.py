"""The scripted kind, and the two policies that play any game."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from agents.models.pool import ModelPool
from agents.scripted import ANY_GAME, First, ScriptedKind, Uniform
from lab.core.errors import UnknownName
from lab.core.ports import AgentFacts, Play
from lab.core.spaces import Choice, Form, Message, Quantity, Space
from tests.support.toys import Toy, game, same
from tests.support.worlds import decisions_of, play

GAME = SimpleNamespace(policies={"alternate": "tests.lab.core.test_scripted:Alternate"})
ANN = AgentFacts("ann")
SPACES = [
    Choice("a", "b", "c"),
    Quantity("q", 1, 3),
    Quantity("share", 0, 1, whole=False),
    Message(),
    Form("f", {"x": Choice("a", "b"), "y": Quantity("q", 0, 1)}),
]


def asked_often(space: Space, times: int) -> Any:
    """A game that asks one question so many times."""

    def rules(world: Toy) -> Play:
        for _ in range(times):
            yield world.ask_all(world.agents, same({}), space, phase="choose")
            yield world.wait(1)

    return game(rules)


@pytest.mark.parametrize("space", SPACES, ids=lambda space: type(space).__name__)
@pytest.mark.parametrize("policy", [Uniform, First])
def test_every_space_gets_a_legal_action(space: Space, policy: type[Uniform]) -> None:
    run = play(asked_often(space, 20), {}, {"ann": policy()})
    assert all(made.valid for made in run.record.decisions)


@pytest.mark.parametrize(
    ("space", "first"),
    [
        (SPACES[0], "a"),
        (SPACES[1], 1),
        (SPACES[2], 0.0),
        (SPACES[3], ""),
        (SPACES[4], {"x": "a", "y": 0}),
    ],
)
def test_first_takes_the_first(space: Space, first: Any) -> None:
    run = play(asked_often(space, 1), {}, {"ann": First()})
    assert decisions_of(run, "ann") == [first]


def test_uniform_takes_every_action_as_often() -> None:
    """Four joint actions of a form over 2,000 asks: chi-square below its 99.9 % quantile, 16.3."""
    run = play(asked_often(SPACES[4], 1000), {}, {"ann": Uniform(), "bob": Uniform()})
    counts = Counter(tuple(made.args.values()) for made in run.record.decisions)
    assert len(counts) == 4
    assert sum((count - 500) ** 2 / 500 for count in counts.values()) < 16.3


@pytest.mark.parametrize(
    ("options", "path", "message"),
    [
        ({}, "name", "a scripted policy needs a name (known: alternate, first, uniform)"),
        ({"name": None}, "name", "a scripted policy needs a name"),
        ({"name": "unifrm"}, "name", "unknown scripted policy 'unifrm'; did you mean 'uniform'?"),
        ({"name": "tests.nowhere:Policy"}, "name", "no module named 'tests.nowhere'"),
        ({"name": "lab.core.spaces:Choice"}, "name", "is no subclass of lab.core.scripted.ScriptedPolicy"),
        ({"name": "lab.core.spaces:_BRIEF"}, "name", "is no subclass of lab.core.scripted.ScriptedPolicy"),
        ({"name": "first", "start": "a"}, "start", "unknown option (options: none)"),
        (
            {"name": "alternate", "strat": "a"},
            "strat",
            "unknown option; did you mean 'start'? (options: start)",
        ),
        ({"name": "alternate", "start": 7}, "start", "Input should be a valid string, not 7"),
    ],
)
def test_a_bad_option_is_said_with_its_path(options: dict[str, Any], path: str, message: str) -> None:
    ((found, says),) = ScriptedKind().problems(options, GAME, ANN)
    assert found == path
    assert message in says


def test_all_bad_options_are_said_at_once() -> None:
    problems = ScriptedKind().problems({"name": "alternate", "start": 7, "x": 1, "y": 2}, GAME, ANN)
    assert [path for path, _ in problems] == ["start", "x", "y"]


def test_an_unknown_name_is_never_built() -> None:
    with pytest.raises(UnknownName):
        ScriptedKind().build({"name": "nobody"}, GAME, ANN, ModelPool())


def test_a_game_may_replace_a_policy_that_plays_any_game() -> None:
    own = SimpleNamespace(policies={"first": GAME.policies["alternate"]})
    assert set(ANY_GAME) == {"uniform", "first"}
    policy = ScriptedKind().build({"name": "first"}, own, ANN, ModelPool())
    assert type(policy).__name__ == "Alternate"
