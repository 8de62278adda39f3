from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lab.core.records import Event, RunRecord
from scenarios.trading.contest.measures import MEASURES, equity, rank_ics, ranks
from scenarios.trading.contest.policies import Cash
from scenarios.trading.contest.rules import Contest
from tests.support.worlds import play

PARAMS = {"warmup": 0, "ahead": 1, "periods_per_year": 252.0}


def _record(rows: list[dict[str, Any]], **params: Any) -> RunRecord:
    """A record with an allocation and a settlement for each row."""
    record = RunRecord(("ann", "bob"), {**PARAMS, **params})
    for number, row in enumerate(rows):
        for kind, value in (("allocation", 0.0), ("settled", row["fund"])):
            payload = {**row, "session": number}
            record.events.append(Event(len(record.events), number, kind, None, None, None, value, payload))
    return record


def _row(ann: float, bob: float, *, w: float = 0.5, u: tuple[float, float] | None = None) -> dict[str, Any]:
    utilities = {"ann": u[0], "bob": u[1]} if u else None
    returns = {"ann": ann, "bob": bob}
    fund, equal = w * ann + (1 - w) * bob, (ann + bob) / 2
    return {
        "weights": {"ann": w, "bob": 1 - w},
        "utilities": utilities,
        "returns": returns,
        "fund": fund,
        "equal": equal,
    }


def _measured(record: RunRecord) -> dict[Any, float | None]:
    found = [measured for spec in MEASURES for measured in spec.compute(record)]
    assert all((measured.value is None) == (measured.reason is not None) for measured in found)
    return {(m.name, m.agent) if m.agent else m.name: m.value for m in found}


ROWS = [_row(0.02, -0.01, w=1.0), _row(-0.01, 0.03, w=1.0), _row(0.02, 0.0, w=0.5)]


def test_gains_and_regrets_are_in_basis_points_a_session() -> None:
    found = _measured(_record(ROWS))
    assert found["gain_bp"] == pytest.approx(1e4 * (0.015 - 0.02 + 0) / 3)
    assert found["regret_single_bp"] == pytest.approx(1e4 * (0.03 - 0.02) / 3)
    assert found["regret_hindsight_bp"] == pytest.approx(1e4 * (0 + 0.04 + 0.01) / 3)
    assert found["hhi"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert found["mean_weight", "ann"] == pytest.approx(2.5 / 3)


def test_the_fund_compounds() -> None:
    found = _measured(_record(ROWS))
    assert equity([0.5, -0.5]) == [1.0, 1.5, 0.75]
    assert found["fund_return"] == pytest.approx(1.02 * 0.99 * 1.01 - 1)
    assert found["fund_max_drawdown"] == pytest.approx(-0.01)
    assert found["trader_return", "bob"] == pytest.approx(0.99 * 1.03 - 1)


def test_the_warm_up_counts_for_traders_and_not_for_the_fund() -> None:
    found = _measured(_record(ROWS, warmup=2))
    assert found["fund_return"] == pytest.approx(0.01)
    assert found["mean_weight", "ann"] == 0.5
    assert found["fund_sharpe"] is None
    assert found["trader_return", "ann"] == pytest.approx(1.02 * 0.99 * 1.02 - 1)


def test_predictions_are_ranked_against_what_comes() -> None:
    rows = [_row(0.01, 0.0, u=(1, 2)), _row(0.02, 0.0, u=(2, 1)), _row(0.0, 0.01), _row(0.0, 0.0, u=(1, 2))]
    assert rank_ics(_record(rows)) == pytest.approx([-1, 1])
    assert _measured(_record(rows))["rank_ic"] == pytest.approx(0)
    assert _measured(_record(rows))["icir"] == pytest.approx(0)
    assert rank_ics(_record(rows, ahead=3)) == pytest.approx([-1, 1]), "0.01 and 0.01, then 0.02 and 0.01"


def test_without_predictions_there_is_no_rank_correlation() -> None:
    found = _measured(_record(ROWS))
    assert found["rank_ic"] is found["icir"] is None


@given(st.lists(st.integers(0, 5).map(float), min_size=1, max_size=12))
def test_tied_ranks_are_shared(values: list[float]) -> None:
    assert ranks(values) == stats.rankdata(values).tolist()


def test_a_contest_of_nothing_is_defined_where_it_can_be() -> None:
    params = {"sessions": 8, "warmup": 2, "world": "no_skill"}
    found = play(Contest, params, {"ann": Cash(), "bob": Cash()}).measures
    assert (found["fund_return"], found["gain_bp"]) == (0, 0)
    assert found["hhi"] == pytest.approx(0.5 / 6), "equal in session 2, all cash once there are scores"
    assert found["fund_sharpe"] is found["rank_ic"] is None
    assert found["payoff", "ann"] == 0
