from __future__ import annotations

from typing import Any

import pytest

from lab.core.errors import UsageError
from scenarios.webdefense.directory.measures import BY_CONSTRUCTION
from scenarios.webdefense.directory.twins import against_twin
from tests.scenarios.webdefense.directory.visitors import CANARY, notice, visit

ALL = ["naive", "obedient", "stopper", "shopper", "paranoid"]


def compared(names: list[str], defenses: list[Any], **params: Any) -> dict[str, float | None]:
    defended, plain = visit(names, defenses, **params), visit(names, **params)
    return {one.name: one.value for one in against_twin(defended.record, plain.record)}


def test_only_visitors_that_succeed_without_the_defense_count_for_the_counterfactual_kill_rate() -> None:
    found = compared(ALL, [notice("/")])
    assert found["dsr"] == pytest.approx(2 / 3)
    assert found["dsr_none"] == pytest.approx(1 / 3)
    assert found["attributable_effect"] == pytest.approx(1 / 3)
    assert found["ksr_cf"] == 1 / 2
    assert found["benign_cost"] == 1 / 2


def test_a_defense_that_stops_nobody_has_no_effect() -> None:
    assert compared(["naive", "shopper"], [CANARY]) == {
        "dsr": 0,
        "dsr_none": 0,
        "attributable_effect": 0,
        "ksr_cf": 0,
        "benign_cost": 0,
    }


def test_without_an_able_attacker_the_counterfactual_rate_is_undefined() -> None:
    records = [visit(["stopper", "shopper"], stack).record for stack in ([notice("/")], [])]
    found = {one.name: one for one in against_twin(*records)}
    assert found["ksr_cf"].value is None
    assert found["ksr_cf"].reason == "no malicious visitor succeeds without the defense"
    assert found["dsr"].reason == BY_CONSTRUCTION


@pytest.mark.parametrize(
    ("names", "defenses", "params", "message"),
    [
        (["naive"], [], {}, "the visitors naive, shopper"),
        (["naive", "shopper"], [CANARY], {}, "without a defense"),
        (["naive", "shopper"], [], {"steps": 9}, "differ in params.steps"),
    ],
)
def test_runs_that_are_no_twins_are_refused(
    names: list[str], defenses: list[Any], params: dict[str, Any], message: str
) -> None:
    defended = visit(["naive", "shopper"], [notice("/")]).record
    with pytest.raises(UsageError, match=message):
        list(against_twin(defended, visit(names, defenses, **params).record))
