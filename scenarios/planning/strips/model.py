"""A planning task: what can be done in a state, what it leads to, and whether a plan reaches the goal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from scenarios.planning.strips.grounding import Grounding, ground, ground_all
from scenarios.planning.strips.schemas import (
    Action,
    ActionSchema,
    Atom,
    Condition,
    Domain,
    GroundAction,
    Predicate,
    State,
    Typed,
    atom_text,
)

__all__ = [
    "Action",
    "ActionSchema",
    "Atom",
    "Condition",
    "Domain",
    "GroundAction",
    "Outcome",
    "Predicate",
    "Reason",
    "State",
    "Task",
    "Typed",
    "Verdict",
    "atom_text",
]

Reason = Literal[
    "ok",
    "parse_error",
    "unknown_action",
    "wrong_arity",
    "unknown_object",
    "type_error",
    "precondition",
    "over_budget",
    "goal_unmet",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one action.

    Attributes:
        ok: whether it was done.
        state: the state afterwards; the state before when it was not done.
        cost: what it costs; 0 when it was not done.
        reason: why not, or ``ok``.
        failed: the first precondition that was not met, if that is the reason.
    """

    ok: bool
    state: State
    cost: int
    reason: Reason
    failed: Condition | None = None

    @property
    def why(self) -> str:
        """The reason with the condition at fault: ``precondition(clear(b))``, ``unknown_object``, ``ok``."""
        return _why(self.reason, self.failed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is right and wrong with a plan.

    Attributes:
        valid: whether every step can be done and the goal holds at the end.
        executable_prefix: how many steps were done before the first that could not be.
        failed_step: the position of that step, from 0; None when all were done.
        failed_atom: the precondition, or after the last step the goal condition, that was not met.
        goals_met: the goal conditions that hold where the plan stopped.
        cost: of the steps done.
        reason: ``ok``, or what was wrong first.
        state: where the plan stopped.
    """

    valid: bool
    executable_prefix: int
    failed_step: int | None
    failed_atom: Condition | None
    goals_met: tuple[Condition, ...]
    cost: int
    reason: Reason
    state: State

    @property
    def why(self) -> str:
        """The reason with the condition at fault: ``goal_unmet(on(a, b))``, ``over_budget``, ``ok``."""
        return _why(self.reason, self.failed_atom)


@dataclass(frozen=True, kw_only=True)
class Task:
    """A domain with objects, a first state and a goal.

    Attributes:
        name: as declared.
        domain: what can be done.
        objects: everything there is, the domain's constants first.
        init: the atoms that hold at first.
        goal: what must hold, and must not, at the end; none is reached at once.
        costs: the values of the domain's cost functions.
        unit_cost: whether every action costs 1, whatever the domain says (no ``:metric`` was declared).
    """

    name: str
    domain: Domain
    objects: tuple[Typed, ...]
    init: State
    goal: tuple[Condition, ...]
    costs: Mapping[Atom, int] = field(default_factory=dict)
    unit_cost: bool = True

    @cached_property
    def types(self) -> Mapping[str, tuple[str, ...]]:
        """Every object's type with all it descends from."""
        return {item.name: self.domain.lineage(item.type) for item in self.objects}

    @cached_property
    def grounding(self) -> Grounding:
        """Every action that some state may allow.

        Raises:
            TooManyActions: there are more than 50,000.
        """
        return ground_all(self)

    @cached_property
    def _known(self) -> dict[Action, GroundAction]:
        return {}

    def step(self, state: State, action: Action) -> Outcome:
        """What comes of `action` in `state`; an action that cannot be done is an outcome, not an error."""
        found = self._known.get(action) or self._look_up(action)
        if not isinstance(found, GroundAction):
            return Outcome(ok=False, state=state, cost=0, reason=found)
        if found.applicable(state):
            return Outcome(ok=True, state=found.after(state), cost=found.cost, reason="ok")
        failed = found.blocked or next(c for c in found.conditions if not c.met(state))
        return Outcome(ok=False, state=state, cost=0, reason="precondition", failed=failed)

    def applicable(self, state: State) -> tuple[Action, ...]:
        """Every action that can be done in `state`, sorted by name, then arguments.

        Raises:
            TooManyActions: the task has more than 50,000 actions.
        """
        return tuple([found.action for found in self.grounding.applicable(state)])

    def goals_met(self, state: State) -> tuple[Condition, ...]:
        """The goal conditions that hold in `state`, in the goal's order."""
        return tuple([condition for condition in self.goal if condition.met(state)])

    def solved(self, state: State) -> bool:
        """Whether the whole goal holds in `state`."""
        return all(condition.met(state) for condition in self.goal)

    def validate(self, plan: Iterable[Action | None], *, budget: int | None = None) -> Verdict:
        """What is right and wrong with a plan, from the first state on.

        Args:
            plan: the actions in order; None stands for a line that no action could be read from.
            budget: what the plan may cost at most; no bound if None.
        """
        state, cost, done = self.init, 0, 0
        for action in plan:
            outcome = self._try(state, action)
            if outcome.ok and budget is not None and cost + outcome.cost > budget:
                outcome = Outcome(ok=False, state=state, cost=0, reason="over_budget")
            if not outcome.ok:
                return self._stopped(outcome, done, cost)
            state, cost, done = outcome.state, cost + outcome.cost, done + 1
        unmet = next((condition for condition in self.goal if not condition.met(state)), None)
        return Verdict(
            valid=unmet is None,
            executable_prefix=done,
            failed_step=None,
            failed_atom=unmet,
            goals_met=self.goals_met(state),
            cost=cost,
            reason="ok" if unmet is None else "goal_unmet",
            state=state,
        )

    def _try(self, state: State, action: Action | None) -> Outcome:
        if action is None:
            return Outcome(ok=False, state=state, cost=0, reason="parse_error")
        return self.step(state, action)

    def _stopped(self, outcome: Outcome, done: int, cost: int) -> Verdict:
        return Verdict(
            valid=False,
            executable_prefix=done,
            failed_step=done,
            failed_atom=outcome.failed,
            goals_met=self.goals_met(outcome.state),
            cost=cost,
            reason=outcome.reason,
            state=outcome.state,
        )

    def _look_up(self, action: Action) -> GroundAction | Reason:
        """The grounded action, kept for the next time; or why there is none."""
        schema = self.domain.by_name.get(action.name)
        if schema is None:
            return "unknown_action"
        if len(action.args) != len(schema.parameters):
            return "wrong_arity"
        if any(arg not in self.types for arg in action.args):
            return "unknown_object"
        pairs = zip(schema.parameters, action.args, strict=True)
        if any(parameter.type not in self.types[arg] for parameter, arg in pairs):
            return "type_error"
        grounded = ground(schema, action.args, None if self.unit_cost else self.costs)
        self._known[action] = grounded
        return grounded


def _why(reason: Reason, failed: Condition | None) -> str:
    return reason if failed is None else f"{reason}({failed})"
