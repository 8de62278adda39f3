"""What an agent may know of a board, as the JSON data of its observation.

Atoms are lists, as ``["on", "a", "b"]``; a condition is ``{"atom": [...], "holds": true}``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scenarios.planning.acting.boards import Board, Step
from scenarios.planning.acting.spec import ActingParams
from scenarios.planning.strips.model import ActionSchema, Condition, State

Json = dict[str, Any]


def view(params: ActingParams, board: Board, before: Board | None = None, *, tasks: int) -> Json:
    """The observation of the next step; what it tells of the past is what `feedback` allows.

    Args:
        params: the run's.
        board: where the agent stands.
        before: the board of the task before.
        tasks: how many tasks there are.
    """
    task, level = board.puzzle.task, params.feedback
    seen: Json = {
        "task": board.number,
        "tasks": tasks,
        "step": len(board.steps) + 1,
        "steps": board.budget,
        "revisits": params.revisits,
        "feedback": level,
        "objects": [[item.name, item.type] for item in sorted(task.objects, key=lambda one: one.name)],
        "types": sorted([name, above] for name, above in task.domain.parents.items()),
        "actions": [_schema(schema, unit_cost=task.unit_cost) for schema in task.domain.actions],
        "costs": [] if task.unit_cost else sorted([list(atom), cost] for atom, cost in task.costs.items()),
        "goal": _conditions(task.goal),
    }
    if level == "none":
        return seen | {"state": state_view(task.init), "asked": [_asked(step) for step in board.steps]}
    seen |= {"state": state_view(board.state), "met": len(task.goals_met(board.state))}
    seen["last"] = _last(board.steps[-1], with_reason=level != "accept_reject") if board.steps else None
    if before is not None and not board.steps:
        seen["previous"] = {"ended": before.ended, "steps": len(before.steps)}
    if level in ("legal_list", "oracle"):
        seen["legal"] = [str(action) for action in task.applicable(board.state)]
    if level == "oracle":
        seen["oracle"] = _oracle(board)
    return seen


def _schema(schema: ActionSchema, *, unit_cost: bool) -> Json:
    return {
        "name": schema.name,
        "parameters": [[item.name, item.type] for item in schema.parameters],
        "needs": _conditions(schema.conditions),
        "add": [list(atom) for atom in schema.add],
        "delete": [list(atom) for atom in schema.delete if atom not in schema.add],
        "cost": [1] if unit_cost else [one if isinstance(one, int) else list(one) for one in schema.costs],
    }


def _conditions(conditions: Iterable[Condition]) -> list[Json]:
    return [_condition(condition) for condition in conditions]


def _condition(condition: Condition) -> Json:
    return {"atom": list(condition.atom), "holds": condition.holds}


def state_view(state: State) -> list[list[str]]:
    """The atoms that hold, sorted."""
    return [list(atom) for atom in sorted(state)]


def _asked(step: Step) -> str | None:
    return None if step.action is None else str(step.action)


def _last(step: Step, *, with_reason: bool) -> Json:
    """The last step; an action is told as it was understood, other replies only as being none."""
    told: Json = {"action": _asked(step), "ok": step.ok}
    if with_reason and not step.ok:
        told["reason"] = step.reason
        told["failed"] = None if step.failed is None else _condition(step.failed)
    return told


def _oracle(board: Board) -> Mapping[str, bool | None]:
    """Whether the goal can be reached from here, and whether the last step brought it nearer."""
    distances = board.puzzle.distances
    assert distances is not None, "problems() refuses an oracle where distances are unknown"
    last = board.steps[-1] if board.steps else None
    nearer = None if last is None or last.after is None or last.before is None else last.after < last.before
    return {"reachable": distances.reachable(board.state), "nearer": nearer}
