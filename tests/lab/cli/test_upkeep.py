from __future__ import annotations

import sqlite3

import pytest

from lab.bench.engine import Figure
from tests.lab.cli.conftest import Lab, Log


def test_a_whole_log_has_no_faults(lab: Lab, log: Log) -> None:
    done = lab("db", "check", "--db", log.db)
    assert (done.code, done.out) == (0, f"{log.db}: no faults\n")


def test_an_altered_row_is_named_and_exits_with_1(lab: Lab, log: Log, own_db: str) -> None:
    connection = sqlite3.connect(own_db)
    triggers = "select name from sqlite_master where type = 'trigger' and tbl_name = 'decision'"
    (trigger,) = connection.execute(f"{triggers} and sql like '%UPDATE%'").fetchone()
    connection.execute(f"drop trigger {trigger}")
    connection.execute(f"update decision set tick = 1 where run = '{log.game}' and seq = 2")
    connection.commit()
    connection.close()
    done = lab("db", "check", "--db", own_db)
    assert done.code == 1
    assert f"run {log.game}: decision row 2" in done.out


def test_upgrade_of_a_new_database_does_nothing(lab: Lab, own_db: str) -> None:
    assert lab("db", "upgrade", "--db", own_db).out.endswith(": up to date\n")


def test_doctor_finds_this_installation_in_order(lab: Lab, log: Log) -> None:
    done = lab("doctor", "--db", log.db, "--json")
    found = {one["what"]: one for one in done.json["findings"]}
    assert found["simpy"]["ok"]
    assert found["database"]["ok"]
    assert log.db in found["database"]["found"]


def test_doctor_of_a_bad_database_exits_with_1(lab: Lab) -> None:
    done = lab("doctor", "--db", "mysql://x/y")
    assert done.code == 1
    assert "not ok" in done.out


@pytest.mark.parametrize(("value", "code", "verdict"), [(2.5, 0, "holds"), (9.0, 1, "missed")])
def test_bench_exits_with_1_when_a_gate_is_missed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, value: float, code: int, verdict: str
) -> None:
    monkeypatch.setattr("lab.bench.engine.figures", lambda: [Figure("engine", value, "×", 3.0)])
    done = lab("bench")
    assert done.code == code
    assert verdict in done.out
    assert lab("bench", "--json").json[0]["at_most"] == 3.0
