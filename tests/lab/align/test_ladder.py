from __future__ import annotations

from typing import Any

import pytest

from lab.align.evidence import Estimate, Transfer
from lab.align.ladder import Thresholds, judge, marks, number, p_words, shown
from tests.lab.align.evidences import evidence

WIDE = Estimate(0.6, 0.52, 0.7)
NOTHING = Estimate(0.01, -0.05, 0.06)


def test_everything_at_once_transfers() -> None:
    judged = judge(evidence(), 2)

    assert (judged.reached, judged.verdict) == ("L3", "transfers")
    assert [one.outcome for one in judged.levels] == ["passed"] * 4


@pytest.mark.parametrize(
    ("changes", "reached", "verdict"),
    [
        ({"layer": {"value": WIDE}}, "L0", "not decodable"),
        ({"layer": {"control": 0.85}}, "L0", "not decodable"),
        ({"permutation_p": 0.05}, "L0", "not decodable"),
        ({"permutation_p": None}, "L0", "incomplete"),
        ({"layer": {"over_text": NOTHING}}, "L1", "surface-confounded"),
        ({"layer": {"over_text": None}}, "L1", "incomplete"),
        ({"visible": True, "layer": {"over_twin": NOTHING}}, "L1", "surface-confounded"),
        ({"layer": {"over_twin": NOTHING}}, "L1", "surface-confounded"),
        ({"visible": True, "layer": {"over_text": None}}, "L3", "transfers"),
        ({"visible": None, "layer": {"over_text": NOTHING}}, "L1", "surface-confounded"),
        ({"layer": {"transfer": None}}, "L2", "decodable"),
        ({"layer": {"transfer": Transfer({"a": Estimate(0.8, 0.7, 0.9), "b": WIDE})}}, "L2", "decodable"),
        ({"joined": {"joined": 390}}, None, "incomplete"),
        ({"joined": {"gap": 0.01}}, None, "incomplete"),
        ({"joined": {"gap": None}}, None, "incomplete"),
        ({"joined": {"differing": 1}}, None, "incomplete"),
        ({"joined": {"replayed": 0}}, None, "incomplete"),
        ({"joined": {"proxy": True}}, "L1", "incomplete"),
    ],
)
def test_missing_evidence_lowers_a_claim_and_never_raises_it(
    changes: dict[str, Any], reached: str | None, verdict: str
) -> None:
    judged = judge(evidence(**changes), 2)

    assert (judged.reached, judged.verdict) == (reached, verdict)


def test_other_thresholds_cap_a_claim() -> None:
    judged = judge(evidence(), 2, thresholds=Thresholds(margin=0.01))

    assert judged.reached == "L1"
    assert judged.levels[2].reason == "custom thresholds: claims end at L1"


def test_a_control_below_chance_earns_no_selectivity() -> None:
    judged = judge(evidence(layer={"value": Estimate(0.58, 0.54, 0.62), "control": 0.2}), 2)

    assert judged.levels[1].outcome == "failed"
    assert judged.levels[1].reason == "random labels are read almost as well"


def test_the_margins_of_numbers_stand_above_no_variance_explained() -> None:
    found = {"value": Estimate(0.2, 0.04, 0.4), "control": -3.0}

    assert judge(evidence(layer=found, metric="R2", chance=0.0), 2).levels[1].outcome == "passed"


def test_marks_say_what_weakens_a_claim() -> None:
    few = evidence(joined={"seeds": 20, "least_class": 8, "proxy": True})

    assert marks(few, organism=False) == ("under 30 runs", "proxy reader")
    assert marks(evidence(), organism=True, thresholds=Thresholds(p=0.1)) == (
        "single seed",
        "custom thresholds",
    )
    assert marks(evidence(joined={"least_class": 20}), organism=False) == ("under 30 runs of a class",)
    assert marks(evidence(), organism=False) == ()


def test_numbers_read_as_in_print() -> None:
    assert [number(one) for one in (0.5, 0.0312, -0.034, 0.991, 1.0)] == [
        "0.50",
        "0.031",
        "−0.034",
        "0.991",
        "1.00",
    ]
    assert shown(Estimate(0.9, None, None)) == "0.90"
    assert [p_words(one) for one in (0.004975, 0.05, 0.3)] == ["0.005", "0.05", "0.3"]


def test_the_best_layer_does_not_pay_for_another_one() -> None:
    case = evidence(layer={"p": 0.3}, permutation_p=0.005)

    assert judge(case, 2).reached == "L0"
