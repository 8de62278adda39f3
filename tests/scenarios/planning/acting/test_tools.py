from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.core.errors import RuleError
from scenarios.planning.acting.boards import Board, Puzzle
from scenarios.planning.acting.tools import as_value, chosen, menu_of, tools_of
from scenarios.planning.acting.views import state_view
from scenarios.planning.strips.model import Action, Typed
from scenarios.planning.strips.pddl import parse_task
from scenarios.planning.strips.plans import parse_action
from tests.scenarios.planning.acting.puzzles import BRIDGE_DOMAIN, BRIDGE_PROBLEM, TOWER, board, bridge


def _tools(played: Board, *, seen: bool = True) -> dict[str, Any]:
    return {tool.name: tool.call for tool in tools_of(played, state_is_seen=seen)}


def test_the_menu_has_every_action_with_the_objects_that_fit_in_type() -> None:
    menu = menu_of(TOWER)
    assert list(menu.actions) == ["pick-up", "put-down", "stack", "unstack"]
    assert len(list(menu.finite(100) or ())) == 3 + 3 + 9 + 9
    assert menu.usage("stack") == "stack(x: a or b or c, y: a or b or c)"


def test_an_action_goes_to_the_menu_and_back() -> None:
    menu = menu_of(TOWER)
    value = as_value(menu, Action("stack", ("a", "b")))
    assert value == {"action": "stack", "x": "a", "y": "b"}
    act = menu.read(value)
    assert chosen(act.action, act.args) == Action("stack", ("a", "b"))


def test_an_action_that_no_object_fits_is_left_out() -> None:
    domain = BRIDGE_DOMAIN.replace("(:types place)", "(:types place boat)").replace(
        "(:action go", "(:action row :parameters (?b - boat) :effect (and)) (:action go"
    )
    assert list(menu_of(parse_task(domain, BRIDGE_PROBLEM)).actions) == ["go"]


def test_a_name_that_no_reply_can_say_is_refused() -> None:
    task = parse_task(BRIDGE_DOMAIN.replace("(:action go", "(:action 2go"), BRIDGE_PROBLEM)
    with pytest.raises(RuleError, match="2go"):
        menu_of(task)


def test_a_parameter_called_action_gets_another_name() -> None:
    task = parse_task(BRIDGE_DOMAIN.replace("?p", "?action"), BRIDGE_PROBLEM)
    assert list(menu_of(task).actions["go"]) == ["action_", "q"]


def test_tools_say_what_can_be_done_and_what_it_leads_to() -> None:
    played = board(TOWER)
    tools = _tools(played)
    assert tools["legal_actions"]() == ["pick-up(a)", "pick-up(b)", "pick-up(c)"]
    after = tools["successor"](action="pick-up(b)")
    assert (after["ok"], after["cost"], after["met"]) == (True, 1, 1)
    assert ["holding", "b"] in after["state"]
    refused = tools["successor"](action="stack(a, b)")
    assert refused["why"] == "precondition(holding(a))"
    assert refused["state"] == state_view(TOWER.init)
    assert tools["successor"](action="{}")["why"] == "parse_error"


def test_tools_of_the_solver_are_exact() -> None:
    tools = _tools(board(bridge()))
    distance = tools["goal_distance"]
    assert distance() == 3
    assert distance(action="go(bank, ford)") == 1
    assert distance(action="go(bank, pit)") is None
    assert tools["optimal_actions"]() == ["go(bank, ford)"]


def test_tools_keep_to_the_state_of_the_ask() -> None:
    played = board(TOWER)
    tools = _tools(played)
    played.take(parse_action("pick-up(b)"), "ok")
    assert tools["goal_distance"]() == 4
    assert "pick-up(a)" in tools["legal_actions"]()


@pytest.mark.parametrize("seen", [True, False])
def test_a_tool_says_whether_it_reads_what_the_agent_cannot_see(seen: bool) -> None:
    reads = {tool.name: tool.reads_truth for tool in tools_of(board(TOWER), state_is_seen=seen)}
    assert reads == {
        "legal_actions": not seen,
        "successor": not seen,
        "goal_distance": True,
        "optimal_actions": True,
    }


def test_where_the_solver_does_not_know_it_lends_no_tool() -> None:
    blind = Board(Puzzle(TOWER, None), number=1, budget=5, revisits=None)
    assert list(_tools(blind)) == ["legal_actions", "successor"]


@pytest.mark.parametrize("names", [("action", "action_"), ("action_", "action")])
def test_no_parameter_is_lost_to_the_menus_own_word(names: tuple[str, str]) -> None:
    stack = TOWER.domain.by_name["stack"]
    renamed = replace(stack, name="tie", parameters=tuple(Typed(f"?{name}") for name in names))
    menu = menu_of(replace(TOWER, domain=replace(TOWER.domain, actions=(renamed,))))
    value = as_value(menu, Action("tie", ("a", "b")))
    assert menu.line(value) == "tie(a, b)"
    assert chosen(menu.read(value).action, menu.read(value).args) == Action("tie", ("a", "b"))
