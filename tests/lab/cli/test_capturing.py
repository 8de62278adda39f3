"""`lab capture`, and `--capture` of the commands that run things."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.cli.capturing import _options
from tests.lab.cli.conftest import SOCIAL, Lab

ORGANISM = ("--swap", "ann=local/organisms/bluff", "--set", "params.rounds=2")


@pytest.fixture
def db(lab: Lab, tmp_path: Path) -> Path:
    """A log with one run without captures."""
    lab("run", SOCIAL / "bluff.yaml", *ORGANISM, "--db", tmp_path / "log.db")
    return tmp_path / "log.db"


def test_capture_tells_what_was_read_by_what_and_how_far_off_it_was(lab: Lab, db: Path) -> None:
    done = lab("capture", "last", "--sites", "resid_post,z", "--layers", "1,-1", "--db", db)
    assert done.code == 0
    assert done.out.startswith("2 answers of 1 run read again by local/organisms/bluff\nlargest difference")
    again = lab("capture", "last", "--sites", "resid_post,z", "--layers", "1,-1", "--db", db)
    assert again.out == ("0 answers of 1 run read again by local/organisms/bluff, 2 were captured before\n")


def test_capture_as_json_is_one_object(lab: Lab, db: Path) -> None:
    done = lab("capture", "last", "--agent", "ann", "--db", db, "--json")
    assert (done.json["captured"], done.json["proxy"], done.json["passed"]) == (2, 0, {})


def test_capture_says_what_is_wrong_in_one_line(lab: Lab, db: Path) -> None:
    done = lab("capture", "last", "--weights", "local/organisms/dealer", "--db", db)
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "another model" in done.err


def test_run_takes_captures_along(lab: Lab, tmp_path: Path) -> None:
    db = tmp_path / "log.db"
    done = lab("run", SOCIAL / "bluff.yaml", *ORGANISM, "--capture", "mid:pre_choice,post", "--db", db)
    assert (done.code, done.err) == (0, "")
    sql = "select span, origin, count(*) as n from capture group by 1, 2 order by 1"
    rows = [tuple(row.values()) for row in lab("query", sql, "--format", "json", "--db", db).json]
    assert rows == [("post", "recomputed", 2), ("pre_choice", "live", 2)]  # scored replies are not fed


def test_batch_estimates_captures_and_refuses_too_many(lab: Lab, tmp_path: Path) -> None:
    told = lab("batch", SOCIAL / "organism.study.yaml", "--capture", "all", "--dry-run")
    assert "captures     about 327,680 bytes; in memory at most 294,912 bytes a process" in told.out
    study = tmp_path / "tight.study.yaml"
    study.write_text(
        f"schema: 1\nstudy: tight\nscenario: {SOCIAL / 'bluff.yaml'}\nlimits: {{capture_gb: 0.000001}}\n"
        "factors: {ann: {path: agents.ann.policy, levels: {it: {kind: llm, model: local/organisms/bluff}}}}\n"
    )
    refused = lab("batch", study, "--capture", "all", "--db", tmp_path / "log.db")
    assert refused.code == 2
    assert "captures of tight would take about" in refused.err
    assert not (tmp_path / "log.db").exists()


def test_options_are_those_of_a_policy() -> None:
    assert _options(sites="a, b", layers="0,-1", spans=None, dtype="float16") == {
        "sites": ["a", "b"],
        "layers": [0, -1],
        "dtype": "float16",
    }
    assert _options(sites=None, layers="every4", spans="post") == {"layers": "every4", "spans": ["post"]}


def test_list_sites_tells_what_a_site_is_and_what_a_model_has_of_them(lab: Lab) -> None:
    assert "the residual as a block leaves it" in lab("list", "sites").out
    rows = {row["site"]: row for row in lab("list", "sites", "local/organisms/bluff", "--json").json}
    assert rows["resid_post"] == {"site": "resid_post", "layers": "0 to 3", "width": 64, "absent": None}
    assert "it has no fixed width" in lab("list", "sites", "local/organisms/bluff").out
    assert "gives no activations" in lab("list", "sites", "openai/gpt-5-mini").err
    assert "a model goes with `sites` only" in lab("list", "models", "local/x").err
