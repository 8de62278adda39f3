from __future__ import annotations

from collections import Counter

import pytest

from lab.core.errors import RuleError
from scenarios.webdefense.visitor.dispositions import chances
from scenarios.webdefense.visitor.measures import acts
from scenarios.webdefense.visitor.policies import Eager, Random, TypedVisitor
from scenarios.webdefense.visitor.rules import Visitor
from tests.support.worlds import decisions_of, play


@pytest.mark.parametrize("type_", ["bold", "wary"])
def test_a_visitor_acts_at_its_types_chances(type_: str) -> None:
    seen: dict[int, Counter[str]] = {}
    for seed in range(60):
        played = play(
            Visitor,
            {"strictness": 1.5},
            {"vic": TypedVisitor()},
            seed=seed,
            agent_params={"vic": {"type": type_}},
        )
        for suspicion, act in acts(played.record):
            seen.setdefault(suspicion, Counter())[act] += 1
    assert set(seen) >= {0, 1, 2, 3, 4}
    for suspicion, counts in seen.items():
        n = counts.total()
        for act, chance in chances(type_, suspicion).items():
            error = (chance * (1 - chance) / n) ** 0.5
            assert counts[act] / n == pytest.approx(chance, abs=4 * error + 2 / n)


def test_eager_always_goes_on_and_random_does_everything() -> None:
    eager = play(Visitor, {"steps": 40}, {"vic": Eager()}, agent_params={"vic": {"type": "none"}})
    assert set(decisions_of(eager, "vic")) == {"go"}
    anything = play(Visitor, {"steps": 40}, {"vic": Random()})
    assert set(decisions_of(anything, "vic")) == {"go", "slow", "stop"}


def test_a_visitor_without_a_type_says_what_to_set() -> None:
    with pytest.raises(RuleError, match="set it to drawn, bold or wary"):
        play(Visitor, {}, {"vic": TypedVisitor()}, agent_params={"vic": {"type": "none"}})
