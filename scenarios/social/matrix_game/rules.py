"""The rules of a matrix game: two agents choose at once, and a table pays each pair of choices."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

from lab.core.ports import Play
from lab.core.records import Decision, DecisionRequest, Reference, Segment
from lab.core.spaces import Choice, Message
from scenarios.environment import Environment
from scenarios.social.matrix_game import measures, wording
from scenarios.social.matrix_game.spec import MatrixParams

POLICIES = "scenarios.social.matrix_game.policies:"


class MatrixGame(Environment[MatrixParams]):
    """Any two-agent game in matrix form, repeated. One tick is one round.

    The first listed agent picks the row of the payoff table, the second the column. Each learns what was
    really played, never what was meant: with `noise`, a choice may be played as another option.
    """

    Params = MatrixParams
    seats_min = 2
    seats_max = 2
    policies = {
        "always_cooperate": POLICIES + "AlwaysCooperate",
        "always_defect": POLICIES + "AlwaysDefect",
        "alternator": POLICIES + "Alternator",
        "extort_2": POLICIES + "Extort2",
        "generous_tit_for_tat": POLICIES + "GenerousTitForTat",
        "grim": POLICIES + "Grim",
        "memory_one": POLICIES + "MemoryOne",
        "random": POLICIES + "Random",
        "suspicious_tit_for_tat": POLICIES + "SuspiciousTitForTat",
        "tit_for_tat": POLICIES + "TitForTat",
        "tit_for_two_tats": POLICIES + "TitForTwoTats",
        "win_stay_lose_shift": POLICIES + "WinStayLoseShift",
    }
    non_response = {
        "talk": "says nothing",
        "choose": "the round is not played: it pays nobody and enters no rate",
    }
    measures = measures.MEASURES
    wordings = len(wording.WORDINGS)
    covers = tuple(wording.COVERS)

    @classmethod
    def label_options(cls, params: MatrixParams) -> tuple[str, ...]:
        """The options that may be shown under other names."""
        first, second = params.option_names
        return tuple(dict.fromkeys(first + second))

    @classmethod
    def references(cls, params: MatrixParams) -> Mapping[str, tuple[Reference, ...]]:
        """The human values that fit a game like this one, by measure."""
        return measures.references(params)

    @classmethod
    def expected_decisions(cls, params: MatrixParams, n_agents: int) -> int:
        """Two agents, every talk and choice, for the (expected) number of rounds."""
        rounds = params.rounds if params.rounds is not None else 1 / (1 - (params.continue_p or 0))
        return round(n_agents * rounds * (params.talk_rounds + 1))

    def play(self) -> Play:
        """Talk, choose, reveal, pay; again until the last round."""
        self._last: dict[str, Mapping[str, Any]] = {}
        self._score = dict.fromkeys(self.agents, 0.0)
        for number in count(1):
            self._round = number
            yield from self._talk()
            yield from self._choose()
            if self._is_over():
                return
            yield self.wait(1)

    def _talk(self) -> Play:
        self._said: list[dict[str, str]] = []
        for _ in range(self.params.talk_rounds):
            decisions = yield self.ask_all(self.agents, self._view, Message(max_chars=500), phase="talk")
            for decision in decisions.values():
                if decision.valid and decision.value:
                    self._hear(decision)

    def _hear(self, decision: Decision) -> None:
        speaker, text = decision.agent, decision.value
        other = self._other(speaker)
        item = self.emit("message", agent=speaker, target=other, decision=decision, text=text)
        self.expose(other, "message", item, text=text)
        self._said.append({"from": speaker, "text": text})

    def _choose(self) -> Play:
        decisions = yield self.ask_all(self.agents, self._view, self._space, phase="choose")
        if not all(decision.valid for decision in decisions.values()):
            self.emit("skipped", round=self._round)
            return
        played = {agent: self._played(decisions[agent]) for agent in self.agents}
        points = dict(zip(self.agents, self.params.points(*played.values()), strict=True))
        chosen = {agent: decisions[agent].value for agent in self.agents}
        reveal = self.emit("reveal", round=self._round, chosen=chosen, played=played)
        for agent in self.agents:
            self.expose(agent, "reveal", reveal)
            self.pay(agent, points[agent], decision=decisions[agent])
            self._score[agent] += points[agent]
            self._last[agent] = self._outcome(agent, played, points)

    def _played(self, decision: Decision) -> str:
        """What a choice is played as: itself, or with chance `noise` another option."""
        agent, chosen = decision.agent, str(decision.value)
        others = [option for option in self._space(agent).options if option != chosen]
        slip = self.uniform("noise", agent)
        if not others or slip >= self.params.noise:
            return chosen
        played = others[int(slip / self.params.noise * len(others))]
        self.emit("slip", agent=agent, decision=decision, chosen=chosen, played=played)
        return played

    def _is_over(self) -> bool:
        if self.params.continue_p is None:
            return self._round == self.params.rounds
        return self.uniform("continue") >= self.params.continue_p

    def _view(self, agent: str) -> dict[str, Any]:
        return {
            "round": self._round,
            "rounds": self.params.rounds,
            "options": self._space(agent).options,
            "other_options": self._space(self._other(agent)).options,
            "last": self._last.get(agent),
            "score": self._score[agent],
            "messages": list(self._said),
        }

    def _outcome(
        self, agent: str, played: Mapping[str, str], points: Mapping[str, float]
    ) -> Mapping[str, Any]:
        """The round as one agent sees it afterwards."""
        other = self._other(agent)
        return {
            "round": self._round,
            "own": played[agent],
            "other": played[other],
            "own_points": points[agent],
            "other_points": points[other],
        }

    def _space(self, agent: str) -> Choice:
        return Choice(*self.params.option_names[self.agents.index(agent)])

    def _other(self, agent: str) -> str:
        first, second = self.agents
        return second if agent == first else first

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The rules, what happened and the question, in the run's wording and cover."""
        return wording.segments(self.params, self.look, request, seat=self.agents.index(request.agent))
