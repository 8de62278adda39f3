"""What a public goods game is played with."""

from __future__ import annotations

from pydantic import Field

from scenarios.environment import Spec


class Punish(Spec):
    """The punishment stage.

    Attributes:
        cost: points the punisher pays for each point assigned.
        effect: points the target loses for each; 0 keeps the stage and takes its consequence away.
        max_points: most points one member may assign to one other in a round.
    """

    cost: float = Field(default=1, ge=0)
    effect: float = Field(default=3, ge=0)
    max_points: int = Field(default=10, ge=1)


class PublicGoodsParams(Spec):
    """What a public goods game is played with.

    Attributes:
        rounds: how many rounds are played.
        endowment: points each member gets per round.
        mpcr: what a point in the pot returns to each member (marginal per capita return).
        punish: the punishment stage, null for none.
        talk_rounds: exchanges of messages before each round's contributions.
        floor: whether a round's earnings never fall below 0.
    """

    rounds: int = Field(default=10, ge=1)
    endowment: int = Field(default=20, ge=1)
    mpcr: float = Field(default=0.4, gt=0)
    punish: Punish | None = Punish()
    talk_rounds: int = Field(default=0, ge=0)
    floor: bool = False
