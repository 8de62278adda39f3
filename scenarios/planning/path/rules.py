"""The rules of path: join a source and a target over the edges of a hidden or a shown graph."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lab.core.ports import Play, Seat
from lab.core.records import Decision, DecisionRequest, Segment, Tool, Truth, TruthSpec
from lab.core.spaces import Choice
from scenarios.environment import Environment
from scenarios.planning.path import measures, wording
from scenarios.planning.path.graph import DEEPEST, Pair, graph_of
from scenarios.planning.path.spec import PathParams

POLICIES = "scenarios.planning.path.policies:"


class PathGame(Environment[PathParams]):
    """One agent; one tick is one task.

    A task names a source and a target, which some path of the graph joins. The agent stands at the source and
    names the next node, step by step. The task ends

        solved        at the target, for one point
        missing_edge  when no edge leads from here to the named node
        dead_end      at a node from which the target cannot be reached any more
        too_long      after `max_steps` steps
        no_answer     without a valid answer

    The edges rise (1 to 5, never 5 to 1), so that no walk goes in circles. Tasks are drawn from the pairs of
    one split of the graph (see `graph`); an agent that learned from training paths is tested on the others.
    """

    Params = PathParams
    seats_max = 1
    policies = {
        "ideal": POLICIES + "Ideal",
        "observed": POLICIES + "Observed",
        "random": POLICIES + "Random",
        "walker": POLICIES + "Walker",
    }
    non_response = {"step": "the task ends unsolved with the outcome no_answer"}
    truth = {
        "degree": TruthSpec(
            kind="state",
            about="degree of the pair (here, target): 0 if training paths to the target pass here, 1 if they "
            "pass a neighbor, 2 if they pass a neighbor's neighbor, 3 beyond; none further from here",
            values=tuple(range(DEEPEST + 1)),
        ),
        "distance": TruthSpec(kind="state", about="edges on a shortest path from here to the target"),
    }
    measures = measures.MEASURES
    wordings = wording.WORDINGS

    @classmethod
    def label_options(cls, params: PathParams) -> tuple[str, ...]:
        """The nodes: under other names they do not tell which edges can be."""
        return node_names(params)

    @classmethod
    def problems(cls, params: PathParams, seats: Sequence[Seat]) -> Iterator[tuple[str, str]]:
        """The split must hold some pair."""
        if not graph_of(params.graph).pairs(params.split):
            kind = "pair" if params.split == "all" else f"{params.split} pair"
            remedy = "more nodes, or another p, seed or train_share"
            yield "params.split", f"no {kind} is reachable in this graph: {remedy}"

    @classmethod
    def seat_name(cls, position: int, role: str | None) -> str | None:
        """The one seat."""
        return "walker"

    @classmethod
    def expected_decisions(cls, params: PathParams, n_agents: int) -> int:
        """A task takes about four steps, less where a shortest path has fewer."""
        return 4 * params.tasks

    def play(self) -> Play:
        """One task after the other."""
        (self._agent,) = self.agents
        self._graph = graph_of(self.params.graph)
        self._space = Choice(*node_names(self.params))
        self._last: dict[str, Any] | None = None
        pairs = self._graph.pairs(self.params.split)
        for number in range(1, self.params.tasks + 1):
            if number > 1:
                yield self.wait(1)
            yield from self._task(number, pairs[int(len(pairs) * self.uniform("task"))])

    def _task(self, number: int, pair: Pair) -> Play:
        source, target = pair
        walked = [source]
        outcome: str | None = None
        while outcome is None:
            here = walked[-1]
            decision = yield self.ask(
                self._agent,
                self._view(number, target, walked),
                self._space,
                phase="step",
                hidden={
                    "degree": Truth(self._graph.degree[here][target]),
                    "distance": Truth(self._graph.distance[here][target], visible=self.params.show_edges),
                },
                tools=self._tools(here, target),
            )
            outcome = self._outcome(decision.action, target, walked)
        self._close(decision, outcome, target, walked)

    def _outcome(self, action: str | None, target: int, walked: list[int]) -> str | None:
        """How the task ends by this step, which is taken when there is such an edge; None to go on."""
        if action is None:
            return "no_answer"
        chosen = int(action)
        outcome = self._graph.outcome(walked, chosen, target, max_steps=self.params.max_steps)
        if outcome != "missing_edge":
            walked.append(chosen)
        return outcome

    def _close(self, decision: Decision, outcome: str, target: int, walked: list[int]) -> None:
        source = walked[0]
        told: dict[str, Any] = {
            "source": str(source),
            "target": str(target),
            "walked": _names(walked),
            "outcome": outcome,
        }
        if outcome == "missing_edge":
            told["named"] = decision.action
        pair = {
            "degree": self._graph.degree[source][target],
            "shortest": self._graph.distance[source][target],
        }
        item = self.emit("task", agent=self._agent, decision=decision, task=told | pair)
        self.pay(self._agent, int(outcome == "solved"), decision=decision)
        if self.params.feedback != "none":
            self._last = told
            self.expose(self._agent, "task", item, text=outcome)

    def _view(self, number: int, target: int, walked: list[int]) -> dict[str, Any]:
        """What the agent may know at this step."""
        seen: dict[str, Any] = {
            "task": number,
            "tasks": self.params.tasks,
            "nodes": self.params.graph.nodes,
            "source": str(walked[0]),
            "target": str(target),
            "walked": _names(walked),
            "max_steps": self.params.max_steps,
        }
        neighbors = self._graph.neighbors
        if self.params.feedback != "none":
            seen["last"] = self._last
        if self.params.feedback == "neighbors":
            seen["neighbors"] = _names(neighbors[walked[-1]])
        if self.params.show_edges:
            seen["edges"] = {str(node): _names(row) for node, row in enumerate(neighbors) if row}
        return seen

    def _tools(self, here: int, target: int) -> tuple[Tool, ...]:
        """What scripted agents know of the graph, by the name of a tool: nodes to go to next."""
        if self.seats[self._agent].policy != "scripted":
            return ()
        graph = self._graph
        known = {
            "edges": lambda: _names(graph.neighbors[here]),
            "ways": lambda: _names(graph.ways(here, target)),
            "nearest_ways": lambda: _names(graph.nearest_ways(here, target)),
            "seen_ways": lambda: _names(graph.seen_ways(here, target)),
        }
        nothing = {"type": "object", "properties": {}}
        return tuple(Tool(name, nothing, call, reads_truth=True) for name, call in known.items())

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The rules, the task and the walk so far; or the compact line, in wording 1."""
        return wording.segments(self.look, request)


def node_names(params: PathParams) -> tuple[str, ...]:
    """The nodes by name: 1 to n, as text."""
    return tuple(str(node) for node in range(1, params.graph.nodes + 1))


def _names(nodes: Sequence[int]) -> list[str]:
    return [str(node) for node in nodes]
