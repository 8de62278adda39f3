from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab.cli.conftest import Lab, Log


def test_runs_lists_the_last_begun_first_page_by_page(lab: Lab, log: Log) -> None:
    listed = [one["run"] for one in lab("runs", "--json", "--db", log.db).json]
    assert listed[:4] == [log.fork, log.bluff, log.hunt, log.game]
    assert len(listed) == 16
    page = lab("runs", "--limit", 3, "--db", log.db)
    assert f"fork of {log.game[:6]} @2" in page.out.splitlines()[1]
    assert page.out.splitlines()[-1] == f"the next page: --after {log.hunt}"
    rest = lab("runs", "--after", log.hunt, "--json", "--db", log.db).json
    assert [one["run"] for one in rest] == listed[3:]


def test_runs_of_one_study_have_cells(lab: Lab, log: Log) -> None:
    listed = lab("runs", "--study", "small", "--json", "--db", log.db).json
    assert len(listed) == 12
    assert {one["cell"] for one in listed} >= {"punish=0,bob=free_rider"}


def test_status_counts_runs(lab: Lab, log: Log) -> None:
    one = lab("status", "small", "--json", "--db", log.db).json
    assert (one["planned"], one["finished"], one["done"]) == (12, 12, 12)
    assert lab("status", "--db", log.db).out.splitlines()[1].split()[:3] == ["small", "12", "12"]
    assert "12 of 12 done" in lab("status", "small", "--db", log.db).out


def test_show_as_rows_is_one_json_object_a_line(lab: Lab, log: Log) -> None:
    rows = [json.loads(line) for line in lab("show", log.game, "--raw", "--db", log.db).out.splitlines()]
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert {row["table"] for row in rows} == {"decision", "event", "exposure"}


def test_show_of_one_agent_leaves_the_others_out(lab: Lab, log: Log) -> None:
    shown = lab("show", log.hunt, "--agent", "bob", "--raw", "--db", log.db).out.splitlines()
    assert {json.loads(line)["agent"] for line in shown if '"table": "decision"' in line} == {"bob"}


@pytest.mark.parametrize(
    ("format", "text"),
    [
        ("table", "a  b  c\n1     x\n"),
        ("csv", "a,b,c\n1,,x\n"),
        ("json", '[\n{"a": 1, "b": null, "c": "x"}\n]\n'),
    ],
)
def test_query_prints_rows(lab: Lab, log: Log, format: str, text: str) -> None:
    done = lab("query", "select 1 as a, null as b, 'x' as c", "--format", format, "--db", log.db)
    assert (done.code, done.out) == (0, text)


def test_a_query_may_open_with_a_comment(lab: Lab, log: Log) -> None:
    assert lab("query", "-- how many?\nselect 7 as n", "--format", "csv", "--db", log.db).out == "n\n7\n"


@pytest.mark.parametrize(
    "sql",
    ["delete from run", "update run set status = 'done'", "drop view v_run", "attach 'x.db' as x", "vacuum"],
)
def test_a_query_that_writes_is_refused(lab: Lab, log: Log, sql: str) -> None:
    before = Path(log.db).read_bytes()
    done = lab("query", sql, "--db", log.db)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("this query writes; `lab query` is read-only")
    assert Path(log.db).read_bytes() == before


def test_a_wrong_name_in_a_query_names_the_right_one(lab: Lab, log: Log) -> None:
    assert "did you mean 'v_decision'?" in lab("query", "select * from v_decisions", "--db", log.db).err


@pytest.mark.parametrize("format", ["parquet", "csv", "jsonl"])
@pytest.mark.parametrize("what", ["study", "run"])
def test_export_writes_tidy_tables(lab: Lab, log: Log, tmp_path: Path, format: str, what: str) -> None:
    name = "small" if what == "study" else log.game[:6]
    done = lab("export", name, "--format", format, "-o", tmp_path / "out", "--db", log.db)
    assert done.code == 0
    written = sorted(map(str, (tmp_path / "out").iterdir()))
    assert sorted(done.out.splitlines()) == written
    assert str(tmp_path / "out" / f"decision.{format}") in written


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (("show", "zzz"), "unknown run 'zzz'"),
        (("show", "last", "--agent", "zed"), "unknown agent 'zed' (known: ann, bob, coop-1, coop-2)"),
        (("status", "smalll"), "unknown study 'smalll'; did you mean 'small'?"),
        (("runs", "--study", "smalll"), "unknown study 'smalll'; did you mean 'small'?"),
        (("export", "smalll"), "unknown study or run 'smalll'; did you mean 'small'?"),
        (("query", "selec 1"), "this query is not right"),
        (("query", "select 1", "--format", "parquet"), "--format parquet is not text: name a file"),
    ],
)
def test_what_is_not_there_is_named(lab: Lab, log: Log, words: tuple[str, ...], line: str) -> None:
    done = lab(*words, "--db", log.db)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(line)


@pytest.mark.parametrize(
    "words",
    [("runs",), ("status",), ("show", "last"), ("query", "select 1"), ("export", "x"), ("replay", "last")],
)
def test_reading_makes_no_database(lab: Lab, tmp_path: Path, words: tuple[str, ...]) -> None:
    done = lab(*words, "--db", tmp_path / "no.db")
    assert done.code == 2
    assert done.err.startswith("no database at ")
    assert not (tmp_path / "no.db").exists()


def test_the_database_comes_from_the_environment(lab: Lab, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_DB", f"sqlite:///{log.db}")
    assert len(lab("runs", "--json").json) == 16
