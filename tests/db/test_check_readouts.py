"""The check of readouts: a changed byte, a lost file, a false row of the index are each found and named."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from db.captures import captures_root
from db.check import check
from db.readout_tables import probe
from db.store import Store
from db.tables import insert_sql
from db.triggers import create_triggers, drop_triggers
from tests.db.samples import plan
from tests.support.captured import write_captured_run

RUN = plan().id


@pytest.fixture
def log(store: Store) -> Store:
    """A log of one captured run."""
    write_captured_run(store, plan())
    return store


def shard_file(log: Store) -> Path:
    (file,) = Path(captures_root(log.location)).rglob("*.safetensors")
    return file


def messages(log: Store) -> list[str]:
    return [str(fault) for fault in check(log)]


def alter(log: Store, statement: str) -> list[str]:
    """What the check says after someone changed the log behind the lab's back."""
    with log.writing() as connection:
        drop_triggers(connection)
        connection.exec_driver_sql(statement)
        create_triggers(connection)
    return messages(log)


def test_a_whole_log_has_no_fault(log: Store) -> None:
    assert messages(log) == []


def test_a_changed_byte_is_found(log: Store) -> None:
    file = shard_file(log)
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert messages(log) == [f"run {RUN}: shard aa/{file.name} was altered"]


def test_a_lost_shard_is_named(log: Store) -> None:
    file = shard_file(log)
    file.unlink()
    (message,) = messages(log)
    assert message.startswith(f"1 shard not found under {captures_root(log.location)} (aa/{file.name}); copy")


def test_a_folder_that_was_not_copied_is_one_fault(log: Store) -> None:
    for number in range(4):
        write_captured_run(log, plan(f"{number}" * 12))
    root = captures_root(log.location)
    shutil.rmtree(root)
    assert messages(log) == [
        f"5 shards not found under {root}; copy that folder with the log, or set LAB_CAPTURES to where it is"
    ]


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE capture SET row = 3 - row WHERE seq != 6", "the index and shard .* disagree"),
        ("UPDATE capture SET row = 7 WHERE seq = 6 AND row IS NOT NULL", "the index and shard .* disagree"),
        ("UPDATE capture SET shard = 'x' WHERE shard IS NOT NULL", "captures in an unknown shard: 3"),
        ("UPDATE capture SET reason = NULL", "captures without a row and a reason: 3"),
        ("UPDATE capture SET row = NULL WHERE seq = 6", "captures with a shard or a row only: 1"),
        ("UPDATE capture SET artifact = 'x' WHERE seq = 6", "captures of no model: 2"),
        ("DELETE FROM model_call WHERE seq = 6", "captures of a model call that is not there: 2"),
        ("UPDATE shard SET rows = 2", "more captures than rows in shard"),
        ("DELETE FROM capture WHERE seq = 6", r"disagree about its rows \(2 and 3\)"),
        ("UPDATE site_set SET sites = '[]'", "site set .* was altered"),
        ("UPDATE shard SET rows = 4", "does not hold what the log notes"),
        ("UPDATE shard SET bytes = 4", "bytes, the log notes 4"),
        ("UPDATE shard SET sha256 = 'x'", "was altered"),
        ("UPDATE shard SET run = 'x'", "shard rows of a run that is not in the log"),
    ],
)
def test_a_false_row_of_the_index_is_found(log: Store, statement: str, message: str) -> None:
    found = alter(log, statement)
    assert any(re.search(message, one) for one in found), found


def test_a_lost_probe_is_named(log: Store) -> None:
    row = ("p", "s", "type", "binary", "ridge", "resid_post", 1, "pre_choice", "a", 4, "h", "{}")
    with log.writing() as connection:
        connection.exec_driver_sql(insert_sql(probe, log.mark), (*row, "probes/p.json", "c0de", 1.0))
    (message,) = messages(log)
    assert message.startswith(f"1 probe not found under {captures_root(log.location)} (probes/p.json)")
