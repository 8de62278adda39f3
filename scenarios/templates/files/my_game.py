"""An environment of your own in one file: guess two thirds of the mean (Nagel 1995).

Everyone names a number from 0 to 100; whoever is nearest to a share of the mean splits the prize.
Run it with `lab run my-game.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import Field

from lab.core.ports import Play, PolicyContext
from lab.core.records import DecisionRequest, Measured, MeasureSpec, RunRecord, Segment
from lab.core.scripted import ScriptedPolicy
from lab.core.spaces import Quantity
from scenarios.environment import Environment, Spec

GUESS = Quantity("guess", 0, 100)


class MyParams(Spec):
    """What `params:` may say; an unknown key or a wrong type is told with its line."""

    rounds: int = Field(3, ge=1)
    share: float = Field(2 / 3, gt=0, lt=1)
    prize: float = Field(10.0, gt=0)


class LevelK(ScriptedPolicy):
    """Thinks that the others guess 50, or `level` - 1 steps better. Its fields are its options in YAML."""

    level: int = Field(1, ge=0)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> int:
        """The best reply to level - 1."""
        return round(50 * float(request.observation["share"]) ** self.level)


def mean_guess(record: RunRecord) -> Iterator[Measured]:
    """One value a run, and one for each agent."""
    for agent in (None, *record.agents):
        guesses = [d.args["amount"] for d in record.decisions if d.valid and agent in (None, d.agent)]
        value = sum(guesses) / len(guesses) if guesses else None
        yield Measured("mean_guess", value, agent=agent, reason=None if guesses else "no valid guess")


class MyGame(Environment[MyParams]):
    """n players, all guess at once, `rounds` times. One tick is one round."""

    Params = MyParams
    seats_min = 2
    policies = {"level_k": "my_game:LevelK"}
    non_response = {"guess": "takes no part in the round"}
    measures = (MeasureSpec("mean_guess", "mean of the valid guesses", "points", mean_guess),)

    @classmethod
    def expected_decisions(cls, params: MyParams, n_agents: int) -> int:
        """One guess a round and player."""
        return params.rounds * n_agents

    def play(self) -> Play:
        """Ask all, find the target, pay whoever is nearest."""
        last: float | None = None
        for number in range(1, self.params.rounds + 1):
            seen = {"round": number, "share": self.params.share, "last_target": last}
            decisions = yield self._ask_everyone(seen)
            guesses = {name: one.args["amount"] for name, one in decisions.items() if one.valid}
            if guesses:
                last = self._settle(guesses, decisions)
            yield self.wait(1)

    def _ask_everyone(self, seen: dict[str, Any]) -> Any:
        return self.ask_all(self.agents, lambda agent: seen, GUESS, phase="guess")

    def _settle(self, guesses: dict[str, float], decisions: dict[str, Any]) -> float:
        target = self.params.share * sum(guesses.values()) / len(guesses)
        self.emit("target", value=target)
        nearest = min(abs(guess - target) for guess in guesses.values())
        winners = [name for name, guess in guesses.items() if abs(guess - target) == nearest]
        for name in winners:
            self.pay(name, self.params.prize / len(winners), decision=decisions[name])
        return target

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The game in words, for agents that read."""
        seen = request.observation
        rules = (
            f"Everyone names a number from 0 to 100. Whoever is nearest to {seen['share']:.3g} times "
            f"the mean of all numbers wins {self.params.prize:g} points; a tie is shared."
        )
        before = "" if seen["last_target"] is None else f" The last target was {seen['last_target']:.2f}."
        return (Segment("rules", rules), Segment("observation", f"Round {seen['round']}.{before}"))
