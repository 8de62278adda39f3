"""The rules of a PDDL world: whatever the user's domain says, one action a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lab.core.errors import RuleError
from lab.core.ports import Seat
from scenarios.planning.acting.boards import Puzzle
from scenarios.planning.acting.rules import Acting
from scenarios.planning.acting.tools import menu_of
from scenarios.planning.pddl.spec import PddlParams, text_problem
from scenarios.planning.strips.distances import DEFAULT_CAP
from scenarios.planning.strips.model import Task


class Pddl(Acting[PddlParams]):
    """Agents act on the problems of a PDDL domain, each on a copy of its own; one tick is one step.

    STRIPS with types, negative preconditions, constants, equality and action costs. `Acting` says how a step
    counts, when a task ends and what is measured. A task is refused when its goal cannot be reached. Its h*
    and regret are known when at most 10,000 states are in reach.
    """

    Params = PddlParams

    @classmethod
    def problems(cls, params: PddlParams, seats: Sequence[Seat]) -> Iterator[tuple[str, str]]:
        """What is wrong with the texts, and between them and the other params."""
        yield from params.problems()
        wrong = text_problem(params)
        if wrong is not None:
            yield wrong
            return
        for puzzle in params.puzzles():
            yield from _problems(params, puzzle)
            yield from _unplayable(puzzle, seats)

    @classmethod
    def expected_decisions(cls, params: PddlParams, n_agents: int) -> int:
        """As if every agent used up its steps."""
        plans = [puzzle.plan for puzzle in params.puzzles()]
        return n_agents * sum(params.budget.of(None if plan is None else len(plan)) for plan in plans)

    def tasks(self) -> Sequence[Task]:
        """The problems, in order."""
        return self.params.tasks()

    def explored(self, tasks: Sequence[Task]) -> Sequence[Puzzle]:
        """What the checks of the params explored, where the tasks have their own names."""
        return self.params.puzzles() if self.params.obfuscate == "none" else super().explored(tasks)


def _problems(params: PddlParams, puzzle: Puzzle) -> Iterator[tuple[str, str]]:
    """What is wrong with playing one task."""
    task, distances = puzzle.task, puzzle.distances
    try:
        menu_of(task)
    except RuleError as error:
        yield "domain", str(error)
    if puzzle.impossible:
        why = "" if distances is None else f" (all {len(distances.space.states):,} in reach were looked at)"
        yield "problem", f"task '{task.name}': the goal cannot be reached from the first state{why}"
    elif params.budget.factor is not None and puzzle.plan is None:
        yield (
            "budget",
            f"no cheapest plan of task '{task.name}' is known to take a multiple of, as the search was "
            "given up; say a number of steps, as in {steps: 50}",
        )
    if params.feedback == "oracle" and distances is None:
        yield (
            "feedback",
            f"'oracle' needs every exact cost, and task '{task.name}' has more than {DEFAULT_CAP:,} states",
        )


def _unplayable(puzzle: Puzzle, seats: Sequence[Seat]) -> Iterator[tuple[str, str]]:
    """Agents whose script needs exact distances, where a task is too large for them."""
    for seat in seats if puzzle.distances is None else ():
        if seat.policy == "scripted" and seat.plays in ("optimal", "noisy_optimal"):
            yield (
                f"agents.{seat.name}.policy.name",
                f"'{seat.plays}' needs every exact cost, and task '{puzzle.task.name}' has more than "
                f"{DEFAULT_CAP:,} states",
            )
