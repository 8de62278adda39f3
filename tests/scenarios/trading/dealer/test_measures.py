from __future__ import annotations

import numpy as np
import pytest

from scenarios.trading.dealer.measures import MEASURES, quotes, slope, trades
from scenarios.trading.dealer.policies import TypedDealer
from scenarios.trading.dealer.rules import Dealer
from tests.support.worlds import play


@pytest.mark.parametrize("seed", range(4))
def test_measures_say_what_their_names_say(seed: int) -> None:
    played = play(Dealer, {}, {"dee": TypedDealer()}, seed=seed)
    found, steps = played.measures, trades(played.record)
    assert set(found) == {spec.name for spec in MEASURES}
    assert found["mean_inventory"] == pytest.approx(np.mean([abs(one["inventory"]) for one in steps]))
    held, skews = zip(*quotes(played.record), strict=True)
    assert found["inventory_slope"] == pytest.approx(np.polyfit(held, skews, 1)[0])
    assert found["fill_share"] == sum(one["fill"] != "none" for one in steps) / 25
    paid = [event.value or 0 for event in played.record.events if event.kind == "payoff"]
    assert found["payoff"] == sum(paid) == sum(found[part] or 0 for part in ("spread", "carried", "held"))


def test_a_slope_needs_two_inventories() -> None:
    assert slope([]) is None
    assert slope([(1, 0), (1, 2)]) is None
    assert slope([(0, 1), (2, -3)]) == -2
