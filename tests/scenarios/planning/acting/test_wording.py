from __future__ import annotations

from dataclasses import replace

import pytest

from lab.core.records import DecisionRequest
from scenarios.look import Look
from scenarios.planning.acting.spec import ActingParams
from scenarios.planning.acting.tools import menu_of
from scenarios.planning.acting.views import view
from scenarios.planning.acting.wording import NO_IDIOM, WORDINGS, Idiom, Phrase, segments
from scenarios.planning.strips.model import Task
from scenarios.planning.strips.plans import parse_action
from tests.scenarios.planning.acting.puzzles import TOWER, board, bridge

LEVELS = ("none", "accept_reject", "reason", "legal_list", "oracle")
IDIOM = Idiom({"on": Phrase("{0} rests on {1}", "{0} does not rest on {1}")}, "Blocks are cubes.")


def _text(
    level: str = "reason",
    *lines: str | None,
    task: Task = TOWER,
    wording: int = 0,
    idiom: Idiom = NO_IDIOM,
    revisits: int | None = None,
) -> str:
    played = board(task)
    for line in lines:
        played.take(parse_action(line) if line else None, "invalid")
    params = ActingParams.model_validate({"feedback": level, "allow_oracle": True, "revisits": revisits})
    request = DecisionRequest("ann", None, 1, 0, "act", view(params, played, tasks=2), menu_of(task))
    return "\n".join(segment.text for segment in segments(Look(wording), request, idiom))


@pytest.mark.parametrize("wording", range(len(WORDINGS)))
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("task", [TOWER, bridge()], ids=["tower", "bridge"])
def test_every_text_names_objects_actions_goal_and_length(level: str, wording: int, task: Task) -> None:
    text = _text(level, None, task=task, wording=wording)
    assert all(item.name in text for item in task.objects)
    assert all(f"- {schema.name}(" in text for schema in task.domain.actions)
    assert "TASK 1 of 2, step 2 of 10" in text
    assert "GOAL: " in text
    assert "{" not in text


def test_sections_stand_in_one_order() -> None:
    text = _text("oracle", "pick-up(a)")
    places = [text.index(f"\n{name}") for name in ("TASK", "STATE", "GOAL", "LAST", "ACTIONS", "ORACLE")]
    assert places == sorted(places)


def test_atoms_are_calls_or_lists() -> None:
    assert "on(?x, ?y); not clear(?y); not holding(?x)." in _text()
    assert "(on ?x ?y) (not (clear ?y)) (not (holding ?x))." in _text(wording=1)


def test_an_idiom_speaks_in_sentences_where_its_names_are_used() -> None:
    built = ("pick-up(b)", "stack(b, c)")
    assert "?x rests on ?y" in _text("reason", *built, idiom=IDIOM)
    assert "Blocks are cubes." in _text("reason", *built, idiom=IDIOM)
    assert "Blocks are cubes." not in _text("reason", task=bridge(), idiom=IDIOM)
    assert "rests" not in _text("reason", *built, idiom=IDIOM, wording=1)


@pytest.mark.parametrize(
    ("level", "line", "told"),
    [
        ("reason", "pick-up(a)", "LAST: pick-up(a) -> done"),
        ("accept_reject", "stack(a, b)", "LAST: stack(a, b) -> rejected\n"),
        ("reason", "stack(a, b)", "LAST: stack(a, b) -> rejected: precondition, it needs: holding(a)\n"),
        ("reason", None, "LAST: a reply without an action -> rejected: invalid\n"),
        ("none", "stack(a, b)", "YOUR ACTIONS so far: stack(a, b)\n"),
        ("legal_list", "pick-up(b)", "ACTIONS you can do now: put-down(b), stack(b, a), stack(b, c)\n"),
    ],
)
def test_the_last_step_is_told_as_the_level_allows(level: str, line: str | None, told: str) -> None:
    assert told in _text(level, line)


def test_costs_types_and_loops_are_told_where_there_are_any() -> None:
    text = _text(task=bridge(), revisits=3)
    assert "Cost: length(?p, ?q)." in text
    assert "length(bank, far) = 5" in text
    assert "go(?p - place, ?q - place)" in text
    assert "one and the same situation 3 times" in text
    assert not any(word in _text() for word in ("Cost", "place", "come back"))


def test_the_oracle_says_when_all_is_lost() -> None:
    assert "can no longer be reached; the last step brought it no nearer." in _text(
        "oracle", "go(bank, pit)", task=bridge()
    )


def test_wordings_differ_in_every_segment_of_prose() -> None:
    assert len({_text(wording=wording) for wording in range(len(WORDINGS))}) == len(WORDINGS) == 2


@pytest.mark.parametrize(("wording", "said"), [(0, "Needs: nothing. Then:"), (1, "Needs: none. Then:")])
def test_an_action_that_needs_nothing_is_not_told_as_one_that_needs_nothing_yet(
    wording: int, said: str
) -> None:
    free = replace(TOWER.domain.by_name["put-down"], name="rest", conditions=())
    task = replace(TOWER, domain=replace(TOWER.domain, actions=(*TOWER.domain.actions, free)))
    assert said in _text(task=task, wording=wording)
