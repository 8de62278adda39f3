"""Captures on their way into the log: gathered, written as shards, indexed with their run."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from db.captures import Captures, captures_root
from db.check import check
from db.connection import locate
from db.query import query
from db.recorder import Recorder
from db.store import Store
from lab.core.captures import CapturedSpan, TokenScores
from lab.core.errors import StoreError, UsageError
from lab.core.records import RunStatus
from probes.shards import Rows, read_rows
from tests.db.samples import CALL_TEXTS, QWEN, Writer, begin, call_row, plan
from tests.support.captured import SITES, captured, source, vector, write_captured_run

RUN = plan().id
FULL = OSError(errno.ENOSPC, "No space left on device")


def rows(store: Store, sql: str) -> list[tuple[Any, ...]]:
    return list(query(store, sql).rows)


def files(store: Store) -> list[str]:
    root = Path(captures_root(store.location))
    return sorted(str(file.relative_to(root)) for file in root.rglob("*") if file.is_file())


def test_captures_lie_beside_the_file_of_the_log_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_CAPTURES", raising=False)
    assert captures_root(locate(str(tmp_path / "lab.db"))) == str(tmp_path / "lab.captures")
    assert captures_root(locate(str(tmp_path / "log.sqlite"))) == str(tmp_path / "log.sqlite.captures")
    with pytest.raises(UsageError, match="set LAB_CAPTURES to a folder or a URL"):
        captures_root(locate("postgresql://host/name"))
    monkeypatch.setenv("LAB_CAPTURES", "s3://bucket/shards")
    assert captures_root(locate("postgresql://host/name")) == "s3://bucket/shards"
    monkeypatch.setenv("LAB_CAPTURES", "memory://shards")
    with pytest.raises(UsageError, match="memory ends with the process"):
        captures_root(locate("postgresql://host/name"))
    monkeypatch.setenv("LAB_CAPTURES", "elsewhere")
    assert captures_root(locate(str(tmp_path / "lab.db"))) == str(Path("elsewhere").absolute())


def test_a_run_becomes_one_shard_whose_rows_the_index_knows(store: Store) -> None:
    seqs = write_captured_run(store, plan())
    ((path, count),) = rows(store, "select path, rows from shard")
    assert files(store) == [path]
    assert count == len(seqs) == 3
    index = rows(store, "select seq, span, row, start, token_id, origin, reason from capture order by 1, 2")
    expected: list[tuple[Any, ...]] = []
    for row, seq in enumerate(seqs):
        expected.append((seq, "post", None, None, None, "live", "the reply has no end token"))
        expected.append((seq, "pre_choice", row, 5, 42, "live", None))
    assert index == expected
    read = read_rows(captures_root(store.location), path, "resid_post[2]", range(3))
    assert torch.equal(read, torch.stack([vector(seq, 2) for seq in seqs]))
    assert check(store) == []


def test_a_shard_is_written_as_soon_as_its_rows_take_enough(store: Store) -> None:
    captures = Captures(store, shard_bytes=3 * sum(one.width * 4 for one in SITES))
    written = []
    for seq in range(2, 16, 2):
        captures.take(source(RUN, seq), captured(seq))
        written.append(len(files(store)))
    assert written == [0, 0, 1, 1, 1, 2, 2]
    assert captures.seal() == 1
    assert len(files(store)) == 3


def test_many_runs_in_flight_hold_no_more_than_one_would(store: Store) -> None:
    row = sum(one.width * 4 for one in SITES)
    captures = Captures(store, waiting_bytes=4 * row)
    runs = ["aaaaaaaaaaaa", "bbbbbbbbbbbb", "bbbbbbbbbbbb"]
    for seq, run in enumerate(runs):
        captures.take(source(run, seq), captured(seq))
    assert files(store) == []
    captures.take(source("cccccccccccc", 3), captured(3))
    (file,) = files(store)
    assert file.startswith("bb/bbbbbbbbbbbb"), "the run with the most"
    assert captures.seal() == 2


def test_runs_that_end_together_share_a_shard_and_one_that_goes_on_waits(store: Store) -> None:
    plans = [plan(letter * 12) for letter in "abc"]
    claimed = [begin(store, one) for one in plans]
    recorder = Recorder(store)
    recorder.write_artifact(QWEN)
    writers = [Writer(recorder, one.id) for one in plans]
    for number, (one, writer) in enumerate(zip(plans, writers, strict=True)):
        recorder.write_captured(source(one.id, 2), captured(2, seed=number))
        recorder.write_call(call_row(one.id, seq=2, artifact=QWEN.id), CALL_TEXTS)
        writer.instant(0)
    ended = list(zip(plans, claimed, writers, strict=True))[:2]
    for one, began, writer in ended:
        recorder.finish(one.id, began.attempt, status=RunStatus.DONE, digest=writer.head, wall_s=0.1)
    recorder.flush()
    ((path, count),) = rows(store, "select path, rows from shard")
    assert count == 2
    index = rows(store, "select run, row from capture where row is not null order by row")
    assert index == [(one.id, row) for row, one in enumerate(plans[:2])]
    read = read_rows(captures_root(store.location), path, "resid_post[2]", [1])
    assert torch.equal(read[0], vector(2, 2, seed=1))
    assert check(store) == []
    recorder.seal()
    assert rows(store, "select count(*), sum(rows) from shard") == [(2, 3)]
    assert check(store) == []


def test_runs_that_end_together_share_no_more_than_a_shard_takes(store: Store) -> None:
    captures = Captures(store, shard_bytes=3 * sum(one.width * 4 for one in SITES))
    for number in range(4):
        captures.take(source(f"{number}" * 12, 2), captured(2, seed=number))
    assert captures.seal() == 4
    assert len(files(store)) == 2


def test_models_sites_and_dtypes_never_share_a_shard(store: Store) -> None:
    begin(store, plan())
    with Recorder(store) as recorder:
        for artifact in (QWEN, QWEN._replace(id="other")):
            recorder.write_artifact(artifact)
        recorder.write_captured(source(RUN, 2), captured(2))
        recorder.write_captured(source(RUN, 6), captured(6, dtype="bfloat16"))
        recorder.write_captured(source(RUN, 10), captured(10, sites=SITES[:1]))
        recorder.write_captured(source(RUN, 14, artifact="other"), captured(14))
    assert rows(store, "select count(*), sum(rows) from shard") == [(4, 4)]


def test_a_capture_handed_on_again_is_left_out(store: Store) -> None:
    write_captured_run(store, plan(), done=False)
    before = rows(store, "select * from capture")
    with Recorder(store) as recorder:
        more = (CapturedSpan("pre_choice", 5, 6, 42), CapturedSpan("pre_action", 4, 5, 41))
        recorder.write_captured(source(RUN, 2), captured(2))
        recorder.write_captured(source(RUN, 6), captured(6, spans=more))
        recorder.write_captured(source(RUN, 6), captured(6, spans=more))
    assert set(before) < set(rows(store, "select * from capture"))
    ((path, row),) = rows(
        store, "select path, row from capture join shard on shard.id = shard where span = 'pre_action'"
    )
    read = read_rows(captures_root(store.location), path, "resid_post[1]", [row])
    assert torch.equal(read[0], vector(6, 1) + 1)
    assert len(files(store)) == 2
    assert check(store) == []


def test_scores_of_tokens_are_kept_with_the_score_before_the_choice(store: Store) -> None:
    begin(store, plan())
    scores = TokenScores("probe", 4, (0.25, -1.5, float("nan")))
    with Recorder(store) as recorder:
        recorder.write_captured(source(RUN, 2), captured(2, scores=(scores,)))
    found = rows(store, "select probe, seq, agent, score, truth, fold, oof, strip from probe_score")
    assert found == [("probe", 2, "ann", -1.5, None, None, 1, "[4,[0.25,-1.5,null]]")]


def test_nothing_is_indexed_before_its_run_ends(store: Store) -> None:
    claimed = begin(store, plan())
    recorder = Recorder(store)
    writer = Writer(recorder, RUN)
    recorder.write_captured(source(RUN, 2), captured(2))
    recorder.write_call(call_row(RUN, artifact=QWEN.id), CALL_TEXTS)
    recorder.write_artifact(QWEN)
    writer.instant(0)
    recorder.flush()
    assert rows(store, "select count(*) from capture where shard is not null") == [(0,)]
    assert check(store) == []
    recorder.finish(RUN, claimed.attempt, status=RunStatus.DONE, digest=writer.head, wall_s=0.1)
    recorder.flush()
    assert rows(store, "select count(*) from capture where shard is not null") == [(1,)]
    assert check(store) == []


def fail_write(monkeypatch: pytest.MonkeyPatch) -> None:
    def pour(rows: Rows, file: Any) -> Any:
        file.write(b"half of it")
        raise FULL

    monkeypatch.setattr("probes.shards._pour", pour)


def fail_sync(monkeypatch: pytest.MonkeyPatch) -> None:
    def sync(handle: int) -> None:
        raise FULL

    monkeypatch.setattr(os, "fsync", sync)


def fail_rename(monkeypatch: pytest.MonkeyPatch) -> None:
    def rename(file: Path, target: Path) -> None:
        raise FULL

    monkeypatch.setattr(Path, "replace", rename)


@pytest.mark.parametrize("fail", [fail_write, fail_sync, fail_rename])
def test_a_full_disk_is_one_clear_error_and_leaves_nothing_half_written(
    store: Store, fail: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        fail(broken)
        with pytest.raises(StoreError, match=r"captures in .*cannot write \(No space left on device\)"):
            write_captured_run(store, plan())
    assert files(store) == []
    assert rows(store, "select count(*) from shard") == [(0,)]
    assert rows(store, "select status from run") == [("running",)]
    assert check(store) == []


DYING = """
import os, signal, sys
from db.captures import Captures
from db.store import open_store
from tests.db.samples import plan
from tests.support.captured import write_captured_run

Captures.insert = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
write_captured_run(open_store(sys.argv[1]), plan())
"""


def test_a_kill_between_shard_and_index_leaves_at_worst_a_file_that_nothing_names(store: Store) -> None:
    database = str(store.location.path)
    died = subprocess.run([sys.executable, "-c", DYING, database], check=False)
    assert died.returncode == -signal.SIGKILL
    (orphan,) = files(store)
    assert orphan.endswith(".safetensors")
    assert rows(store, "select count(*) from capture") == [(0,)]
    assert rows(store, "select count(*) from decision") == [(0,)]
    assert check(store) == []
    write_captured_run(store, plan())
    assert files(store) == [orphan], "the same rows have the same name"
    assert check(store) == []


def test_a_transaction_that_fails_keeps_the_rows_for_the_next(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin(store, plan())
    recorder = Recorder(store)
    recorder.write_captured(source(RUN, 2), captured(2))
    with monkeypatch.context() as broken:
        broken.setattr("db.captures.insert_sql", lambda *_, **__: "INSERT INTO nowhere VALUES (1)")
        with pytest.raises(StoreError):
            recorder.seal()
    recorder.seal()
    assert rows(store, "select count(*) from shard") == [(1,)]
    assert len(files(store)) == 1
