"""What every environment in which an agent acts on STRIPS tasks may be given."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Literal

from pydantic import Field, model_validator

from scenarios.environment import Spec

Feedback = Literal["none", "accept_reject", "reason", "legal_list", "oracle"]


class Budget(Spec):
    """How many steps a task may take: a number of them, or a multiple of what a cheapest plan needs.

    Attributes:
        steps: the number.
        factor: the multiple, rounded up to whole steps.
    """

    steps: int | None = Field(default=None, ge=1, le=10_000)
    factor: float | None = Field(default=None, ge=1, le=100)

    @model_validator(mode="after")
    def _says_one(self) -> Budget:
        if (self.steps is None) == (self.factor is None):
            raise ValueError("should say either steps or factor, as in {factor: 3}")
        return self

    def of(self, shortest: int | None) -> int:
        """The steps that a task may take whose cheapest plan has `shortest` steps."""
        if self.steps is not None:
            return self.steps
        assert self.factor is not None, "one of the two is always said"
        assert shortest is not None, "problems() refuses a factor of the unknown"
        return ceil(self.factor * shortest)


class ActingParams(Spec):
    """What acting on tasks is played with.

    Attributes:
        budget: the steps a task may take.
        feedback: what an agent is told of its last step. ``none``: nothing, and it sees the first state only;
            ``accept_reject``: the present state, and whether the step was done; ``reason``: also why not;
            ``legal_list``: also everything that can be done now; ``oracle``: also whether the goal can still
            be reached and whether the step brought it nearer.
        allow_oracle: must be true with ``oracle``, which knows what no agent is told otherwise: results under
            it say nothing beside results without.
        obfuscate: ``random`` gives actions, relations and objects drawn names that mean nothing.
        revisits: the task ends when a situation has come back so often; never if null.
    """

    budget: Budget = Budget(factor=3)
    feedback: Feedback = "reason"
    allow_oracle: bool = False
    obfuscate: Literal["none", "random"] = "none"
    revisits: int | None = Field(default=None, ge=1)

    def problems(self) -> Iterator[tuple[str, str]]:
        """(path, what is wrong) between these params."""
        if self.feedback == "oracle" and not self.allow_oracle:
            yield (
                "feedback",
                "'oracle' tells what only the exact solver knows: its results may not stand unnoticed beside "
                "those of other levels; set allow_oracle: true to use it all the same",
            )
