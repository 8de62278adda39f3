from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from scenarios.trading.contest.allocate import PositiveProportional
from scenarios.trading.contest.predict import Shrink
from scenarios.trading.contest.spec import ContestAgentParams, ContestParams


def test_the_default_is_the_shrunk_mean_and_weights_in_proportion() -> None:
    spec = ContestParams()
    assert spec.predict == Shrink(m=20, tau=10.0)
    assert spec.allocate == PositiveProportional(cap=1.0, none_positive="cash")
    assert ContestParams.model_validate(spec.model_dump()) == spec


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"sessions": 0}, "greater than or equal to 2"),
        ({"sessions": 20, "warmup": 20}, "warmup 20 leaves nothing of 20 sessions; choose 0 to 19"),
        ({"cost_bp": -1.0}, "greater than or equal to 0"),
        ({"assets": 7}, "less than or equal to 6"),
        ({"predict": {"kind": "mean_m", "m": 1}}, "greater than or equal to 2"),
        ({"allocate": {"kind": "best"}}, "does not match any of the expected tags"),
        ({"volatility_bp": float("nan")}, "finite"),
        ({"judges": 5}, "Extra inputs"),
    ],
)
def test_nonsense_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        ContestParams.model_validate(given)


def test_a_trader_reads_public_news_unless_told_otherwise() -> None:
    assert ContestAgentParams().news == "public"
