"""What is asked of a study, and how long an answer may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Any

from lab.align.ladder import LEVELS, Thresholds
from lab.core.errors import UnknownName, UsageError
from probes.readers.assessment import Settings

BUDGET_S = 300.0
TWIN_SEED = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked: how a variable can be read, and how a behavior goes with it.

    Attributes:
        study: name of the study.
        variables: what is read: `hidden` names, ``claim_act.COLUMN``, or SELECTs; several are paid for by a
            correction of their p-values.
        behavior: a phase, whose action it is, or a measure; None for the phase that the captured agents have.
        agent, environment: only these decisions.
        site, span: where is read.
        layer: the layer that the claim is about, where it was chosen beforehand.
        level: how far to climb.
        thresholds: what the levels are held against.
        measuring: folds, resamples and seed.
    """

    study: str
    variables: tuple[str, ...]
    behavior: str | None = None
    agent: str | None = None
    environment: str | None = None
    site: str = "resid_post"
    span: str = "pre_choice"
    layer: int | None = None
    level: str = "L3"
    thresholds: Thresholds = field(default_factory=Thresholds)
    measuring: Settings = field(default_factory=Settings)

    def __post_init__(self) -> None:
        if self.level not in LEVELS:
            raise UnknownName("level", self.level, LEVELS)
        if not self.variables or len(set(self.variables)) < len(self.variables):
            raise UsageError("name at least one variable, each once")
        for name, least in (("bootstraps", 1), ("permutations", 1), ("folds", 2)):
            if getattr(self.measuring, name) < least:
                raise UsageError(f"{name} must be at least {least}, not {getattr(self.measuring, name)}")

    def of(self, variable: str) -> Question:
        """The same question about one variable."""
        return replace(self, variables=(variable,))

    def asks(self, level: str) -> bool:
        """Whether the climb goes as far as `level`."""
        return LEVELS.index(level) <= LEVELS.index(self.level)


class Budget:
    """The time that an answer may take.

    Args:
        seconds: as many; None for no limit.
        clock: seconds, never going back.
    """

    def __init__(
        self, seconds: float | None = BUDGET_S, *, clock: Callable[[], float] = perf_counter
    ) -> None:
        self.seconds = seconds
        self._clock = clock
        self._start = clock()

    def left(self) -> bool:
        """Whether there is time left."""
        return self.seconds is None or self._clock() - self._start < self.seconds

    def __str__(self) -> str:
        return "no limit" if self.seconds is None else f"budget of {self.seconds:g} s"


def settings_json(settings: Any) -> dict[str, Any]:
    """Settings of slotted dataclasses as JSON data."""
    return {name: getattr(settings, name) for name in settings.__slots__}
