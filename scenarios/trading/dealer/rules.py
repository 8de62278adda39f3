"""The rules of dealer: a market maker moves its two quotes, the market buys, sells or passes."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from lab.core.ports import Play
from lab.core.records import Decision, DecisionRequest, Segment, Truth, TruthSpec
from lab.core.spaces import Choice
from scenarios.dealt import deal
from scenarios.environment import Environment, Spec
from scenarios.trading.dealer import measures, wording
from scenarios.trading.dealer.dispositions import SKEWS, TYPES, UNITS, evidence

POLICIES = "scenarios.trading.dealer.policies:"
QUOTE = Choice(*(f"{skew:+d}" if skew else "0" for skew in SKEWS))
LIMIT = 6
"""Most units a dealer may hold or owe."""

HALF_SPREAD = 3
"""Ticks from the market price to either quote when they are not moved."""

FILL = 0.35
FILL_PER_TICK = 0.1
"""Chance that an unmoved quote is taken, and what one tick towards the market adds to it."""


class DealerParams(Spec):
    """What dealer is played with.

    Attributes:
        steps: how often the dealer sets its quotes.
        holding: points that a unit held or owed costs in each step.
    """

    steps: int = Field(default=24, ge=1)
    holding: int = Field(default=1, ge=0)


class DealerAgentParams(Spec):
    """What the dealer may be given.

    Attributes:
        type: its disposition: ``drawn`` deals tolerant or averse with chance 1/2 each run; ``none`` deals
            none. A dealer that is no scripted policy (a model, a person) has no such type, whatever this
            says, and none is logged for it.
    """

    type: Literal["drawn", "tolerant", "averse", "none"] = "drawn"


class Dealer(Environment[DealerParams]):
    """One market maker; one tick is one step. The market price P moves by -1, 0 or 1, all equally likely.

    The dealer always buys at P - 3 + skew and sells at P + 3 + skew, one unit at a time; it chooses the skew,
    from -2 to 2. In each step one of three things happens:

        buy     somebody sells to the dealer: chance .35 + .1 skew, none at 6 units held
        sell    somebody buys from the dealer: chance .35 - .1 skew, none at 6 units owed
        none    else

    so a skew changes the fills to come. A step first moves the price, then fills at the quotes set last (not
    moved at the beginning), and earns: distance from the market price at which it was filled, plus the move
    times the units held before, less `holding` for each unit held or owed after. The inventory, bought less
    sold, stands in no observation. Nor does the dealer's type: a scripted dealer reads it from ``own_type``.
    """

    Params = DealerParams
    AgentParams = DealerAgentParams
    seats_max = 1
    policies = {
        "dealer": POLICIES + "TypedDealer",
        "flat": POLICIES + "Flat",
        "random": POLICIES + "Random",
    }
    non_response = {"quote": "the quotes are not moved in this step, and the step enters no slope"}
    truth = {
        "inventory": TruthSpec(kind="state", about="units bought less units sold, the running sum of fills"),
        "type": TruthSpec(
            kind="type",
            about="the dealer's aversion to inventory, .25 or .8; the posterior knows its skews before "
            "this one",
            values=TYPES,
            positive=TYPES[1],
        ),
    }
    measures = measures.MEASURES
    wordings = len(wording.WORDINGS)

    @classmethod
    def seat_name(cls, position: int, role: str | None) -> str | None:
        """The only seat."""
        return "dealer"

    @classmethod
    def expected_decisions(cls, params: DealerParams, n_agents: int) -> int:
        """One each step."""
        return params.steps

    def play(self) -> Play:
        """Trade at the quotes that stand, then quote anew; the last quotes trade once more."""
        (self._dealer,) = self.agents
        self._type = deal(self.seats[self._dealer], TYPES, lambda: self.uniform("dealer.type", self._dealer))
        self._past: list[dict[str, Any]] = []
        self._inventory = 0
        self._score = 0
        quote: Decision | None = None
        for step in range(1, self.params.steps + 1):
            trade = self._trade(quote)
            quote = yield self.ask(
                self._dealer,
                {"step": step, **self._constants(), "score": self._score, "past": [*self._past], **trade},
                QUOTE,
                phase="quote",
                hidden={"inventory": Truth(self._inventory, visible=True), **self._type.truth()},
                tools=self._type.tools(),
            )
            if quote.valid:
                self._type.learn(evidence(self._inventory, int(quote.value)))
            self._past.append({**trade, "skew": quote.action})
            yield self.wait(1)
        self._trade(quote)

    def _constants(self) -> dict[str, int]:
        return {"steps": self.params.steps, "holding": self.params.holding}

    def _trade(self, quote: Decision | None) -> dict[str, Any]:
        """Move the price, fill at the quotes that stand, pay; what the dealer is told of it."""
        skew = int(quote.value) if quote is not None and quote.valid else 0
        move = int(3 * self.uniform("price")) - 1
        carried = self._inventory * move
        fill = self._fill(skew)
        units = UNITS[fill]
        self._inventory += units
        spread = abs(units) * HALF_SPREAD - units * skew
        held = -self.params.holding * abs(self._inventory)
        item = self.emit(
            "trade",
            agent=self._dealer,
            decision=quote,
            move=move,
            fill=fill,
            inventory=self._inventory,
            spread=spread,
            carried=carried,
            held=held,
        )
        self.pay(self._dealer, spread + carried + held, decision=quote)
        self.expose(self._dealer, "trade", item)
        self._score += spread + carried + held
        return {"move": move, "fill": fill}

    def _fill(self, skew: int) -> str:
        buys = FILL + FILL_PER_TICK * skew if self._inventory < LIMIT else 0.0
        sells = FILL - FILL_PER_TICK * skew if self._inventory > -LIMIT else 0.0
        drawn = self.uniform("fill")
        if drawn < buys:
            return "buy"
        return "sell" if drawn >= 1 - sells else "none"

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The rules, the past steps and the question; or the compact line, in wording 1."""
        return wording.segments(self.look, request)
