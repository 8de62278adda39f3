from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.organisms.cards import SHIPPED, card
from lab.analysis.stats import Interval
from lab.cli.organisms import every
from lab.organism.calibration import Calibration, Judged
from lab.organism.checking import Checked, LoopMeasure
from lab.organism.recipe import RECIPES, Figure, Gate
from lab.organism.training import Training
from tests.lab.cli.conftest import Lab

NEAR = Calibration(
    episodes=1_000,
    moments=8_000,
    distance=0.0123,
    correlation=0.998,
    same_choice=0.97,
    whole_runs=0.9,
    loss=0.28,
    bayes_loss=0.27,
    legal_mass=0.99,
)
FAR = replace(NEAR, distance=0.4)
GATES = (Gate("distance", at_most=0.02),)
INSIDE = LoopMeasure("bluff_rate", 0.3, Interval(0.2, 0.4), 0.35)


def test_list_shows_the_shipped_organism(lab: Lab) -> None:
    done = lab("organism", "list")
    assert done.code == 0
    (line,) = [line for line in done.out.splitlines() if line.startswith("bluff ")]
    assert "social/bluff" in line
    assert "claimant" in line


def test_list_as_json_is_the_cards_with_their_places(lab: Lab) -> None:
    listed = lab("organism", "list", "--json").json
    assert [one["name"] for one in listed] == ["bluff", "dealer", "keydoor", "visitor"]
    assert all(one["bytes"] <= 1_000_000 and one["provenance"]["seed"] == 0 for one in listed)


@pytest.mark.parametrize(("found", "code", "verdict"), [(NEAR, 0, "holds"), (FAR, 1, "missed")])
def test_train_prints_its_figures_and_exits_with_1_when_the_gate_is_missed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, found: Calibration, code: int, verdict: str
) -> None:
    asked: dict[str, Any] = {}

    def train(name: str, **options: Any) -> Training:
        asked.update(options, name=name)
        return Training(SHIPPED / "bluff", card("bluff"), Judged(found, GATES))

    monkeypatch.setattr("lab.organism.training.train_organism", train)
    done = lab("organism", "train", "bluff", "--seed", 3, "--steps", 9, "--episodes", 8, "--out", "x")
    assert done.code == code
    assert verdict in done.out
    assert "on 1,000 held-out episodes" in done.out
    assert (asked["name"], asked["seed"], asked["steps"], asked["episodes"]) == ("bluff", 3, 9, 8)
    assert asked["out"] == Path("x")
    told = lab("organism", "train", "bluff", "--json").json
    assert (told["passed"], told["figures"]["distance"]) == (code == 0, found.distance)
    assert asked["steps"] is None


@pytest.mark.parametrize(("organism", "code", "verdict"), [(0.35, 0, "holds"), (0.45, 1, "missed")])
def test_check_prints_both_trials_and_exits_with_1_when_one_fails(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, organism: float, code: int, verdict: str
) -> None:
    checked = Checked(Judged(NEAR, GATES), (replace(INSIDE, organism=organism),))
    monkeypatch.setattr("lab.organism.checking.check_organism", lambda name, **options: checked)
    done = lab("organism", "check", "bluff")
    assert done.code == code
    (line,) = [line for line in done.out.splitlines() if line.startswith("bluff_rate")]
    assert line.endswith(verdict)
    assert "[0.200, 0.400]" in line
    (one,) = lab("organism", "check", "bluff", "--json").json["loop"]
    assert one["within"] == (code == 0)


@pytest.mark.parametrize("command", ["train", "check"])
def test_an_unknown_organism_is_the_users_mistake(lab: Lab, command: str) -> None:
    done = lab("organism", command, "bluf")
    assert done.code == 2
    known = ", ".join(RECIPES)
    assert done.err == f"unknown organism recipe 'bluf'; did you mean 'bluff'? (known: {known})\n"


def test_what_a_recipe_read_is_printed_with_its_gate(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    extra = (Figure("edge_auc", "chance that an edge outranks", 0.875), Figure("gap", "a gap", None))
    judged = Judged(NEAR, (*GATES, Gate("edge_auc", at_least=0.97)), extra)
    checked = Checked(judged, (replace(INSIDE, floor=0.3),))
    monkeypatch.setattr("lab.organism.checking.check_organism", lambda name, **options: checked)
    done = lab("organism", "check", "bluff")
    assert done.code == 1
    (edge,) = [line for line in done.out.splitlines() if line.startswith("chance that an edge outranks")]
    assert edge.split()[-4:] == ["0.875", "≥", "0.97", "missed"]
    (loop,) = [line for line in done.out.splitlines() if line.startswith("bluff_rate")]
    assert "≥ 0.3" in loop
    told = lab("organism", "check", "bluff", "--json").json
    assert (told["figures"]["edge_auc"], told["figures"]["gap"]) == (0.875, None)
    assert [gate["holds"] for gate in told["gates"]] == [True, False]


def test_how_far_it_came_is_told_now_and_then(capsys: pytest.CaptureFixture[str]) -> None:
    times_s = iter([0.0, 4.0, 6.0, 6.0, 8.0, 11.5, 11.5])
    watch = every(5.0, clock=lambda: next(times_s))
    for done in (1_100, 1_200, 1_300, 1_400):
        watch("runs", done, 2_000)
    assert capsys.readouterr().err.splitlines() == ["runs 1,200 of 2,000", "runs 1,400 of 2,000"]
