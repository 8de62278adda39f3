from __future__ import annotations

import pytest

from scenarios.trading.contest.quantify import Outcome, RealizedReturn


def test_the_score_is_the_return_net_of_costs_unless_told_otherwise() -> None:
    outcome = Outcome(gross=0.02, cost=0.005)
    assert RealizedReturn().score(outcome) == pytest.approx(0.015) == outcome.net
    assert RealizedReturn(net=False).score(outcome) == 0.02
