from __future__ import annotations

from collections import Counter

import pytest

from lab.core.errors import RuleError
from scenarios.trading.dealer.dispositions import chances, inventory_of
from scenarios.trading.dealer.policies import Flat, Random, TypedDealer
from scenarios.trading.dealer.rules import Dealer
from tests.scenarios.social.readers import Reader
from tests.support.worlds import decisions_of, play


@pytest.mark.parametrize("type_", ["tolerant", "averse"])
def test_a_dealer_acts_at_its_types_chances(type_: str) -> None:
    seen: dict[int, Counter[int]] = {}
    for seed in range(60):
        reader = Reader(TypedDealer())
        played = play(Dealer, {}, {"dee": reader}, seed=seed, agent_params={"dee": {"type": type_}})
        for request, skew in zip(reader.requests, decisions_of(played, "dee"), strict=True):
            told = request.observation
            held = inventory_of([*(one["fill"] for one in told["past"]), told["fill"]])
            seen.setdefault(held, Counter())[int(skew)] += 1
    for held, counts in seen.items():
        n = counts.total()
        for skew, chance in chances(type_, held).items():
            error = (chance * (1 - chance) / n) ** 0.5
            assert counts[skew] / n == pytest.approx(chance, abs=4 * error + 2 / n)


def test_aversion_keeps_the_inventory_small() -> None:
    def mean(type_: str) -> float:
        runs = [
            play(Dealer, {}, {"dee": TypedDealer()}, seed=seed, agent_params={"dee": {"type": type_}})
            for seed in range(40)
        ]
        return sum(float(run.measures["mean_inventory"] or 0) for run in runs) / len(runs)

    assert mean("averse") + 0.5 < mean("tolerant")


def test_flat_never_moves_and_random_does_everything() -> None:
    flat = play(Dealer, {"steps": 60}, {"dee": Flat()}, agent_params={"dee": {"type": "none"}})
    assert set(decisions_of(flat, "dee")) == {"0"}
    anything = play(Dealer, {"steps": 60}, {"dee": Random()})
    assert set(decisions_of(anything, "dee")) == {"-2", "-1", "0", "+1", "+2"}


def test_a_dealer_without_a_type_says_what_to_set() -> None:
    with pytest.raises(RuleError, match="set it to drawn, tolerant or averse"):
        play(Dealer, {}, {"dee": TypedDealer()}, agent_params={"dee": {"type": "none"}})
