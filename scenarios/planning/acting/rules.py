"""The rules of acting on tasks: one action a step, until the goal holds or the steps are used up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, TypeVar

from lab.core.ports import Play
from lab.core.records import Decision, DecisionRequest, Segment, Truth, TruthSpec
from scenarios.environment import Environment
from scenarios.planning.acting import measures, wording
from scenarios.planning.acting.boards import Board, Puzzle, Step
from scenarios.planning.acting.disguise import Disguise
from scenarios.planning.acting.spec import ActingParams
from scenarios.planning.acting.tools import chosen, menu_of, tools_of
from scenarios.planning.acting.views import view
from scenarios.planning.strips.model import Task

POLICIES = "scenarios.planning.acting.policies:"
A = TypeVar("A", bound=ActingParams)


class Acting(Environment[A]):
    """Agents act on the same tasks, each on a copy of its own; one tick is one step.

    An agent names an action. Where its preconditions hold the state changes as its effects say, and it costs
    what the task says, mostly 1. Otherwise it is rejected with a reason: the state stays, and 1 is lost; so
    it is without a valid answer. A task ends when the goal holds, when its steps are used up, or when a
    state has come back `revisits` times. Solving it pays 1.

    Every step's regret is exact: its cost and h* after it, less h* before it, where h* is the least cost
    from a state to the goal. Where a task has too many states to know h*, nothing is said of it.

    Attributes:
        idiom: how this world is told in sentences.
    """

    policies = {
        "greedy": POLICIES + "Greedy",
        "guesser": POLICIES + "Guesser",
        "noisy_optimal": POLICIES + "NoisyOptimal",
        "optimal": POLICIES + "Optimal",
        "random": POLICIES + "RandomLegal",
    }
    non_response = {"act": "nothing is done: the state stays and the step is used up"}
    truth = {
        "hstar": TruthSpec("state", "the least cost from the present state to the goal, by the exact solver"),
        "optimal_action": TruthSpec("plan", "the first of the actions that begin a cheapest plan from here"),
    }
    measures = measures.MEASURES
    wordings = len(wording.WORDINGS)
    idiom: ClassVar[wording.Idiom] = wording.NO_IDIOM

    def tasks(self) -> Sequence[Task]:
        """The tasks of this run, all of one domain."""
        raise NotImplementedError

    def explored(self, tasks: Sequence[Task]) -> Sequence[Puzzle]:
        """The tasks, perhaps under other names, with what is known of them."""
        return [Puzzle.of(task) for task in tasks]

    def play(self) -> Play:
        """Lay out the tasks, and let every agent work through its own copies."""
        tasks = self.tasks()
        if self.params.obfuscate == "random":
            disguise = Disguise.drawn(tasks, self.rng("disguise"))
            tasks = [disguise.task(task) for task in tasks]
        self._puzzles = self.explored(tasks)
        self._menus = [menu_of(task) for task in tasks]
        yield self.all_of(*(self.spawn(self._work(agent)) for agent in self.agents))

    def _work(self, agent: str) -> Play:
        has_acted, before = False, None
        for number, puzzle in enumerate(self._puzzles, 1):
            board = self._dealt(agent, number, puzzle)
            while board.ended is None:
                if has_acted:
                    yield self.wait(1)
                has_acted = True
                yield from self._act(agent, board, before)
            self._closed(agent, board)
            before = board

    def _dealt(self, agent: str, number: int, puzzle: Puzzle) -> Board:
        shortest = None if puzzle.plan is None else len(puzzle.plan)
        budget = self.params.budget.of(shortest)
        task = puzzle.task
        self.emit(
            "task",
            agent=agent,
            task=number,
            name=task.name,
            budget=budget,
            feedback=self.params.feedback,
            optimal=puzzle.optimal,
            hstar=puzzle.to_go(task.init),
            goals=len(task.goal),
            met=len(task.goals_met(task.init)),
        )
        return Board(puzzle, number=number, budget=budget, revisits=self.params.revisits)

    def _closed(self, agent: str, board: Board) -> None:
        self.emit(
            "task_end",
            agent=agent,
            task=board.number,
            ended=board.ended,
            steps=len(board.steps),
            reachable=board.puzzle.reachable(board.state),
        )

    def _act(self, agent: str, board: Board, before: Board | None) -> Play:
        decision = yield self.ask(
            agent,
            view(self.params, board, before, tasks=len(self._puzzles)),
            self._menus[board.number - 1],
            phase="act",
            hidden=_hidden(board),
            tools=tools_of(board, state_is_seen=self.params.feedback != "none"),
        )
        action = chosen(decision.action, decision.args) if decision.valid else None
        step = board.take(action, str(decision.status))
        self._log(board, decision, step)
        if board.ended == "solved":
            self.pay(agent, 1, decision=decision, why="solved")

    def _log(self, board: Board, decision: Decision, step: Step) -> None:
        item = self.emit(
            "step",
            agent=decision.agent,
            decision=decision,
            value=step.regret,
            task=board.number,
            action=None if step.action is None else str(step.action),
            ok=step.ok,
            reason=step.reason,
            why=step.why,
            cost=step.cost,
            before=step.before,
            after=step.after,
            revisit=step.revisit,
            met=step.met,
        )
        if self.params.feedback != "none":
            self.expose(decision.agent, "step", item)

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The rules, the task and the question, in the run's wording."""
        return wording.segments(self.look, request, self.idiom)


def _hidden(board: Board) -> dict[str, Any]:
    """What the exact solver knows of the state; the rules and what was done decide it, so it is no secret."""
    distances = board.puzzle.distances
    if distances is None:
        return {}
    best = distances.optimal(board.state)
    truths = {"hstar": Truth(distances.hstar(board.state), visible=True)}
    if best:
        truths["optimal_action"] = Truth(str(best[0]), visible=True)
    return truths
