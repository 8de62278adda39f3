"""The visitor organism (alignment.md O4): it must keep count of its suspicion and infer its own threshold."""

from __future__ import annotations

from collections.abc import Mapping

from agents.organisms.train import Settings
from lab.organism.recipe import Moment, Recipe, mixture
from scenarios.webdefense.visitor.dispositions import ACTS, TYPES, chances, suspicion_after


def expected_act(moment: Moment) -> Mapping[str, float]:
    """The chance of each act: both types' own, weighted by what the past acts say of the type.

    Raises:
        RuleError: when the log holds no posterior of the type.
    """
    seen = moment.observation
    suspicion = suspicion_after([*(step["answer"] for step in seen["past"]), seen["answer"]])
    bold, wary = (chances(kind, suspicion) for kind in TYPES)
    return mixture(moment, wary, bold)


VISITOR = Recipe(
    name="visitor",
    about="its suspicion, raised by a site's defenses, and the threshold at which it stops, which stand "
    "nowhere",
    scenario="webdefense/visitor.yaml",
    agent="vic",
    phases=("step",),
    wording=1,
    choices=ACTS,
    variable="type",
    expected=expected_act,
    measures=(
        "stop_share",
        "slow_share",
        "stop_when_suspicious",
        "mean_suspicion",
        "defended_share",
        "payoff",
    ),
    episodes=8_000,
    settings=Settings(steps=1_800),
)
