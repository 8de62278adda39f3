"""Scripted policies for tasks: they ask the world's tools what can be done and what it leads to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from pydantic import Field, PrivateAttr

from lab.core.canonical import canonical
from lab.core.errors import RuleError
from lab.core.menu import Menu
from lab.core.ports import PolicyContext
from lab.core.records import DecisionRequest
from lab.core.scripted import ScriptedPolicy, draws
from scenarios.planning.acting.tools import as_value
from scenarios.planning.strips.distances import DEFAULT_CAP
from scenarios.planning.strips.plans import parse_action

Line = str
"""An action as ``stack(a, b)``."""


class RandomLegal(ScriptedPolicy):
    """Any action that can be done now, all equally likely."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """A drawn action."""
        return said(request, _drawn(legal(request), ctx))


class Guesser(ScriptedPolicy):
    """Any action that it was not told it cannot do, all equally likely; it asks no tools.

    From a list of what can be done it draws one of these. Else it draws from all actions, but repeats none
    that it was told was rejected since the state last changed.
    """

    _task: int = PrivateAttr(0)
    _state: Any = PrivateAttr(None)
    _rejected: set[Line] = PrivateAttr(default_factory=set)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """A drawn action."""
        seen, menu = request.observation, _menu(request)
        self._learn(seen)
        if seen.get("legal"):
            return said(request, _drawn(seen["legal"], ctx))
        every = {menu.line(value): value for value in menu.finite(MOST_ACTIONS) or ()}
        drawn = _drawn([line for line in every if line not in self._rejected] or list(every), ctx)
        return menu.sample(draws(ctx)) if drawn is None else every[drawn]

    def _learn(self, seen: Any) -> None:
        if (seen["task"], seen["state"]) != (self._task, self._state):
            self._task, self._state = seen["task"], seen["state"]
            self._rejected = set()
        last = seen.get("last")
        if last and last["action"] and not last["ok"]:
            self._rejected.add(last["action"])


class Greedy(ScriptedPolicy):
    """The action after which most goal conditions hold, among those that lead to a state not met before.

    Ties are drawn. Where every way leads back it takes any of them.
    """

    _task: int = PrivateAttr(0)
    _met: set[str] = PrivateAttr(default_factory=set)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """The action that looks best one step ahead."""
        seen, successor = request.observation, tool(request, "successor")
        if seen["task"] != self._task:
            self._task, self._met = seen["task"], {canonical(seen["state"])}
        ahead = {line: successor(action=line) for line in legal(request)}
        fresh = [line for line in ahead if canonical(ahead[line]["state"]) not in self._met]
        most = max((ahead[line]["met"] for line in fresh or ahead), default=0)
        best = _drawn([line for line in fresh or ahead if ahead[line]["met"] == most], ctx)
        if best is not None:
            self._met.add(canonical(ahead[best]["state"]))
        return said(request, best)


class Optimal(ScriptedPolicy):
    """An action that begins a cheapest plan, by the exact solver; where there is no way, any."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """The first of the best actions, in the order of their names."""
        return said(request, best_action(request))


class NoisyOptimal(ScriptedPolicy):
    """As `optimal`, but with chance `eps` any action that can be done now."""

    eps: Annotated[float, Field(ge=0, le=1)] = 0.2

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """The best action, or a drawn one."""
        if ctx.uniform("lapse") < self.eps:
            return said(request, _drawn(legal(request), ctx))
        return said(request, best_action(request))


MOST_ACTIONS = 2_000
"""The most actions that `Guesser` lists; from more it draws as the space does."""


def best_action(request: DecisionRequest) -> Line | None:
    """The first action that begins a cheapest plan; any where the goal is out of reach; None without one.

    Raises:
        RuleError: the exact distances of the task are not known.
    """
    best: Sequence[Line] = tool(request, "optimal_actions")() or legal(request)
    return best[0] if best else None


def legal(request: DecisionRequest) -> Sequence[Line]:
    """Every action that can be done now."""
    lines: Sequence[Line] = tool(request, "legal_actions")()
    return lines


def tool(request: DecisionRequest, name: str) -> Callable[..., Any]:
    """A tool of the request.

    Raises:
        RuleError: it has none of that name.
    """
    for one in request.tools:
        if one.name == name:
            return one.call
    raise RuleError(
        f"agent '{request.agent}' plays by the tool '{name}', which this world does not lend; what the exact "
        f"solver tells is there for tasks of at most {DEFAULT_CAP:,} states"
    )


def said(request: DecisionRequest, line: Line | None) -> Any:
    """An action as the request's menu takes it; without one whatever comes first, to be rejected."""
    menu = _menu(request)
    action = None if line is None else parse_action(line)
    return menu.first() if action is None else as_value(menu, action)


def _menu(request: DecisionRequest) -> Menu:
    assert isinstance(request.space, Menu), "these policies act on tasks"
    return request.space


def _drawn(lines: Sequence[Line], ctx: PolicyContext) -> Line | None:
    return lines[int(ctx.uniform() * len(lines))] if lines else None
