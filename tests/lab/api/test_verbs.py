"""The Python verbs as a notebook uses them."""

from __future__ import annotations

from pathlib import Path

import pytest

import lab
from lab.api import BatchPlan, forecast
from lab.core.errors import ScenarioError, StoreError, UnknownName, UsageError
from lab.core.records import RunStatus
from scenarios.spec import Scenario
from scenarios.study import Study as StudySpec
from tests.support.studies import write_study

SOCIAL = Path(__file__).parents[3] / "scenarios/social"


def test_load_gives_a_scenario_or_a_study_by_the_files_name(tmp_path: Path) -> None:
    assert isinstance(lab.load(SOCIAL / "bluff.yaml"), Scenario)
    assert isinstance(lab.load(write_study(tmp_path)), StudySpec)


def test_run_takes_a_file_or_a_loaded_scenario(tmp_path: Path) -> None:
    scenario = lab.load(SOCIAL / "bluff.yaml", seed=5)
    assert isinstance(scenario, Scenario)
    loaded = lab.run(scenario, db=str(tmp_path / "one.db"))
    from_file = lab.run(SOCIAL / "bluff.yaml", seed=5, db=str(tmp_path / "other.db"))
    assert loaded.digest == from_file.digest


def test_swap_replaces_a_policy_and_drops_its_options(tmp_path: Path) -> None:
    scenario = lab.load(SOCIAL / "prisoners-dilemma.yaml")
    assert isinstance(scenario, Scenario)
    name = scenario.agents[0].name
    swapped = lab.load(SOCIAL / "prisoners-dilemma.yaml", swap=[f"{name}=scripted/always_defect"])
    assert isinstance(swapped, Scenario)
    assert swapped.agents[0].policy.to_json() == {"kind": "scripted", "name": "always_defect"}


def test_a_study_is_not_a_scenario_and_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a study: run it with `lab batch`"):
        lab.run(write_study(tmp_path))
    with pytest.raises(UsageError, match="is a scenario: run it with `lab run`"):
        lab.batch(SOCIAL / "bluff.yaml")


def test_batch_tells_its_plan_before_it_starts(tmp_path: Path) -> None:
    plans: list[BatchPlan] = []
    study = lab.batch(write_study(tmp_path), db=str(tmp_path / "log.db"), on_plan=plans.append)
    assert plans == [BatchPlan("small", 12, 4, 0, ())]
    assert study.counts == {RunStatus.DONE: 12}
    assert lab.get_study("small", db=study.db) == study


def test_a_study_is_swapped_where_it_is_loaded(tmp_path: Path) -> None:
    path, db = write_study(tmp_path, seeds=1), str(tmp_path / "log.db")
    swap = ["coop=mock/uniform"]
    swapped = lab.load(path, swap=swap)
    assert isinstance(swapped, StudySpec)
    assert lab.batch(path, swap=swap, db=db) == lab.batch(swapped, db=db)
    with pytest.raises(UsageError, match="a loaded study takes no swap"):
        lab.batch(swapped, swap=swap, db=db)


def test_a_forecast_asks_no_model_and_writes_nothing(tmp_path: Path) -> None:
    told = forecast(write_study(tmp_path), swap=["coop=openai/gpt-5-mini"])
    assert (told.runs, told.model_calls, told.unpriced) == (12, 12 * 3 * 3 * 2, ("openai/gpt-5-mini",))
    assert forecast(write_study(tmp_path), swap=["coop=openai/gpt-5-mini"], rehearse=True).unpriced == ()
    assert [file.name for file in tmp_path.iterdir()] == ["small.study.yaml"]


def test_nothing_is_written_when_the_file_is_wrong(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text((SOCIAL / "bluff.yaml").read_text().replace("rounds", "rouns"))
    with pytest.raises(ScenarioError):
        lab.run(bad, db=str(tmp_path / "log.db"))
    assert not (tmp_path / "log.db").exists()


def test_a_run_is_found_by_the_beginning_of_its_id(tmp_path: Path) -> None:
    run = lab.run(SOCIAL / "bluff.yaml", db=str(tmp_path / "log.db"))
    assert lab.get_run(run.id[:4], db=run.db).digest == run.digest
    assert lab.get_run("last", db=run.db).id == run.id
    with pytest.raises(UnknownName, match="unknown run"):
        lab.get_run("0000000", db=run.db)


def test_reading_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"no database at"):
        lab.get_run("last", db=str(tmp_path / "none.db"))
    assert not (tmp_path / "none.db").exists()


def test_query_answers_with_a_frame_and_never_writes(tmp_path: Path) -> None:
    run = lab.run(SOCIAL / "bluff.yaml", db=str(tmp_path / "log.db"))
    frame = lab.query("select agent, avg(valid) as valid from v_decision group by 1 order by 1", db=run.db)
    assert frame["valid"].to_list() == [1.0, 1.0]
    with pytest.raises(UsageError, match="read-only"):
        lab.query("delete from run", db=run.db)
