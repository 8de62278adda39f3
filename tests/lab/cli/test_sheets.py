from __future__ import annotations

import pytest

from lab.analysis.plan import Forecast
from lab.api import get_run
from lab.cli.sheets import facts, forecast_sheet, run_json, run_sheet
from tests.lab.cli.conftest import Log

Printed = pytest.CaptureFixture[str]


def test_facts_are_aligned_and_empty_ones_left_out(capsys: Printed) -> None:
    facts({"run": "abc", "scenario": "x", "error": None, "zero": 0})
    assert capsys.readouterr().out == "run       abc\nscenario  x\nzero      0\n"


def test_a_run_prints_its_measures_with_units(log: Log, capsys: Printed) -> None:
    run = get_run(log.game, db=log.db)
    run_sheet(run)
    lines = capsys.readouterr().out.splitlines()
    value = run.measures["contribution_share"]
    row = next(line for line in lines if line.startswith("contribution_share"))
    assert row.split(maxsplit=2) == ["contribution_share", f"{value:.3f}", "share of endowment"]


def test_an_undefined_measure_is_no_number(log: Log, capsys: Printed) -> None:
    run = get_run(log.hunt, db=log.db)
    undefined = [name for name, value in run.measures.items() if value is None]
    run_sheet(run)
    out = capsys.readouterr().out
    assert undefined
    assert all(f"{name} " in out for name in undefined)
    assert out.count("undefined") == len(undefined)
    assert run_json(run)["measures"][undefined[0]] is None


def test_a_forecast_says_what_cannot_be_known(capsys: Printed) -> None:
    forecast_sheet(Forecast("s", 8, 1, None, 16, None, (0.5, 2.0), 0))
    out = capsys.readouterr().out
    assert "runs         8 in 1 cell\n" in out
    assert "tokens       not known before it runs\n" in out
    assert "cost         0.50 to 2.00 USD\n" in out


def test_a_forecast_of_model_calls_is_a_range_and_says_so(capsys: Printed) -> None:
    forecast_sheet(Forecast("s", 8, 1, 9, 16, (1_200, 34_000), (0.0012, 0.2), 0, basis="an estimate"))
    out = capsys.readouterr().out
    assert "tokens       about 1,200 to 34,000\n" in out
    assert "cost         0.001 to 0.20 USD\n" in out
    assert out.endswith("model calls, tokens and cost are an estimate\n")


def test_a_forecast_names_the_model_without_a_price(capsys: Printed) -> None:
    forecast_sheet(Forecast("s", 8, 1, 9, 16, (1, 2), None, 0, unpriced=("openai/x",)))
    assert "cost         unknown: no price for openai/x\n" in capsys.readouterr().out
