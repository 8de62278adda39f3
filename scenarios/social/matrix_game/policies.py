"""The classic strategies of repeated two-option games, each as a chance to cooperate given the past.

The first option of a game is to cooperate, the second to defect. A round that was not played (someone
abstained) is no part of the past.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from pydantic import Field, PrivateAttr

from lab.core.ports import PolicyContext
from lab.core.records import DecisionRequest
from lab.core.scripted import ScriptedPolicy

Chance = Annotated[float, Field(ge=0, le=1)]


class Outcome(NamedTuple):
    """A round as one agent saw it: whether it and the other cooperated."""

    own: bool
    other: bool


class Strategy(ScriptedPolicy):
    """A rule that says how likely it is to cooperate; subclasses define `chance`.

    Attributes:
        message: what it says in each talk round; empty for nothing.
    """

    message: str = ""
    _past: list[Outcome] = PrivateAttr(default_factory=list)
    _last_round: int = PrivateAttr(default=0)

    def chance(self, past: Sequence[Outcome]) -> float:
        """The probability to cooperate after `past`."""
        raise NotImplementedError

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> str:
        """The first option with the chance that the rule gives it, else the second; or the message."""
        seen = request.observation
        self._remember(seen)
        if request.phase == "talk":
            return self.message
        cooperate, *others = seen["options"]
        chance = self.chance(self._past)
        cooperates = not others or chance == 1 or (chance > 0 and ctx.uniform() < chance)
        return str(cooperate if cooperates else others[0])

    def _remember(self, seen: Mapping[str, Any]) -> None:
        last = seen["last"]
        if last and last["round"] > self._last_round:
            own, other = seen["options"][0], seen["other_options"][0]
            self._past.append(Outcome(last["own"] == own, last["other"] == other))
            self._last_round = last["round"]


class AlwaysCooperate(Strategy):
    """ALLC: cooperates, whatever happened."""

    def chance(self, past: Sequence[Outcome]) -> float:
        return 1.0


class AlwaysDefect(Strategy):
    """ALLD: defects, whatever happened."""

    def chance(self, past: Sequence[Outcome]) -> float:
        return 0.0


class Alternator(Strategy):
    """Cooperates first, then every second round."""

    def chance(self, past: Sequence[Outcome]) -> float:
        return float(len(past) % 2 == 0)


class Random(Strategy):
    """Cooperates with chance `p` each round."""

    p: Chance = 0.5

    def chance(self, past: Sequence[Outcome]) -> float:
        return self.p


class TitForTat(Strategy):
    """TFT: cooperates first, then does what the other did last."""

    def chance(self, past: Sequence[Outcome]) -> float:
        return float(not past or past[-1].other)


class SuspiciousTitForTat(Strategy):
    """Defects first, then does what the other did last."""

    def chance(self, past: Sequence[Outcome]) -> float:
        return float(bool(past) and past[-1].other)


class GenerousTitForTat(Strategy):
    """TFT that forgives a defection with chance `forgive`.

    For T, R, P, S = 5, 3, 1, 0 the most generous rule that no defector can exploit forgives with
    min(1 - (T-R)/(R-S), (R-P)/(T-P)) = 1/3 (Nowak and Sigmund 1992).
    """

    forgive: Chance = 1 / 3

    def chance(self, past: Sequence[Outcome]) -> float:
        return 1.0 if not past or past[-1].other else self.forgive


class TitForTwoTats(Strategy):
    """TF2T: defects only after the other defected twice in a row."""

    def chance(self, past: Sequence[Outcome]) -> float:
        return float(len(past) < 2 or past[-1].other or past[-2].other)


class Grim(Strategy):
    """Cooperates until the other defects once, then never again."""

    def chance(self, past: Sequence[Outcome]) -> float:
        return float(all(outcome.other for outcome in past))


class WinStayLoseShift(Strategy):
    """WSLS, Pavlov (Nowak and Sigmund 1993): cooperates first and after rounds in which both did the same."""

    def chance(self, past: Sequence[Outcome]) -> float:
        return float(not past or past[-1].own == past[-1].other)


class MemoryOne(Strategy):
    """Cooperates with a chance that depends on the last round only.

    Attributes:
        p: the chances after CC, CD, DC and DD, own action first.
        first: the chance in the first round.
    """

    p: Annotated[list[Chance], Field(min_length=4, max_length=4)]
    first: Chance = 1.0

    def chance(self, past: Sequence[Outcome]) -> float:
        return _after(past, self.first, self.p)


class Extort2(Strategy):
    """The zero-determinant strategy that claims twice the other's surplus over P.

    For T, R, P, S = 5, 3, 1, 0. Press and Dyson 2012 (PNAS 109:10409), extortion factor 2:
    p = (1 - 2 phi, 1 - 9 phi, 6 phi, 0) with 0 < phi <= 1/9. The default phi = 1/18 gives
    (8/9, 1/2, 1/3, 0). It cooperates first. In the long run, whatever the other does,
    own - P = 2 (other's - P).
    """

    phi: float = Field(default=1 / 18, gt=0, le=1 / 9)

    def chance(self, past: Sequence[Outcome]) -> float:
        return _after(past, 1.0, (1 - 2 * self.phi, 1 - 9 * self.phi, 6 * self.phi, 0.0))


def _after(past: Sequence[Outcome], first: float, p: Sequence[float]) -> float:
    """The entry of `p` (CC, CD, DC, DD) for the last outcome."""
    return p[2 * (not past[-1].own) + (not past[-1].other)] if past else first
