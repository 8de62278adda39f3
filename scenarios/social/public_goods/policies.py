"""Scripted members of a public goods game, from free rider to punishing conditional cooperator."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from lab.core.ports import PolicyContext
from lab.core.records import DecisionRequest
from lab.core.scripted import ScriptedPolicy, draws
from lab.core.spaces import Quantity

Share = Annotated[float, Field(ge=0, le=1)]


class Member(ScriptedPolicy):
    """A member that contributes by rule; it says `message` in talk rounds and punishes nobody.

    Attributes:
        message: what it says in each talk round; empty for nothing.
    """

    message: str = ""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """The message, the gift or the points for each other member, as the phase asks."""
        if request.phase == "talk":
            return self.message
        if request.phase == "punish":
            return self.punish(request, ctx)
        assert isinstance(request.space, Quantity)
        return self.contribute(request, int(request.space.high), ctx)

    def contribute(self, request: DecisionRequest, endowment: int, ctx: PolicyContext) -> int:
        """How many points of the endowment go to the pot."""
        raise NotImplementedError

    def punish(self, request: DecisionRequest, ctx: PolicyContext) -> dict[str, Any]:
        """How many points each other member gets."""
        form: dict[str, Any] = request.space.first()
        return form


class FreeRider(Member):
    """Gives nothing."""

    def contribute(self, request: DecisionRequest, endowment: int, ctx: PolicyContext) -> int:
        return 0


class FullContributor(Member):
    """Gives everything."""

    def contribute(self, request: DecisionRequest, endowment: int, ctx: PolicyContext) -> int:
        return endowment


class FixedShare(Member):
    """Gives the same `share` of the endowment each round, to the nearest point."""

    share: Share = 0.5

    def contribute(self, request: DecisionRequest, endowment: int, ctx: PolicyContext) -> int:
        return round(self.share * endowment)


class ConditionalCooperator(Member):
    """Gives `slope` times what the others gave on average last round (Fischbacher and Gaechter 2010).

    Attributes:
        slope: share of the others' mean gift that it matches.
        start: share of the endowment it gives while it knows of no gift.
        noise: its gift is shifted by a uniform draw within plus or minus this share of the endowment.
        punish_points: points it assigns to each member that gave less than the group's mean.
        deterrence: points it adds to its gift for each point it lost to punishment last round.
    """

    slope: float = Field(default=0.8, ge=0)
    start: Share = 0.5
    noise: Share = 0.0
    punish_points: int = Field(default=0, ge=0)
    deterrence: float = Field(default=0.0, ge=0)

    def contribute(self, request: DecisionRequest, endowment: int, ctx: PolicyContext) -> int:
        aim = self._aim(request, endowment)
        if self.noise:
            aim += self.noise * endowment * (2 * ctx.uniform("noise") - 1)
        return min(max(round(aim), 0), endowment)

    def _aim(self, request: DecisionRequest, endowment: int) -> float:
        last = request.observation["last"]
        gifts = last["contributions"].items() if last else ()
        others: list[int] = [gift for member, gift in gifts if member != request.agent and gift is not None]
        if not others:
            return self.start * endowment
        lost: float = last["points_lost"]
        return self.slope * (sum(others) / len(others)) + self.deterrence * lost

    def punish(self, request: DecisionRequest, ctx: PolicyContext) -> dict[str, Any]:
        gifts = [gift for gift in request.observation["contributions"].values() if gift is not None]
        fair = sum(gifts) / len(gifts)
        form: dict[str, Any] = request.space.first()
        for target in form:
            if request.observation["contributions"][target] < fair:
                form[target] = self.punish_points
        return form


class Random(Member):
    """Gives and punishes uniformly at random."""

    def contribute(self, request: DecisionRequest, endowment: int, ctx: PolicyContext) -> int:
        return int(ctx.uniform() * (endowment + 1))

    def punish(self, request: DecisionRequest, ctx: PolicyContext) -> dict[str, Any]:
        form: dict[str, Any] = request.space.sample(draws(ctx))
        return form
