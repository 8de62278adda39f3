"""Studies over several scenarios."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from scenarios.load import load_study
from scenarios.study import Study, compare_identity
from tests.scenarios.load.toys import GOOD, Policies, told, write

HEAD = "schema: 1\nstudy: s\n"
TWO = "scenarios:\n  calm: x.yaml\n  busy: y.yaml\n"


def study(folder: Path, text: str) -> Path:
    write(folder, GOOD)
    write(folder, GOOD.replace("rounds: 8", "rounds: 9"), "y.yaml")
    return write(folder, HEAD + dedent(text), "t.study.yaml")


def loaded(folder: Path, text: str) -> Study:
    return load_study(study(folder, text), policies=Policies())


def test_each_scenario_is_a_level_of_the_first_factor(tmp_path: Path) -> None:
    found = loaded(tmp_path, TWO + "factors:\n  tax: {path: params.tax.rate, levels: [0.1, 0.9]}\n")
    by_seller = {"paid_by": "seller"}
    assert [
        (one.name, one.scenario.params["rounds"], one.scenario.params["tax"]) for one in found.cells()
    ] == [
        ("scenario=calm,tax=0.1", 8, by_seller | {"rate": 0.1}),
        ("scenario=calm,tax=0.9", 8, by_seller | {"rate": 0.9}),
        ("scenario=busy,tax=0.1", 9, by_seller | {"rate": 0.1}),
        ("scenario=busy,tax=0.9", 9, by_seller | {"rate": 0.9}),
    ]
    assert Study.from_json(found.to_json()).cells() == found.cells()


def test_a_scenario_may_be_added_later_and_none_may_change(tmp_path: Path) -> None:
    old = loaded(tmp_path, TWO).identity()
    assert compare_identity(old, loaded(tmp_path, TWO + "  more: x.yaml\n").identity()) == []
    swapped = TWO.replace("busy: y.yaml", "busy: x.yaml")
    assert compare_identity(old, loaded(tmp_path, swapped).identity()) == [
        "factors.scenario.levels.busy.params.rounds: 9 → 8"
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "t.study.yaml:1:1: should have 'scenario', or several under 'scenarios'"),
        (
            "scenario: x.yaml\n" + TWO,
            "t.study.yaml:5:3: scenarios: the study has 'scenario' too; it takes one of the two",
        ),
        ("scenarios: {}\n", "t.study.yaml:3:12: scenarios: should name one scenario or more"),
        ("scenarios: {a: z.yaml}\n", "no such file"),
        (
            TWO + "factors:\n  scenario: {path: params.rounds, levels: [5]}\n",
            "with 'scenarios' no factor can be named 'scenario'",
        ),
        (
            TWO + "factors:\n  f: {path: params.nothing, levels: [1]}\n",
            "t.study.yaml:7:13: factors.f.path: ",
        ),
        (
            TWO + "hypotheses:\n  - {id: H, factor: scenario, contrast: [calm, bisy], measure: volume}\n",
            "unknown level of 'scenario' 'bisy'; did you mean 'busy'?",
        ),
    ],
)
def test_each_mistake_is_told_once_at_its_place(tmp_path: Path, text: str, problem: str) -> None:
    (message,) = told(study(tmp_path, text))
    assert problem in message


def test_a_hypothesis_may_contrast_two_scenarios(tmp_path: Path) -> None:
    entry = "{id: H, factor: scenario, contrast: [busy, calm], measure: volume}"
    (one,) = loaded(tmp_path, f"{TWO}hypotheses:\n  - {entry}\n").hypotheses
    assert (one.factor, one.contrast) == ("scenario", ("busy", "calm"))
