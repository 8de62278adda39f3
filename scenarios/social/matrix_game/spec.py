"""The params of a matrix game: options, payoff table, horizon, noise, talk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from scenarios.environment import Spec

Kind = Literal["prisoners_dilemma", "stag_hunt", "chicken", "any"]
Cell = Annotated[list[float], Field(min_length=2, max_length=2)]
Options = Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)]

KINDS: dict[str, tuple[str, Callable[[float, float, float, float], bool]]] = {
    "prisoners_dilemma": ("T > R > P > S and 2R > T + S", lambda t, r, p, s: t > r > p > s and 2 * r > t + s),
    "stag_hunt": ("R > T >= P > S", lambda t, r, p, s: r > t >= p > s),
    "chicken": ("T > R > S > P", lambda t, r, p, s: t > r > s > p),
}
"""The inequality of each kind, in words and as a test of (T, R, P, S)."""


class MatrixParams(Spec):
    """What a matrix game is played with.

    Attributes:
        options: what the first agent may choose, and the second too unless `other_options` is given. In a
            game of two options the first counts as cooperating, the second as defecting.
        other_options: what the second agent may choose.
        kind: the inequality that the payoffs must satisfy, ``any`` for none.
        payoffs: a row for each option of the first agent; in it, for each option of the second agent, the
            pair [points of the first, points of the second].
        rounds: how many rounds are played; give this or `continue_p`.
        continue_p: chance that another round follows, drawn after each; nobody knows the last round.
        noise: chance that a choice is played as another option, drawn for each agent and round.
        talk_rounds: exchanges of messages before each choice.
    """

    options: Options = ["cooperate", "defect"]
    other_options: Options | None = None
    kind: Kind = "any"
    payoffs: list[list[Cell]] = [[[3, 3], [0, 5]], [[5, 0], [1, 1]]]
    rounds: int | None = Field(default=None, ge=1)
    continue_p: float | None = Field(default=None, ge=0, lt=1)
    noise: float = Field(default=0, ge=0, le=1)
    talk_rounds: int = Field(default=0, ge=0)

    @field_validator("options", "other_options")
    @classmethod
    def _distinct(cls, options: list[str] | None) -> list[str] | None:
        if options and len(set(options)) < len(options):
            raise ValueError(f"options must be distinct, not {', '.join(options)}")
        return options

    @field_validator("payoffs")
    @classmethod
    def _fits(cls, payoffs: list[list[list[float]]], info: ValidationInfo) -> list[list[list[float]]]:
        if not {"options", "other_options", "kind"} <= info.data.keys():
            return payoffs
        own, other = info.data["options"], info.data["other_options"] or info.data["options"]
        if [len(row) for row in payoffs] != [len(other)] * len(own):
            shape = " + ".join(str(len(row)) for row in payoffs)
            raise ValueError(f"needs {len(own)} rows of {len(other)} [first, second] pairs, not {shape}")
        _check_kind(info.data["kind"], payoffs)
        return payoffs

    @model_validator(mode="after")
    def _ends(self) -> Self:
        if (self.rounds is None) == (self.continue_p is None):
            raise ValueError("give either rounds or continue_p, so that the game ends in one way")
        return self

    @property
    def option_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The options of the first and of the second agent."""
        return tuple(self.options), tuple(self.other_options or self.options)

    def points(self, first: str, second: str) -> list[float]:
        """What the two choices pay: [points of the first, points of the second]."""
        rows, columns = self.option_names
        return self.payoffs[rows.index(first)][columns.index(second)]


def _check_kind(kind: str, payoffs: list[list[list[float]]]) -> None:
    if kind == "any":
        return
    size = len(payoffs)
    symmetric = all(payoffs[i][j] == payoffs[j][i][::-1] for i in range(size) for j in range(len(payoffs[i])))
    if size != 2 or not symmetric:
        raise ValueError(f"a {kind} is symmetric with two options: [[[R, R], [S, T]], [[T, S], [P, P]]]")
    reward, sucker = (cell[0] for cell in payoffs[0])
    temptation, punishment = (cell[0] for cell in payoffs[1])
    inequality, holds = KINDS[kind]
    if not holds(temptation, reward, punishment, sucker):
        values = f"T={temptation:g}, R={reward:g}, P={punishment:g}, S={sucker:g}"
        raise ValueError(f"a {kind} needs {inequality}; here {values}")
