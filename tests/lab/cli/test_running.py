from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from lab.cli.running import _Batch
from lab.runner import execute
from tests.lab.cli.conftest import SOCIAL, Lab
from tests.support.studies import count, write_study

SHORT = ("--set", "params.rounds=2")


def test_run_prints_the_id_and_the_digest_that_the_log_holds(lab: Lab, tmp_path: Path) -> None:
    db = tmp_path / "lab.db"
    done = lab("run", SOCIAL / "pgg-punish.yaml", *SHORT, "--db", db)
    row = lab("runs", "--json", "--db", db).json[0]
    assert done.code == 0
    assert f"run       {row['run']}\n" in done.out
    assert f"digest    {row['digest']}\n" in done.out
    assert "contribution_share" in done.out
    assert "about 80 %  Fehr and Gaechter 2000" in done.out


def test_run_as_json_is_one_object(lab: Lab, tmp_path: Path) -> None:
    db = tmp_path / "lab.db"
    done = lab("run", SOCIAL / "bluff.yaml", "--seed", 5, "--db", db, "--json")
    assert {"run", "status", "digest", "measures", "db"} <= done.json.keys()
    assert (done.json["status"], done.json["seed"], done.err) == ("done", 5, "")


def test_set_and_swap_change_the_run(lab: Lab, tmp_path: Path) -> None:
    changes = (*SHORT, "--set", "measures=[free_rider_share]", "--swap", "bob=scripted/full_contributor")
    done = lab("run", SOCIAL / "pgg-punish.yaml", *changes, "--db", tmp_path / "lab.db", "--json")
    assert done.json["measures"]["free_rider_share"] == 0
    assert done.json["decisions"] == 16


@pytest.mark.parametrize("model", ["mock/uniform", "main"])
def test_an_agent_is_swapped_for_a_model(lab: Lab, tmp_path: Path, model: str) -> None:
    alias = ("--set", "models={main: {model: mock/first}}")
    db = tmp_path / "lab.db"
    done = lab("run", SOCIAL / "pgg-punish.yaml", *SHORT, *alias, "--swap", f"coop={model}", "--db", db)
    assert done.code == 0
    sql = "select agent, count(*) as calls, min(policy) as kind, min(model) as model from v_decision"
    rows = lab("query", f"{sql} where raw is not null group by agent", "--format", "json", "--db", db).json
    assert rows == [{"agent": f"coop-{n}", "calls": 4, "kind": "llm", "model": model} for n in (1, 2)]


def test_a_limited_run_is_no_failure(lab: Lab, tmp_path: Path) -> None:
    done = lab("run", SOCIAL / "bluff.yaml", "--set", "limits.ticks=2", "--db", tmp_path / "lab.db", "--json")
    assert (done.code, done.json["status"]) == (0, "limited")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run ends in a bug."""

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("the rules are broken")

    monkeypatch.setattr(execute, "compose", fail)


@pytest.mark.usefixtures("broken")
def test_a_failed_run_exits_with_1_and_says_why(lab: Lab, tmp_path: Path) -> None:
    done = lab("run", SOCIAL / "bluff.yaml", "--db", tmp_path / "lab.db")
    assert done.code == 1
    assert "failed: RuntimeError: the rules are broken" in done.err


def test_batch_runs_all_and_ends_with_the_table(lab: Lab, tmp_path: Path) -> None:
    done = lab("batch", write_study(tmp_path, seeds=6), "--db", tmp_path / "lab.db")
    assert done.code == 0
    assert done.err.splitlines() == ["small: 24 runs in 4 cells", "24 of 24 runs done"]
    assert "punish=3,bob=full_contributor" in done.out
    assert "H1: contribution_share, punish: 3 − 0, expected greater, mean over bob" in done.out


def test_batch_as_json_has_the_contracts_keys(lab: Lab, tmp_path: Path) -> None:
    done = lab("batch", write_study(tmp_path), "--db", tmp_path / "lab.db", "--json")
    assert {"study", "runs", "done", "failed", "cells", "hypotheses"} <= done.json.keys()
    assert (done.json["runs"], done.json["done"], done.json["failed"]) == (12, 12, 0)
    assert all({"cell", "n", "measures"} <= cell.keys() for cell in done.json["cells"])


@pytest.mark.parametrize(("option", "runs"), [(("--limit", 5), 5), (("--pilot", 1), 4)])
def test_a_part_of_a_study_is_run_and_then_the_rest(
    lab: Lab, tmp_path: Path, option: tuple[str, int], runs: int
) -> None:
    study, db = write_study(tmp_path), tmp_path / "lab.db"
    done = lab("batch", study, *option, "--db", db)
    assert (done.code, done.err.splitlines()[-1]) == (0, f"{runs} of {runs} runs done")
    assert count(db, "select count(*) from v_run") == runs
    again = lab("batch", study, "--db", db)
    assert again.err.splitlines()[0] == f"small: 12 runs in 4 cells, {runs} done before"
    assert again.code == 0


@pytest.mark.usefixtures("broken")
def test_failed_runs_are_listed_and_exit_with_1(lab: Lab, tmp_path: Path) -> None:
    done = lab("batch", write_study(tmp_path), "--db", tmp_path / "lab.db")
    assert done.code == 1
    assert done.err.splitlines()[-1] == "0 of 12 runs done, 12 failed"
    assert done.out.count("RuntimeError: the rules are broken") == 1
    assert "12 runs failed: RuntimeError" in done.out
    assert "in all cells, the first is " in done.out


def test_ctrl_c_drains_and_the_same_command_continues(
    lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study, db = write_study(tmp_path, seeds=20), tmp_path / "lab.db"
    watch = _Batch.watch

    def press(self: _Batch, ended: execute.Ended) -> None:
        watch(self, ended)
        if not self.brake.draining:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(_Batch, "watch", press)
        done = lab("batch", study, "--db", db)
    assert done.code == 130
    assert "finishing the runs in flight" in done.err
    assert done.err.splitlines()[-1].startswith("stopped: ")
    assert done.err.splitlines()[-1].endswith(" of 80 runs done; the same command continues")
    assert lab("batch", study, "--db", db).err.splitlines()[-1] == "80 of 80 runs done"


def test_dry_run_tells_what_a_study_takes_and_writes_nothing(lab: Lab, tmp_path: Path) -> None:
    study, db = write_study(tmp_path), tmp_path / "lab.db"
    done = lab("batch", study, "--dry-run", "--db", db, "--json")
    assert (done.json["runs"], done.json["cells"], done.json["model_calls"]) == (12, 4, 0)
    assert done.json["decisions"] == 12 * 4 * 3 * 2
    assert "runs         12 in 4 cells" in lab("batch", study, "--dry-run").out
    assert not db.exists()


def test_a_rehearsal_leaves_the_study_itself_untouched(lab: Lab, tmp_path: Path) -> None:
    study, db = write_study(tmp_path, seeds=1), tmp_path / "lab.db"
    swap = ("--swap", "coop=openai/gpt-5-mini")
    done = lab("batch", study, *swap, "--rehearse", "--db", db)
    assert done.code == 0
    assert "small-rehearsal was a rehearsal: its numbers are of no model" in done.err
    assert {one["study"] for one in lab("runs", "--json", "--db", db).json} == {"small-rehearsal"}
    assert count(db, "select count(*) from model_call where model <> 'mock/uniform'") == 0
    assert count(db, "select count(*) from model_call") == 4 * 3 * 3 * 2
    assert lab("batch", study, "--db", db).err.startswith("small: 4 runs in 4 cells\n")


def test_a_study_that_meets_its_cost_exits_with_1(lab: Lab, tmp_path: Path) -> None:
    study, db = write_study(tmp_path), tmp_path / "lab.db"
    paid = ("--swap", "coop=mock/tests.lab.runner.test_budget:paid")
    done = lab("batch", study, *paid, "--max-cost", "0.05", "--db", db)
    assert done.code == 1
    last = done.err.splitlines()[-1]
    assert " of 12 runs done, stopped at the cost limit of 0.05 USD (" in last
    again = lab("batch", study, *paid, "--max-cost", "0.05", "--db", db, "--json")
    assert (again.code, again.json["stopped"].split(" (")[0]) == (1, "the cost limit of 0.05 USD")


def test_a_model_without_a_price_has_no_cost_limit(lab: Lab, tmp_path: Path) -> None:
    words = ("batch", write_study(tmp_path), "--swap", "coop=openai/gpt-5-mini", "--max-cost", 5)
    done = lab(*words, "--db", tmp_path / "lab.db")
    assert done.code == 2
    assert done.err.startswith("--max-cost 5: the price of 'openai/gpt-5-mini' is unknown")


def test_dry_run_estimates_what_models_take(lab: Lab, tmp_path: Path) -> None:
    told = lab("batch", write_study(tmp_path), "--swap", "coop=openai/gpt-5-mini", "--dry-run")
    assert "model calls  about 216\n" in told.out
    assert "cost         unknown: no price for openai/gpt-5-mini\n" in told.out
    assert "model calls, tokens and cost are an estimate" in told.out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("batch", SOCIAL / "bluff.yaml"), "is a scenario: run it with `lab run`"),
        (("batch", SOCIAL / "bluff.yaml", "--dry-run"), "is a scenario: run it with `lab run`"),
        (("run", SOCIAL / "punishment.study.yaml"), "is a study: run it with `lab batch`"),
        (("run", SOCIAL / "bluff.yaml", "--set", "params.round=3"), "did you mean 'rounds'?"),
        (("run", SOCIAL / "bluff.yaml", "--swap", "bob=locl/x"), "--swap bob=locl/x: unknown model 'locl/x'"),
        (("run", SOCIAL / "bluff.yaml", "--swap", "bob=mock/frist"), "did you mean 'first'?"),
        (("batch", SOCIAL / "punishment.study.yaml", "--swap", "an=human"), "did you mean 'ann'?"),
        (("batch", SOCIAL / "punishment.study.yaml", "--swap", "bob=human"), "is set by --set or --swap too"),
        (("batch", SOCIAL / "punishment.study.yaml", "--max-cost", "0"), "--max-cost 0: must be a number"),
        (
            ("run", SOCIAL / "bluff.yaml", "--swap", "bo=scripted/x"),
            "--swap bo=scripted/x: unknown agent 'bo'",
        ),
    ],
)
def test_a_mistake_writes_nothing(lab: Lab, tmp_path: Path, words: tuple[object, ...], line: str) -> None:
    db = tmp_path / "lab.db"
    done = lab(*words, "--db", db)
    assert done.code == 2
    assert line in done.err
    assert not db.exists()


def test_a_changed_study_is_refused_with_the_difference(lab: Lab, tmp_path: Path) -> None:
    db = tmp_path / "lab.db"
    lab("batch", write_study(tmp_path, rounds=2), "--db", db)
    done = lab("batch", write_study(tmp_path, rounds=4), "--db", db)
    assert done.code == 2
    assert "params.rounds: 2 → 4" in done.err
