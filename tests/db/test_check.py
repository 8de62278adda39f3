from __future__ import annotations

import pytest

from db.check import check
from db.faults import Fault
from db.recorder import Recorder
from db.store import Store
from db.triggers import create_triggers, drop_triggers
from tests.db.samples import CALL_TEXTS, call_row, plan, write_run

RUN, OTHER = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
TRUTH = "a row of hidden, claim_act or measure was altered"
PLAN = "what the run was meant to be was altered: a fixed column of run, or a row of agent or param"
LESS = "hidden, claim_act and measure hold 7 rows, the run notes 8"


@pytest.fixture
def log(store: Store) -> Store:
    """A whole log of two runs."""
    write_run(store, plan(RUN))
    write_run(store, plan(OTHER), done=False)
    with Recorder(store) as recorder:
        recorder.write_call(call_row(RUN), CALL_TEXTS)
    return store


def tamper(store: Store, *statements: str) -> list[Fault]:
    """What the check finds after somebody got past the triggers."""
    with store.writing() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        drop_triggers(connection)
        for statement in statements:
            connection.exec_driver_sql(statement)
        create_triggers(connection)
    return check(store)


def test_a_whole_log_has_no_fault(log: Store) -> None:
    assert check(log) == []


def test_an_empty_log_has_no_fault(store: Store) -> None:
    assert check(store) == []


@pytest.mark.parametrize(
    ("statement", "table", "seq", "message"),
    [
        ("UPDATE decision SET action = 'right' WHERE seq = 2", "decision", 2, "decision row 2 was altered"),
        ("UPDATE event SET value = 2.5 WHERE seq = 7", "event", 7, "event row 7 was altered"),
        ("UPDATE exposure SET item = 'king' WHERE seq = 9", "exposure", 9, "exposure row 9 was altered"),
        ("DELETE FROM event WHERE seq = 3", "event", 3, "row 3 is missing before event row 4"),
        ("DELETE FROM event WHERE seq = 12", "run", None, "the last 1 of 12 row(s) are missing"),
        (
            "DELETE FROM hidden WHERE seq = 2",
            "run",
            None,
            LESS,
        ),
        ("UPDATE hidden SET posterior = 9", "run", None, TRUTH),
        ("UPDATE measure SET value = 9", "run", None, TRUTH),
        ("UPDATE run SET seed = 9", "run", None, PLAN),
        ("UPDATE agent SET policy_name = 'x' WHERE position = 0", "run", None, PLAN),
        (
            "UPDATE claim_act SET said = '2' WHERE seq = 2",
            "run",
            None,
            TRUTH,
        ),
        ("UPDATE run SET decisions = 4", "run", None, "the run notes 4 decisions, the log holds 3"),
        ("UPDATE run SET invalid = 0", "run", None, "the run notes 0 invalid, the log holds 1"),
        ("DELETE FROM attempt", "run", None, "the run has no attempt"),
        ("UPDATE run SET status = 'stopped'", "run", None, "the run is stopped, its last attempt done"),
        ("UPDATE run SET status = 'stopped'", "run", None, "the run is stopped, but has a digest"),
    ],
)
def test_what_is_wrong_is_found_and_named(
    log: Store, statement: str, table: str, seq: int | None, message: str
) -> None:
    limited = f"{statement} {'AND' if 'WHERE' in statement else 'WHERE'} "
    key = "id" if " run " in statement else "run"
    assert Fault(RUN, table, seq, message) in tamper(log, f"{limited} {key} = '{RUN}'")


def test_only_the_altered_row_is_named(log: Store) -> None:
    found = tamper(log, f"UPDATE event SET kind = 'Payoff' WHERE seq = 3 AND run = '{OTHER}'")
    assert found == [Fault(OTHER, "event", 3, "event row 3 was altered")]


def test_a_swapped_pair_is_named(log: Store) -> None:
    moved = "UPDATE event SET seq = {} WHERE seq = {} AND run = '" + RUN + "'"
    found = tamper(log, moved.format(99, 4), moved.format(4, 8), moved.format(8, 99))
    assert found == [Fault(RUN, "event", 4, "rows 4 and 8 were swapped (now event and event)")]


def test_a_done_run_needs_its_digest(log: Store) -> None:
    (found,) = tamper(log, f"UPDATE run SET digest = NULL WHERE id = '{RUN}'")
    assert found.message == "the run is done, but its digest None is not the hash of its last row"


def test_an_altered_text_is_named(log: Store) -> None:
    (found,) = tamper(log, "UPDATE text SET text = 'left!' WHERE text = 'left'")
    assert (found.table, found.message) == ("text", f"text {call_row(RUN).reply} was altered")


def test_a_missing_text_is_named_where_it_is_missed(log: Store) -> None:
    found = tamper(log, "DELETE FROM text WHERE text = 'left'")
    message = f"model_call row 2: its reply {call_row(RUN).reply} is missing in text"
    assert found == [Fault(RUN, "model_call", 2, message)]


def test_rows_of_no_run_are_found(log: Store) -> None:
    (found,) = tamper(log, f"INSERT INTO measure VALUES ('{'f' * 12}', '', 'share', 1.0, NULL)")
    assert (found.run, found.table) == ("f" * 12, "measure")


def test_a_missing_trigger_is_found(log: Store) -> None:
    with log.writing() as connection:
        connection.exec_driver_sql("DROP TRIGGER append_only_event_delete")
    (found,) = check(log)
    assert found.message.startswith("trigger append_only_event_delete is missing or changed")


def test_a_byte_altered_in_the_file_is_found_and_named(log: Store) -> None:
    path = log.location.path
    assert path is not None
    log.close()
    data = path.read_bytes()
    assert data.count(b"hello 2") == 1
    path.write_bytes(data.replace(b"hello 2", b"hellp 2"))
    (found,) = check(log)
    assert (found.table, found.message[-11:]) == ("text", "was altered")


def test_a_destroyed_page_is_found(log: Store) -> None:
    path = log.location.path
    assert path is not None
    log.close()
    data = bytearray(path.read_bytes())
    place = data.index(b"hello 2") // 4096 * 4096
    data[place : place + 4096] = bytes(4096)
    path.write_bytes(data)
    found = check(log)
    assert any("damaged" in fault.message for fault in found)


def test_a_fault_names_its_run() -> None:
    assert str(Fault(RUN, "event", 3, "event row 3 was altered")) == f"run {RUN}: event row 3 was altered"
    assert str(Fault(None, "text", None, "text x was altered")) == "text x was altered"
