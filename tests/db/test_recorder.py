from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
import sqlalchemy

from db.check import check
from db.reading import get_run
from db.recorder import KnownTexts, Recorder
from db.store import Store
from lab.core.errors import StoreError
from lab.core.records import RunStatus
from tests.db.samples import CALL_TEXTS, QWEN, Writer, begin, call_row, plan, write_run
from tests.support.captured import captured, source


def count(store: Store, table: str) -> int:
    with store.reading() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {table}").scalar_one())


def stuck() -> float:
    return 0.0


def ticking(step: float) -> Callable[[], float]:
    times = iter(range(1_000_000))
    return lambda: next(times) * step


def fill_disk(store: Store) -> None:
    """Let the file grow no further."""
    with store.writing() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")


def test_rows_and_counters_are_written_together(store: Store) -> None:
    begin(store, plan())
    recorder = Recorder(store, clock=stuck)
    writer = Writer(recorder, "aaaaaaaaaaaa")
    writer.instant(0)
    writer.instant(1, action=None)
    assert (count(store, "decision"), get_run(store, "a").rows) == (0, 0)
    recorder.flush()
    info = get_run(store, "a")
    assert (count(store, "decision"), count(store, "event"), count(store, "exposure")) == (2, 4, 2)
    assert (info.head, info.rows, info.ticks) == (writer.head, 8, 1)
    assert (info.decisions, info.invalid) == (2, 1)


def test_many_rows_are_written_unasked(store: Store) -> None:
    begin(store, plan())
    recorder = Recorder(store, rows_max=8, clock=stuck)
    writer = Writer(recorder, "aaaaaaaaaaaa")
    writer.instant(0)
    assert count(store, "decision") == 0
    writer.instant(1)
    assert count(store, "decision") == 2


def test_rows_that_waited_long_are_written_with_the_next(store: Store) -> None:
    begin(store, plan())
    recorder = Recorder(store, wait_s=1.0, clock=ticking(0.4))
    writer = Writer(recorder, "aaaaaaaaaaaa")
    writer.instant(0)
    writer.instant(1)
    assert count(store, "decision") == 0
    writer.instant(2)
    assert count(store, "decision") == 3


def test_a_text_is_kept_once(store: Store) -> None:
    write_run(store, plan())
    write_run(store, plan("bbbbbbbbbbbb"))
    observations, words, space, scenario = 6, 3, 1, 1
    assert count(store, "text") == observations + words + space + scenario


def test_texts_used_of_late_are_known_and_old_ones_forgotten() -> None:
    known = KnownTexts(size=2)
    known.add(["a", "b"])
    known.add(["c"])
    assert all(key in known for key in "abc")
    known.add(["d"])
    assert [key in known for key in "abcd"] == [False, False, True, True]


def test_calls_add_their_tokens_and_price_to_the_run(store: Store) -> None:
    begin(store, plan())
    with Recorder(store) as recorder:
        recorder.write_call(call_row("aaaaaaaaaaaa"), CALL_TEXTS)
        recorder.write_call(call_row("aaaaaaaaaaaa", call=1), CALL_TEXTS)
        failed = call_row("aaaaaaaaaaaa", call=2, reply=None, error="timeout", cost_usd=None, tokens_in=None)
        recorder.write_call(failed._replace(tokens_out=None), CALL_TEXTS)
    info = get_run(store, "a")
    assert (info.tokens, info.cost_usd) == (24, 0.5)


def test_a_model_is_written_once_however_many_runs_use_it(store: Store) -> None:
    with Recorder(store) as recorder:
        recorder.write_artifact(QWEN)
        recorder.write_artifact(QWEN)
    with Recorder(store) as recorder:
        recorder.write_artifact(QWEN)
        recorder.write_artifact(QWEN._replace(id="other", fingerprint=None))
    with store.reading() as connection:
        found = connection.exec_driver_sql("SELECT * FROM model_artifact ORDER BY provider, id DESC").all()
    assert [tuple(row) for row in found] == [QWEN._replace(id="other", fingerprint=None), QWEN]


def test_notes_end_with_the_run_and_outlast_an_attempt_that_has_none(store: Store) -> None:
    claimed = begin(store, plan())
    with Recorder(store) as recorder:
        notes = ("local/qwen: falls back to reference", "slow")
        recorder.finish(
            "aaaaaaaaaaaa", claimed.attempt, status=RunStatus.STOPPED, digest=None, wall_s=1.0, notes=notes
        )
    assert get_run(store, "a").notes == '["local/qwen: falls back to reference","slow"]'
    again = begin(store, plan())
    with Recorder(store) as recorder:
        recorder.finish("aaaaaaaaaaaa", again.attempt, status=RunStatus.DONE, digest="d", wall_s=1.0)
    assert get_run(store, "a").notes == '["local/qwen: falls back to reference","slow"]'


def test_one_unknown_price_makes_the_runs_price_unknown(store: Store) -> None:
    begin(store, plan())
    with Recorder(store) as recorder:
        recorder.write_call(call_row("aaaaaaaaaaaa"), CALL_TEXTS)
        recorder.write_call(call_row("aaaaaaaaaaaa", call=1, cost_usd=None), CALL_TEXTS)
    assert get_run(store, "a").cost_usd is None


def test_a_run_ends_in_the_transaction_of_its_last_rows(store: Store) -> None:
    begin(store, plan())
    recorder = Recorder(store, clock=stuck)
    writer = Writer(recorder, "aaaaaaaaaaaa")
    writer.instant(0)
    recorder.finish("aaaaaaaaaaaa", 1, status=RunStatus.DONE, digest=writer.head, wall_s=2.0)
    assert get_run(store, "a").status == "running"
    recorder.flush()
    info = get_run(store, "a")
    assert (info.status, info.digest, info.wall_s, info.rows) == ("done", writer.head, 2.0, 4)


def test_who_waits_together_shares_one_commit(store: Store) -> None:
    begin(store, plan())
    recorder = Recorder(store, clock=stuck)
    commits: list[object] = []
    sqlalchemy.event.listen(store.engine, "commit", commits.append)

    async def ask(call: int) -> int:
        recorder.write_call(call_row("aaaaaaaaaaaa", call=call), CALL_TEXTS)
        await recorder.committed()
        return count(store, "model_call")

    async def together() -> list[int]:
        return await asyncio.gather(*(ask(call) for call in range(20)))

    assert asyncio.run(together()) == [20] * 20
    assert len(commits) == 1


def test_a_waiter_that_is_cancelled_takes_nobody_with_it(store: Store) -> None:
    begin(store, plan())
    recorder = Recorder(store, clock=stuck)
    recorder.write_call(call_row("aaaaaaaaaaaa"), CALL_TEXTS)

    async def cancel_one() -> None:
        first = asyncio.create_task(recorder.committed())
        second = asyncio.create_task(recorder.committed())
        await asyncio.sleep(0)
        first.cancel()
        await second

    asyncio.run(cancel_one())
    assert count(store, "model_call") == 1


def test_nothing_to_commit_is_committed(store: Store) -> None:
    recorder = Recorder(store)
    asyncio.run(recorder.committed())
    recorder.flush()


def test_a_full_disk_loses_nothing_committed_and_can_be_tried_again(store: Store) -> None:
    begin(store, plan())
    recorder = Recorder(store, clock=stuck)
    writer = Writer(recorder, "aaaaaaaaaaaa")
    writer.instant(0)
    recorder.flush()
    fill_disk(store)
    for tick in range(1, 200):
        writer.instant(tick)
    with pytest.raises(StoreError, match="the disk is full"):
        recorder.flush()
    assert (count(store, "decision"), get_run(store, "a").rows) == (1, 4)
    store.close()
    recorder.flush()
    assert (count(store, "decision"), get_run(store, "a").rows) == (200, 800)
    assert check(store) == []


def test_everyone_who_waits_hears_of_a_full_disk(store: Store) -> None:
    begin(store, plan())
    recorder = Recorder(store, clock=stuck)
    fill_disk(store)

    async def ask(call: int) -> None:
        text = str(call) * 50_000
        recorder.write_call(call_row("aaaaaaaaaaaa", call=call, facts=text), CALL_TEXTS)
        await recorder.committed()

    async def together() -> list[object]:
        return list(await asyncio.gather(ask(1), ask(2), return_exceptions=True))

    assert [type(error) for error in asyncio.run(together())] == [StoreError, StoreError]


def test_a_run_that_another_process_writes_is_not_written_twice(store: Store) -> None:
    write_run(store, plan(), done=False)
    recorder = Recorder(store, clock=stuck)
    Writer(recorder, "aaaaaaaaaaaa").instant(0)
    with pytest.raises(StoreError, match="is another process writing the same run"):
        recorder.flush()


def test_what_is_left_is_written_when_a_block_ends_with_any_other_error(store: Store) -> None:
    begin(store, plan())
    recorder = Recorder(store, clock=stuck)
    Writer(recorder, "aaaaaaaaaaaa").instant(0)
    with pytest.raises(KeyboardInterrupt), recorder:
        raise KeyboardInterrupt
    assert count(store, "decision") == 1


def test_a_capture_never_reaches_the_log_before_its_model_call(store: Store) -> None:
    run = plan().id
    begin(store, plan())
    recorder = Recorder(store, rows_max=1)
    recorder.write_captured(source(run, 2), captured(2))
    assert count(store, "capture") == 0
    recorder.write_call(call_row(run), CALL_TEXTS)
    assert count(store, "capture") == 1, "the span without a row; the other waits for its shard"
    recorder.seal()
    assert count(store, "capture") == 2


def test_a_recorder_that_closes_leaves_no_capture_behind(store: Store) -> None:
    begin(store, plan())
    with Recorder(store) as recorder:
        recorder.write_captured(source(plan().id, 2), captured(2))
    assert count(store, "shard") == 1
