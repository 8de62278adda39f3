from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from scenarios.trading.contest.allocate import Hedge, PositiveProportional, TopK
from scenarios.trading.contest.capital import Account, Allocation, allocation, combined
from scenarios.trading.contest.predict import MeanM
from scenarios.trading.contest.scores import Score
from tests.scenarios.trading.contest.simulation import simulate, spread
from tests.support.verified import Recorder


def _matured(**values: list[float]) -> dict[str, list[Score]]:
    return {agent: [Score(agent, s, v, s + 1) for s, v in enumerate(row)] for agent, row in values.items()}


def _allocated(matured: dict[str, list[Score]], **given: Any) -> Allocation:
    options = {"predictor": MeanM(m=2), "allocator": TopK(k=1), "utility": "mean", "warmed_up": True}
    return allocation(matured, **{**options, **given})


def test_capital_goes_where_the_prediction_says() -> None:
    found = _allocated(_matured(ann=[0.5, 0.1, 0.2], bob=[0.0, 0.3, 0.2]))
    assert found.weights == {"ann": 0, "bob": 1}
    assert found.utilities == pytest.approx({"ann": 0.15, "bob": 0.25})


def test_until_every_trader_has_enough_scores_all_get_the_same() -> None:
    found = _allocated(_matured(ann=[0.5], bob=[0.0, 0.3]))
    assert (found.weights, found.utilities) == ({"ann": 0.5, "bob": 0.5}, None)


def test_in_the_warm_up_all_get_the_same_but_predictions_are_made() -> None:
    found = _allocated(_matured(ann=[0.5, 0.1], bob=[0.0, 0.3]), warmed_up=False)
    assert found.weights == {"ann": 0.5, "bob": 0.5}
    assert found.utilities == pytest.approx({"ann": 0.3, "bob": 0.15})


def test_a_cap_holds_in_the_warm_up_too() -> None:
    found = _allocated(_matured(ann=[], bob=[]), allocator=TopK(k=1, cap=0.2))
    assert found.weights == {"ann": 0.2, "bob": 0.2}
    assert found.cash == pytest.approx(0.6)


def test_a_ratio_prefers_the_steadier_of_two() -> None:
    matured = _matured(ann=[0.00, 0.10], bob=[0.03, 0.05])
    assert _allocated(matured).weights == {"ann": 1, "bob": 0}
    assert _allocated(matured, utility="ratio").weights == {"ann": 0, "bob": 1}


def test_a_trader_in_cash_has_a_ratio_of_nothing() -> None:
    found = _allocated(_matured(ann=[0.0, 0.0], bob=[-0.01, -0.02]), utility="ratio")
    assert found.utilities is not None
    assert found.utilities["ann"] == 0


def test_hedge_goes_by_all_scores_ever() -> None:
    found = _allocated(_matured(ann=[0.5, 0.0, 0.0], bob=[0.0, 0.1, 0.1]), allocator=Hedge(eta=100.0))
    assert found.weights["ann"] > 0.999


def test_opposite_positions_cancel_in_a_fund() -> None:
    held = {"ann": {"oak": 1.0}, "bob": {"oak": -1.0}, "cat": {"elm": 1.0}}
    assert combined({"ann": 0.25, "bob": 0.25, "cat": 0.5}, held) == {"elm": 0.5}


def test_only_what_is_traded_costs() -> None:
    account, moves = Account(), {"oak": 0.01, "elm": -0.02}
    steps = [{"oak": 1.0}, {"oak": 1.0}, {"oak": -1.0}, {"elm": 1.0}, {}]
    found = [account.step(target, moves, cost_bp=10.0) for target in steps]
    assert [round(o.cost * 1e4) for o in found] == [10, 0, 20, 20, 10]
    assert [o.gross for o in found] == [0.01, 0.01, -0.01, -0.02, 0]
    assert found[0].net == pytest.approx(0.009)


def _gains(seeds: range, most_bp: float, **params: Any) -> np.ndarray[Any, Any]:
    return np.array([simulate(seed, spread(8, most_bp), **params).gain for seed in seeds])


def test_planted_skill_is_found_and_none_is_found_where_there_is_none() -> None:
    planted, null = _gains(range(8), 50.0), _gains(range(8), 0.0)
    assert (planted > 0).all()
    assert planted.mean() > 20
    assert abs(null.mean()) < 5


def test_tips_earn_the_skill_that_they_are_given() -> None:
    found = [simulate(seed, {"good": 40.0, "none": 0.0, "bad": -40.0}, sessions=1000) for seed in range(3)]
    for trader, skill in (("good", 40), ("none", 0), ("bad", -40)):
        earned = np.mean([run.by_trader[trader] for run in found])
        assert earned == pytest.approx(skill, abs=4 * 150 / 2940**0.5)


@pytest.mark.verify
@pytest.mark.parametrize("allocator", ["positive_proportional", "top_k"])
def test_gains_of_thirty_seeds_stay_in_their_bands(allocator: str, verified: Recorder) -> None:
    params = {"allocate": {"kind": allocator}}
    planted, faint, null = (_gains(range(30), x, **params) for x in (50.0, 20.0, 0.0))
    for skill, found in ((50, planted), (20, faint), (0, null)):
        figure = f"{found.mean():+.1f} bp a session, {100 * (found > 0).mean():.0f} % of seeds win"
        verified.record(f"contest, {allocator}, skill within ±{skill} bp: gain over equal weights", figure)
    assert (planted > 0).mean() >= 0.9
    assert planted.mean() > 20
    assert faint.mean() > 4
    assert -2.5 <= null.mean() <= 2.5
    assert 0.37 <= (null > 0).mean() <= 0.70


def test_the_default_contest_gives_nothing_to_who_is_expected_to_lose() -> None:
    found = _allocated(_matured(ann=[-0.1, -0.1], bob=[-0.2, -0.1]), allocator=PositiveProportional())
    assert (found.weights, found.cash) == ({"ann": 0, "bob": 0}, 1)
