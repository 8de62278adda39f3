"""The rules of keydoor: through a maze to the key of the door's color, then to the goal."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from lab.core.ports import Play
from lab.core.records import Decision, DecisionRequest, Segment, Truth, TruthSpec
from lab.core.spaces import Choice
from scenarios.environment import Environment, Spec
from scenarios.planning.keydoor import measures, wording
from scenarios.planning.keydoor.maze import CELLS, PASSAGES, distance

POLICIES = "scenarios.planning.keydoor.policies:"
COLORS = ("blue", "green", "red")
MOVE = Choice(*CELLS)


class KeydoorParams(Spec):
    """What keydoor is played with.

    Attributes:
        routes: how many routes are walked in a run, each with new places.
        moves: how many moves a route may take; 14 are always enough.
    """

    routes: int = Field(default=10, ge=1)
    moves: int = Field(default=14, ge=1)


class Keydoor(Environment[KeydoorParams]):
    """One agent in a fixed maze; one tick is one route.

    Three keys (blue, green, red), a start and a goal lie in five different cells, drawn anew for each route;
    a door of one of the colors closes the goal. The agent names the cell it moves to, one at a time. Arriving
    at the key of the door's color picks it up, arriving at the goal with it ends the route for one point;
    without it the goal is a cell like others, and so are the other keys. A move to where no passage leads, or
    no valid answer, leaves the agent where it is and counts.
    """

    Params = KeydoorParams
    seats_max = 1
    policies = {
        "greedy_goal": POLICIES + "GreedyGoal",
        "noisy": POLICIES + "Noisy",
        "optimal": POLICIES + "Optimal",
        "random": POLICIES + "Random",
    }
    non_response = {"move": "the agent stays where it is; the move counts"}
    truth = {
        "subgoal": TruthSpec(
            kind="plan",
            about="the cell to go to first: that of the right key, once that is held the goal",
            values=CELLS,
        ),
        "distance": TruthSpec(kind="state", about="moves on a shortest route to the subgoal"),
        "phase": TruthSpec(
            kind="state",
            about="whether the right key is still to be fetched",
            values=("key", "goal"),
            positive="goal",
        ),
    }
    measures = measures.MEASURES
    wordings = wording.WORDINGS

    @classmethod
    def label_options(cls, params: KeydoorParams) -> tuple[str, ...]:
        """The cells: under other names they do not tell where they lie."""
        return CELLS

    @classmethod
    def seat_name(cls, position: int, role: str | None) -> str | None:
        """The one seat."""
        return "walker"

    @classmethod
    def expected_decisions(cls, params: KeydoorParams, n_agents: int) -> int:
        """Shortest routes take 6.4 moves on average."""
        return 6 * params.routes

    def play(self) -> Play:
        """One route after the other."""
        (self._agent,) = self.agents
        for number in range(1, self.params.routes + 1):
            if number > 1:
                yield self.wait(1)
            yield from self._route(number)

    def _route(self, number: int) -> Play:
        places = self._deal()
        key = places["keys"][places["door"]]
        visited = [places["start"]]
        rejected: dict[str, Any] | None = None
        moves = 0
        while moves < self.params.moves and not _is_done(visited, key, places["goal"]):
            moves += 1
            seen = {"route": number, "routes": self.params.routes, **places, "visited": list(visited)}
            seen |= {"has_key": key in visited, "rejected": rejected}
            seen["moves_left"] = self.params.moves - moves + 1
            move = yield self.ask(
                self._agent, seen, MOVE, phase="move", hidden=_truths(visited, key, places["goal"])
            )
            rejected = self._step(move, visited)
        self._close(move, places, visited)

    def _deal(self) -> dict[str, Any]:
        """Where everything lies on this route: five different cells and a color."""
        cells = list(CELLS)
        drawn = [cells.pop(int(len(cells) * self.uniform(f"place.{nth}"))) for nth in range(5)]
        *keys, goal, start = drawn
        door = COLORS[int(len(COLORS) * self.uniform("door"))]
        return {"keys": dict(zip(COLORS, keys, strict=True)), "door": door, "goal": goal, "start": start}

    def _step(self, move: Decision, visited: list[str]) -> dict[str, Any] | None:
        """Move where a passage leads, else stay; returns what was rejected and why."""
        here, chosen = visited[-1], move.action
        if chosen in PASSAGES[here]:
            visited.append(chosen)
            return None
        visited.append(here)
        reason: Literal["no_answer", "no_passage"] = "no_answer" if chosen is None else "no_passage"
        rejected: dict[str, Any] = {"move": chosen, "reason": reason}
        self.emit("rejected", agent=self._agent, decision=move, **rejected)
        return rejected

    def _close(self, move: Decision, places: dict[str, Any], visited: list[str]) -> None:
        key, goal = places["keys"][places["door"]], places["goal"]
        done = _is_done(visited, key, goal)
        shortest = distance(places["start"], key) + distance(key, goal)
        route = {**places, "visited": visited, "has_key": key in visited, "done": done, "shortest": shortest}
        self.emit("route", agent=self._agent, decision=move, **route)
        self.pay(self._agent, int(done), decision=move)

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The rules, the places and the way so far; or the compact line, in wording 1."""
        return wording.segments(self.look, request)


def subgoal(visited: list[str], *, key: str, goal: str) -> str:
    """The cell to go to first: the key's, once that was visited the goal."""
    return goal if key in visited else key


def _is_done(visited: list[str], key: str, goal: str) -> bool:
    return key in visited and visited[-1] == goal


def _truths(visited: list[str], key: str, goal: str) -> dict[str, Truth]:
    """What follows from what the agent saw, and stands in no word of it."""
    aim = subgoal(visited, key=key, goal=goal)
    return {
        "subgoal": Truth(aim, visible=True),
        "distance": Truth(distance(visited[-1], aim), visible=True),
        "phase": Truth("goal" if key in visited else "key", visible=True),
    }
