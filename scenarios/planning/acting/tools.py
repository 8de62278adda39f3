"""What a cognition may ask of the board it plays: pure functions of the state at the ask."""

from __future__ import annotations

from typing import Any

from lab.core.menu import ACTION, Menu
from lab.core.records import Tool
from lab.core.spaces import Choice
from scenarios.planning.acting.boards import Board
from scenarios.planning.acting.views import state_view
from scenarios.planning.strips.model import Action, Outcome, State, Task
from scenarios.planning.strips.plans import parse_action

NO_ARGUMENTS = {"type": "object", "properties": {}}
AN_ACTION = {
    "type": "object",
    "properties": {"action": {"type": "string", "description": "such as stack(a, b)"}},
}
"""The schema of one action; without it, what is asked is of the present state."""


def menu_of(task: Task) -> Menu:
    """Every action of a task with the objects that fit in type; one that no objects fit is left out.

    Raises:
        RuleError: an action has a name that no reply can say.
    """
    actions = {}
    for schema in task.domain.actions:
        fields: dict[str, list[str]] = {}
        for parameter in schema.parameters:
            name = parameter.name.lstrip("?")
            while name == ACTION or name in fields:
                name += "_"
            fields[name] = [item for item, lineage in task.types.items() if parameter.type in lineage]
        if all(fields.values()):
            actions[schema.name] = {name: Choice(*fits) for name, fits in fields.items()}
    return Menu(actions)


def chosen(action: str, args: Any) -> Action:
    """The action of a decision."""
    return Action(action, tuple(args.values()))


def as_value(menu: Menu, action: Action) -> dict[str, Any]:
    """The plain value of `menu` that says an action."""
    return {ACTION: action.name, **dict(zip(menu.actions[action.name], action.args, strict=True))}


def tools_of(board: Board, *, state_is_seen: bool) -> tuple[Tool, ...]:
    """What can be done, what it leads to, and how far the goal is.

    ``legal_actions()``: every action that can be done now, such as ``["stack(a, b)"]``.
    ``successor(action)``: ``{"ok", "why", "cost", "state", "met"}`` of doing it now; the state as observed.
    ``goal_distance(action=None)``: the least cost from here to the goal, or from where `action` leads,
    its own cost not counted; None when there is no way.
    ``optimal_actions()``: every action that begins a cheapest plan.

    The last two are the exact solver's, and there are none where it does not know.
    """
    task, state, distances = board.puzzle.task, board.state, board.puzzle.distances

    def legal_actions() -> list[str]:
        return [str(action) for action in task.applicable(state)]

    def successor(action: str) -> dict[str, Any]:
        outcome = _outcome(task, state, action)
        facts = {"ok": outcome.ok, "why": outcome.why, "cost": outcome.cost}
        met = len(task.goals_met(outcome.state))
        return facts | {"state": state_view(outcome.state), "met": met}

    unseen = not state_is_seen
    plain = (
        Tool("legal_actions", NO_ARGUMENTS, legal_actions, reads_truth=unseen),
        Tool("successor", AN_ACTION | {"required": ["action"]}, successor, reads_truth=unseen),
    )
    if distances is None:
        return plain

    def goal_distance(action: str | None = None) -> int | None:
        at = state if action is None else _outcome(task, state, action).state
        return distances.hstar(at) if distances.reachable(at) else None

    def optimal_actions() -> list[str]:
        return [str(action) for action in distances.optimal(state)]

    return (
        *plain,
        Tool("goal_distance", AN_ACTION, goal_distance, reads_truth=True),
        Tool("optimal_actions", NO_ARGUMENTS, optimal_actions, reads_truth=True),
    )


def _outcome(task: Task, state: State, line: str) -> Outcome:
    """What comes of a line; one that says no action is a `parse_error` and changes nothing."""
    action = parse_action(line)
    if action is None:
        return Outcome(ok=False, state=state, cost=0, reason="parse_error")
    return task.step(state, action)
