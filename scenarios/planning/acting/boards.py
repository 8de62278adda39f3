"""A task with what is known of it, and one agent's copy of it: where it stands and what was done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from scenarios.planning.strips.distances import Distances, Space, hstar_table, step_regret
from scenarios.planning.strips.model import Action, Condition, State, Task
from scenarios.planning.strips.search import Search, solve_astar

REJECTED_COST = 1
"""What a step costs that changed nothing: an action that was rejected, or none at all."""

PLAN_CAP = 10_000
"""The most states expanded for a cheapest plan where distances are unknown: some seconds, or tens of them."""

Ended = Literal["solved", "budget", "loop"]


@dataclass(frozen=True)
class Puzzle:
    """A task with every exact cost-to-go, where it is small enough for that.

    Attributes:
        task: what to do.
        distances: the exact costs, None when the task has too many states.
    """

    task: Task
    distances: Distances | None

    @classmethod
    def of(cls, task: Task, space: Space | None = None) -> Puzzle:
        """The task, explored; unless `space` already holds every state in its reach, and no other.

        Raises:
            TooManyActions: see `Task.grounding`.
        """
        return cls(task, hstar_table(task, space=space))

    @cached_property
    def plan(self) -> tuple[Action, ...] | None:
        """A cheapest plan; None when there is none, or the search for one was given up."""
        if self.distances is None:
            return self._search.plan
        if not self.distances.reachable(self.task.init):
            return None
        state, plan = self.task.init, []
        while best := self.distances.optimal(state):
            plan.append(best[0])
            state = self.task.step(state, best[0]).state
        return tuple(plan)

    @property
    def impossible(self) -> bool:
        """Whether it is proved that the goal cannot be reached."""
        if self.distances is None:
            return self._search.status == "unsolvable"
        return not self.distances.reachable(self.task.init)

    @cached_property
    def _search(self) -> Search:
        return solve_astar(self.task, cap=PLAN_CAP)

    @cached_property
    def optimal(self) -> int | None:
        """C*: what a cheapest plan costs, None when none is known."""
        return None if self.plan is None else self.task.validate(self.plan).cost

    def to_go(self, state: State) -> int | None:
        """h*: the least cost from `state` to the goal, `Distances.dead_end` where there is no way."""
        return None if self.distances is None else self.distances.hstar(state)

    def reachable(self, state: State) -> bool | None:
        """Whether the goal can still be reached from `state`, None when that is not known."""
        return None if self.distances is None else self.distances.reachable(state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What came of one decision.

    Attributes:
        action: what was to be done; None without a valid answer.
        ok: whether it was done.
        reason: the reason code; without a valid answer the decision's status.
        failed: the precondition that was not met, if that is the reason.
        cost: what it cost; 1 when it was not done.
        before, after: h* of the states before and after, None when unknown.
        revisit: whether it led to a state that this copy of the task was in before.
        met: how many goal conditions hold afterwards.
    """

    action: Action | None
    ok: bool
    reason: str
    failed: Condition | None
    cost: int
    before: int | None
    after: int | None
    revisit: bool
    met: int

    @property
    def why(self) -> str:
        """The reason with the condition at fault, as in ``precondition(clear(b))``."""
        return self.reason if self.failed is None else f"{self.reason}({self.failed})"

    @property
    def regret(self) -> int | None:
        """What the step lost against the best one, None when unknown."""
        if self.before is None or self.after is None:
            return None
        return step_regret(cost=self.cost, before=self.before, after=self.after)


class Board:
    """One agent's copy of a task.

    Args:
        puzzle: the task.
        number: its place among the run's tasks, from 1.
        budget: how many steps it may take.
        revisits: the task ends when a state has come back so often; never if None.
    """

    def __init__(self, puzzle: Puzzle, *, number: int, budget: int, revisits: int | None) -> None:
        self.puzzle = puzzle
        self.number = number
        self.budget = budget
        self.revisits = revisits
        self.state = puzzle.task.init
        self.steps: list[Step] = []
        self._visits = Counter([self.state])

    @property
    def ended(self) -> Ended | None:
        """Why the task is over, None while it is not."""
        if self.puzzle.task.solved(self.state):
            return "solved"
        if len(self.steps) >= self.budget:
            return "budget"
        if self.revisits is not None and max(self._visits.values()) > self.revisits:
            return "loop"
        return None

    def take(self, action: Action | None, status: str) -> Step:
        """Do `action`, or nothing where it is None; `status` is why there is none."""
        before = self.state
        outcome = self.puzzle.task.step(before, action) if action else None
        done = outcome is not None and outcome.ok
        if outcome is not None and outcome.ok:
            self.state = outcome.state
            self._visits[self.state] += 1
        step = Step(
            action=action,
            ok=done,
            reason=outcome.reason if outcome else status,
            failed=outcome.failed if outcome else None,
            cost=outcome.cost if outcome is not None and done else REJECTED_COST,
            before=self.puzzle.to_go(before),
            after=self.puzzle.to_go(self.state),
            revisit=done and self._visits[self.state] > 1,
            met=len(self.puzzle.task.goals_met(self.state)),
        )
        self.steps.append(step)
        return step
