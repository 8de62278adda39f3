"""The rules of the public goods game: what each gives to a common pot, and what punishment does about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lab.core.ports import Play, Seat
from lab.core.records import Decision, DecisionRequest, Reference, Segment
from lab.core.spaces import Form, Message, Quantity
from scenarios.environment import Environment
from scenarios.social.public_goods import measures, wording
from scenarios.social.public_goods.spec import PublicGoodsParams

POLICIES = "scenarios.social.public_goods.policies:"


class PublicGoods(Environment[PublicGoodsParams]):
    """n members keep or give their endowment, then may punish each other. One tick is one phase.

    Earnings of member i in a round: e - g_i + mpcr * sum(g) - cost * points assigned - effect * points
    received (Fehr and Gaechter 2000). Members see who gave what and how many points they got, not from whom.
    """

    Params = PublicGoodsParams
    seats_min = 2
    policies = {
        "conditional_cooperator": POLICIES + "ConditionalCooperator",
        "fixed_share": POLICIES + "FixedShare",
        "free_rider": POLICIES + "FreeRider",
        "full_contributor": POLICIES + "FullContributor",
        "random": POLICIES + "Random",
    }
    non_response = {
        "talk": "says nothing",
        "contribute": "sits the round out: no endowment, no share of the pot, no part in punishment or rates",
        "punish": "assigns no points and enters no punishment rate",
    }
    measures = measures.MEASURES
    live = ("mpcr", "punish.cost", "punish.effect")
    wordings = len(wording.WORDINGS)
    covers = tuple(wording.COVERS)

    @classmethod
    def problems(cls, params: PublicGoodsParams, seats: Sequence[Seat]) -> Iterator[tuple[str, str]]:
        """The dilemma needs mpcr < 1 < n * mpcr."""
        n = len(seats)
        if n >= cls.seats_min and not params.mpcr < 1 < n * params.mpcr:
            yield (
                "params.mpcr",
                f"no dilemma: it needs mpcr < 1 < n * mpcr, but mpcr = {params.mpcr:g} and "
                f"{n} * mpcr = {n * params.mpcr:g}; with {n} agents choose mpcr between {1 / n:.3g} and 1",
            )

    @classmethod
    def references(cls, params: PublicGoodsParams) -> Mapping[str, tuple[Reference, ...]]:
        """The human values that fit a game like this one, by measure."""
        return measures.references(params)

    @classmethod
    def expected_decisions(cls, params: PublicGoodsParams, n_agents: int) -> int:
        """Every member, every phase, every round."""
        return n_agents * params.rounds * (params.talk_rounds + 1 + (params.punish is not None))

    def play(self) -> Play:
        """Talk, contribute, reveal, punish; again until the last round."""
        self._earned = dict.fromkeys(self.agents, 0.0)
        self._last: dict[str, Mapping[str, Any]] = {}
        for number in range(1, self.params.rounds + 1):
            if number > 1:
                yield self.wait(1)
            self._round = number
            yield from self._talk()
            gifts = yield from self._contribute()
            if self.params.punish and len(gifts) > 1:
                yield self.wait(1)
                yield from self._punish(gifts)
            self._close(gifts)

    def _talk(self) -> Play:
        self._said: list[dict[str, str]] = []
        for _ in range(self.params.talk_rounds):
            decisions = yield self.ask_all(self.agents, self._view, Message(max_chars=500), phase="talk")
            for decision in decisions.values():
                if decision.valid and decision.value:
                    self._hear(decision)
            yield self.wait(1)

    def _hear(self, decision: Decision) -> None:
        item = self.emit("message", agent=decision.agent, decision=decision, text=decision.value)
        for listener in self._others(decision.agent):
            self.expose(listener, "message", item, text=decision.value)
        self._said.append({"from": decision.agent, "text": decision.value})

    def _contribute(self) -> Play:
        """Ask all for their gifts and pay the pot out; brings the valid decisions by member."""
        gift = Quantity("contribute", 0, self.params.endowment, "points")
        decisions = yield self.ask_all(self.agents, self._view, gift, phase="contribute")
        gifts = {agent: decision for agent, decision in decisions.items() if decision.valid}
        self._gave = {agent: decision.value for agent, decision in gifts.items()}
        self._received = dict.fromkeys(gifts, 0)
        pot = sum(self._gave.values())
        item = self.emit("reveal", value=pot, round=self._round, contributions=self._gave)
        self._income: dict[str, float] = {}
        for agent in self.agents:
            self.expose(agent, "reveal", item)
        for agent, decision in gifts.items():
            share = self.params.mpcr * pot
            self._earn(agent, self.params.endowment - self._gave[agent] + share, decision, "pot")
        return gifts

    def _punish(self, gifts: Mapping[str, Decision]) -> Play:
        decisions = yield self.ask_all(gifts, self._view_of_gifts, self._punish_space, phase="punish")
        punish = self.params.punish
        assert punish is not None, "the punishment stage is only reached with its params"
        for agent, decision in decisions.items():
            points = {target: n for target, n in (decision.value or {}).items() if n}
            for target, n in points.items():
                self.emit("punish", agent=agent, target=target, decision=decision, value=n)
                self._received[target] += n
            if points:
                self._earn(agent, -punish.cost * sum(points.values()), decision, "punishing")
        for agent, n in self._received.items():
            if n:
                item = self._earn(agent, -punish.effect * n, gifts[agent], "punished")
                self.expose(agent, "punished", item)

    def _punish_space(self, agent: str) -> Form:
        assert self.params.punish is not None, "the punishment stage is only reached with its params"
        most = self.params.punish.max_points
        targets = (member for member in self._gave if member != agent)
        return Form("punish", {target: Quantity(target, 0, most, "points") for target in targets})

    def _close(self, gifts: Mapping[str, Decision]) -> None:
        """Apply the floor, and keep what each may remember of the round."""
        for agent, decision in gifts.items():
            if self.params.floor and self._income[agent] < 0:
                self._earn(agent, -self._income[agent], decision, "floor")
        for agent in self.agents:
            self._last[agent] = {
                "round": self._round,
                "contributions": self._contributions(),
                "earned": self._income.get(agent, 0),
                "points_received": self._received.get(agent, 0),
                "points_lost": self._lost_to_punishment(agent),
            }

    def _lost_to_punishment(self, agent: str) -> float:
        effect = self.params.punish.effect if self.params.punish else 0
        return effect * self._received.get(agent, 0)

    def _earn(self, agent: str, points: float, decision: Decision, why: str) -> int:
        """Pay a member and count it; brings the payoff's seq."""
        self._earned[agent] += points
        self._income[agent] = self._income.get(agent, 0) + points
        return self.pay(agent, points, decision=decision, why=why)

    def _view(self, agent: str) -> dict[str, Any]:
        return {
            "round": self._round,
            "rounds": self.params.rounds,
            "last": self._last.get(agent),
            "score": self._earned[agent],
            "messages": list(self._said),
        }

    def _view_of_gifts(self, agent: str) -> dict[str, Any]:
        return self._view(agent) | {"contributions": self._contributions(), "income": self._income[agent]}

    def _contributions(self) -> dict[str, int | None]:
        """What each gave this round, None for a member that sat it out."""
        return {agent: self._gave.get(agent) for agent in self.agents}

    def _others(self, agent: str) -> list[str]:
        return [member for member in self.agents if member != agent]

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The rules, what happened and the question, in the run's wording and cover."""
        return wording.segments(self.params, self.look, request, members=self.agents)
