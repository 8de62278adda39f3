"""The rules of bluff: a claimant says what its hidden hand is worth, a challenger calls or folds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import Field, model_validator

from lab.core.ports import Play, Seat
from lab.core.records import Decision, DecisionRequest, Segment, Tool, Truth, TruthSpec
from lab.core.spaces import Choice
from scenarios.environment import Environment, Spec
from scenarios.social.bluff import measures, wording
from scenarios.social.bluff.dispositions import BLUFFS, STRONG_SUM, Type, chance_to_claim_strong, evidence

POLICIES = "scenarios.social.bluff.policies:"
CLAIM = Choice("strong", "weak")
ANSWER = Choice("call", "fold")
STAKES = (1, 3)
SEATS = ("claimant", "challenger")


class BluffParams(Spec):
    """What bluff is played with.

    Attributes:
        rounds: how many hands are dealt.
        opening: how many of the first claims are dealt too: the rules make them as the dealt type would, and
            whoever sits there goes on from that past.
    """

    rounds: int = Field(default=8, ge=1)
    opening: int = Field(default=0, ge=0)

    @model_validator(mode="after")
    def _someone_decides(self) -> BluffParams:
        if self.opening >= self.rounds:
            raise ValueError(f"opening {self.opening} leaves no claim to make in {self.rounds} rounds")
        return self


class BluffAgentParams(Spec):
    """What a participant of bluff may be given.

    Attributes:
        type: the claimant's disposition: ``drawn`` deals honest or bluffer with chance 1/2 each run; ``none``
            deals none. A claimant that is no scripted policy (a model, a person) has no such type, whatever
            this says, and none is logged for it; unless there is an `opening`, which is made by a type.
    """

    type: Literal["drawn", "honest", "bluffer", "none"] = "drawn"


class Bluff(Environment[BluffParams]):
    """Two agents, the first listed is the claimant; zero-sum. One tick is one round.

    The claimant alone sees two cards from 0 to 9 and claims ``strong`` or ``weak``; the stake s is public.
    The challenger always answers ``call`` or ``fold``. What the claimant gets from the challenger:

        weak    0, whatever the answer
        strong  folded s; called 2s if the cards sum to 9 or more, else -2s

    Cards are never shown to the challenger; the payoff of a called claim tells it what the hand was.
    The claimant's type is dealt by the rules. It stands in no observation and no text: a scripted claimant
    reads it from the tool ``own_type``, and what others may know of it follows from the claimant's acts.

    With an `opening` of k the first k claims are no decisions: they are drawn from the dealt type, answered,
    settled and shown as the claimant's own past. Whoever then claims can know the type from that past alone,
    and the logged posterior is exact: it learns from acts of the type and from nothing else. Dealt hands pay
    and enter the score; they enter no rate.
    """

    Params = BluffParams
    AgentParams = BluffAgentParams
    seats_min = 2
    seats_max = 2
    policies = {
        "believer": POLICIES + "Believer",
        "caller": POLICIES + "Caller",
        "claimant": POLICIES + "Claimant",
        "skeptic": POLICIES + "Skeptic",
        "truthful": POLICIES + "Truthful",
    }
    non_response = {
        "claim": "the round is not played: it pays nobody and enters no rate",
        "answer": "the claim is neither called nor folded: the round pays nobody and enters no call rate",
    }
    truth = {
        "strong": TruthSpec(
            kind="state",
            about="whether the claimant's two cards sum to 9 or more",
            values=(False, True),
            positive=True,
        ),
        "type": TruthSpec(
            kind="type",
            about="the claimant's disposition; the posterior knows its hands and claims before this act",
            values=("honest", "bluffer"),
            positive="bluffer",
        ),
    }
    measures = measures.MEASURES
    wordings = len(wording.WORDINGS)
    covers = tuple(wording.COVERS)

    @classmethod
    def label_options(cls, params: BluffParams) -> tuple[str, ...]:
        """The options that may be shown under other names."""
        return CLAIM.options + ANSWER.options

    @classmethod
    def seat_name(cls, position: int, role: str | None) -> str | None:
        """The claimant is listed first."""
        return SEATS[position] if position < len(SEATS) else None

    @classmethod
    def problems(cls, params: BluffParams, seats: Sequence[Seat]) -> Iterator[tuple[str, str]]:
        """Only the claimant, listed first, has a type."""
        claimant, challenger = seats
        if params.opening and claimant.params.type == "none":
            yield f"agents.{claimant.name}.params.type", "an opening is made by a type; 'none' deals none"
        if challenger.params.type in BLUFFS:
            yield (
                f"agents.{challenger.name}.params.type",
                f"only the claimant has a type, and that is '{claimant.name}', the agent listed first",
            )

    @classmethod
    def expected_decisions(cls, params: BluffParams, n_agents: int) -> int:
        """A claim and an answer each round; the claims of the opening are dealt."""
        return 2 * params.rounds - params.opening

    def play(self) -> Play:
        """Deal, claim, answer, settle; again until the last round."""
        self._claimant, self._challenger = self.agents
        self._type = self._dealt_type()
        self._log_odds = 0.0
        self._past: list[dict[str, Any]] = []
        self._score = dict.fromkeys(self.agents, 0)
        for number in range(1, self.params.rounds + 1):
            if number > 1:
                yield self.wait(1)
            self._round = number
            yield from self._hand()

    def _dealt_type(self) -> Type | None:
        seat = self.seats[self._claimant]
        if seat.policy != "scripted" and not self.params.opening:
            return None
        given = seat.params.type
        if given == "drawn":
            return "bluffer" if self.uniform("bluff.type", self._claimant) < 0.5 else "honest"
        return None if given == "none" else given

    def _hand(self) -> Play:
        cards = [int(10 * self.uniform(f"card.{nth}", self._claimant)) for nth in (1, 2)]
        stake = STAKES[int(2 * self.uniform("stake"))]
        strong = sum(cards) >= STRONG_SUM
        hand = {"round": self._round, "cards": cards, "stake": stake}
        claim: Decision | None = None
        if self._round <= self.params.opening:
            said = self._dealt_claim(strong=strong, stake=stake)
        else:
            claim = yield self.ask(
                self._claimant,
                self._view(self._claimant) | {"cards": cards, "stake": stake},
                CLAIM,
                phase="claim",
                hidden=self._hidden(strong=strong),
                tools=self._tools(),
            )
            if not claim.valid:
                self.emit("skipped", round=self._round)
                return
            said = str(claim.action)
        self._hear(said, claim, strong=strong, stake=stake)
        answer = yield self.ask(
            self._challenger,
            self._view(self._challenger) | {"stake": stake, "claim": said},
            ANSWER,
            phase="answer",
        )
        self._settle(hand, said, claim, answer)

    def _dealt_claim(self, *, strong: bool, stake: int) -> str:
        """A claim of the opening, drawn from the dealt type."""
        assert self._type is not None, "an opening is made by a type"
        chance = chance_to_claim_strong(self._type, strong=strong, stake=stake)
        return "strong" if self.uniform("bluff.opening", self._claimant) < chance else "weak"

    def _hidden(self, *, strong: bool) -> dict[str, Truth]:
        truths = {"strong": Truth(strong, visible=True)}
        if self._type:
            truths["type"] = Truth(self._type, posterior=self._log_odds)
        return truths

    def _tools(self) -> tuple[Tool, ...]:
        """What a scripted claimant reads its type from."""
        dealt = self._type
        if dealt is None:
            return ()
        return (Tool("own_type", {"type": "object", "properties": {}}, lambda: dealt, reads_truth=True),)

    def _hear(self, said: str, claim: Decision | None, *, strong: bool, stake: int) -> None:
        """Log what was claimed, and let the ideal observer learn from it if it was an act of the type."""
        if claim:
            so = "strong" if strong else "weak"
            self.claim(claim, "hand", said=said, world=so, private=so)
        item = self.emit("claim", agent=self._claimant, target=self._challenger, decision=claim, said=said)
        self.expose(self._challenger, "claim", item, text=said)
        if claim is None or self.seats[self._claimant].policy == "scripted":
            self._log_odds += evidence(strong=strong, stake=stake, claim=said)

    def _settle(self, hand: dict[str, Any], said: str, claim: Decision | None, answer: Decision) -> None:
        strong = sum(hand["cards"]) >= STRONG_SUM
        won = payoff(said, answer.action, strong=strong, stake=hand["stake"])
        hand |= {"claim": said, "answer": answer.action, "won": won}
        shown: dict[str, Any] = {"hand": hand, "strong": strong} | ({} if claim else {"dealt": True})
        item = self.emit("showdown", **shown)
        self._past.append(hand)
        for agent, decision, points in (
            (self._claimant, claim, won),
            (self._challenger, answer, -won),
        ):
            self.pay(agent, points, decision=decision)
            self.expose(agent, "showdown", item)
            self._score[agent] += points

    def _view(self, agent: str) -> dict[str, Any]:
        """What an agent may know before the present hand; past cards only for the claimant."""
        sees_cards = agent == self._claimant
        return {
            "round": self._round,
            "rounds": self.params.rounds,
            "score": self._score[agent],
            "past": [self._as_seen(hand, sees_cards=sees_cards) for hand in self._past],
        }

    @staticmethod
    def _as_seen(hand: Mapping[str, Any], *, sees_cards: bool) -> dict[str, Any]:
        return {key: value for key, value in hand.items() if sees_cards or key != "cards"}

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The rules, the past hands and the question; or the compact line, in wording 1."""
        return wording.segments(self.look, request)


def payoff(claim: str | None, answer: str | None, *, strong: bool, stake: int) -> int:
    """What the claimant gets from the challenger."""
    if claim != "strong" or answer is None:
        return 0
    if answer == "fold":
        return stake
    return 2 * stake if strong else -2 * stake
