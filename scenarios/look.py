"""How a scenario is worded in one run: wording, labels and cover story, drawn from the run's seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from lab.core.streams import stream_key, uniform

LETTERS = "MRVGPBZX"
"""The labels, in the order in which they are taken.

Consonants, so that none is a word, as A and I are; no two that follow each other, so that none is an option
and its alternative; and none that hints at an answer: C and D are the moves of a dilemma, F, N, T, W and Y
stand for false, no, true, wrong and yes, J, K and Q for cards, S for strong and stag, H for hare.
"""


@dataclass(frozen=True, slots=True)
class Look:
    """The rendering choices of one run, as logged on it.

    Attributes:
        wording: index of the wording.
        cover: name of the cover story.
        labels: option to the name it is shown under; empty when options are shown as they are.
    """

    wording: int = 0
    cover: str = "neutral"
    labels: Mapping[str, str] = field(default_factory=dict)

    def shown(self, option: str) -> str:
        """The name under which an option is shown."""
        return self.labels.get(option, option)


def shuffled_labels(options: tuple[str, ...], seed: int) -> dict[str, str]:
    """Neutral letters for the options, in an order drawn from the run's seed."""
    order = sorted(options, key=lambda option: uniform(stream_key(seed, "render.labels", option)))
    return {option: _letters(place) for place, option in enumerate(order)}


def _letters(place: int) -> str:
    """M, R, V … X, then MM, MR …: as many names as a game may have options."""
    before, last = divmod(place, len(LETTERS))
    return (_letters(before - 1) if before else "") + LETTERS[last]
