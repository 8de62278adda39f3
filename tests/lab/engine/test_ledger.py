"""Rows, their chain, and the comparison with what was recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.core.canonical import content_hash
from lab.core.chain import GENESIS, NOTHING_MIXED, link, mix
from lab.core.errors import ChainError, ReplayDiverged, RuleError
from lab.core.ports import Play
from lab.core.records import Measured, MeasureSpec, RunRecord, TruthSpec
from lab.engine.ledger import Ledger, Recorded
from tests.support.toys import AB, FakeSink, Game, Says, Toy, game, same
from tests.support.worlds import Played, play

N_ROUNDS = 4
N_ROWS = N_ROUNDS * 5
"""A round: an exposure and a decision of each of two agents, and a payoff."""


def rules(world: Toy) -> Play:
    """Every kind of row in every round, and claims after the last decision."""
    for number in range(N_ROUNDS):
        for name in world.agents:
            world.expose(name, "round", number, text=f"round {number}")
        seen = same({"round": number})
        decisions = yield world.ask_all(world.agents, seen, AB, phase="choose", hidden=same({"x": 1}))
        world.pay("ann", number, decision=decisions["ann"])
        world.claim(decisions["bob"], "it", said=1, world=2, private=3)
        yield world.wait(1)


def count(record: RunRecord) -> list[Measured]:
    """How many decisions there were."""
    return [Measured("made", len(record.decisions))]


TOY = game(
    rules,
    truth={"x": TruthSpec("state", "x")},
    measures=[MeasureSpec("made", "decisions", "decisions", count)],
)


def played(toy: Game = TOY, *, says: str = "a", **options: Any) -> Played:
    """The toy played by ann, who says `says`, and bob."""
    return play(toy, {}, {"ann": Says(says), "bob": Says("a", "b")}, **options)


def logged() -> FakeSink:
    """The rows of a run from start to end."""
    sink = FakeSink()
    played(sink=sink)
    return sink


def test_rows_are_numbered_without_a_gap_and_each_follows_from_the_one_before() -> None:
    head = GENESIS
    sink = logged()
    rows = sink.chained()
    assert [row.seq for row in rows] == list(range(1, N_ROWS + 1))
    for row in rows:
        table = type(row).__name__.removesuffix("Row").lower()
        head = link(head, table, row[1:-1])
        assert row.hash == head
    assert (sink.progress[-1].head, sink.progress[-1].rows) == (head, N_ROWS)


def test_the_digest_is_the_hash_of_the_last_row() -> None:
    sink = FakeSink()
    run = played(sink=sink)
    assert run.digest == sink.chained()[-1].hash


def test_every_text_that_a_row_refers_to_is_written_with_it() -> None:
    sink, known = logged(), set[str]()
    instants = zip(sink.batches, *map(sink.instants, ("decisions", "exposures", "events")), strict=True)
    for batch, decisions, exposures, events in instants:
        known |= set(batch.texts)
        assert all(content_hash(text) == key for key, text in batch.texts.items())
        used = {key for row in decisions for key in (row.observation, row.space)}
        used |= {row.text for row in [*exposures, *events] if row.text}
        assert used <= known


def test_progress_tells_where_the_run_stands_after_every_instant() -> None:
    sink = FakeSink()
    play(TOY, {}, {"ann": Says("a"), "bob": Says("nonsense")}, sink=sink)
    assert [(at.ticks, at.decisions, at.invalid) for at in sink.progress] == [
        (1, 2, 1),
        (2, 4, 2),
        (3, 6, 3),
        (4, 8, 4),
        (5, 8, 4),
    ]


def test_hidden_values_claims_and_measures_have_a_sum_of_their_own() -> None:
    sink = logged()
    total = NOTHING_MIXED
    for row in sink.rows("claims"):
        total = mix(total, "claim_act", row[1:])
    for row in sink.rows("hidden"):
        total = mix(total, "hidden", row[1:])
    for row in sink.rows("measures"):
        total = mix(total, "measure", row[1:])
    last = sink.progress[-1]
    assert (last.unchained, last.unchained_hash) == (N_ROUNDS * 3 + len(sink.rows("measures")), total)


def test_claims_made_after_the_last_row_are_not_lost() -> None:
    def late(world: Toy) -> Play:
        decision = yield world.ask("ann", {}, AB, phase="choose")
        world.claim(decision, "it", said=1, world=2, private=3)

    sink = FakeSink()
    played(game(late), sink=sink)
    assert len(sink.rows("claims")) == 1
    assert sink.progress[-1].unchained == 1


def test_a_measure_given_twice_is_a_bug() -> None:
    def twice(world: Toy) -> Play:
        yield world.wait(0)
        for value in (1.0, 2.0):
            world.measure("regret", value, agent="ann")

    with pytest.raises(RuleError, match="measure 'regret' of 'ann' was given twice"):
        played(game(twice))


def test_a_measure_is_a_finite_number() -> None:
    ledger = Ledger("run", None, RunRecord(("ann",), {}))
    with pytest.raises(RuleError, match="must be finite"):
        ledger.add_measure(Measured("regret", float("nan")))


# --- executing again --------------------------------------------------------------------------------


def test_an_equal_re_execution_passes_and_writes_nothing_new() -> None:
    sink, again = logged(), FakeSink()
    run = played(sink=again, recorded=sink.recorded(complete=True))
    run.world.ledger.close()
    assert again.chained() == []
    assert run.digest == sink.chained()[-1].hash


@pytest.mark.parametrize("batches", range(N_ROUNDS + 2))
def test_a_killed_run_goes_on_where_its_log_ends(batches: int) -> None:
    """Whatever was durable, both parts together are the rows of an uninterrupted run."""
    whole, rest = logged(), FakeSink()
    played(sink=rest, recorded=whole.recorded(batches=batches))
    for table in ("decisions", "events", "exposures", "hidden", "claims"):
        before = [row for rows in whole.instants(table)[:batches] for row in rows]
        assert before + rest.rows(table) == whole.rows(table)
    assert rest.progress[-1:] in ([], whole.progress[-1:])


def test_measures_that_a_killed_run_did_not_write_are_written() -> None:
    whole, rest = logged(), FakeSink()
    played(sink=rest, recorded=whole.recorded(batches=N_ROUNDS))
    assert rest.rows("measures") == whole.rows("measures")


@pytest.mark.parametrize("index", [0, 7, N_ROWS - 1])
def test_a_row_that_differs_is_named_and_both_are_shown(index: int) -> None:
    sink = logged()
    recorded = sink.recorded()
    hashes = [*recorded.hashes[:index], "0" * 32, *recorded.hashes[index + 1 :]]
    with pytest.raises(ReplayDiverged) as caught:
        played(recorded=replace(recorded, hashes=hashes))
    assert caught.value.seq == index + 1
    assert caught.value.recorded == str(sink.chained()[index])
    assert f"[{index + 1}," in caught.value.found


def test_a_changed_decision_diverges_at_that_decision() -> None:
    sink = logged()
    with pytest.raises(ReplayDiverged, match="replay diverged at decision 2\n") as caught:
        played(says="b", recorded=sink.recorded())
    assert "round" in caught.value.found, "the observation is written out"


def test_a_re_execution_that_ends_early_is_found_at_the_end() -> None:
    def shorter(world: Toy) -> Play:
        yield world.wait(1)

    run = played(game(shorter), recorded=logged().recorded(complete=True))
    with pytest.raises(ReplayDiverged, match=r"diverged at row 1\n(.|\n)*now: +the end of the run"):
        run.world.ledger.close()


def test_a_replay_that_goes_on_after_the_recorded_end_diverges() -> None:
    recorded = logged().recorded(batches=2, complete=True)
    with pytest.raises(ReplayDiverged, match="recorded: the end of the run"):
        played(recorded=recorded)


def test_a_fork_is_compared_up_to_its_point_and_writes_all_its_rows() -> None:
    whole, fork = logged(), FakeSink()
    hashes = [row.hash for row in whole.chained()][:8]
    played(sink=fork, recorded=Recorded(hashes, written=0))
    assert fork.chained() == whole.chained()
    with pytest.raises(ReplayDiverged):
        played(says="b", recorded=Recorded(hashes, written=0))


def test_a_log_that_ends_inside_an_instant_was_altered() -> None:
    hashes = logged().recorded().hashes[:7]
    with pytest.raises(ChainError, match="the log ends inside an instant, at row 7"):
        played(sink=FakeSink(), recorded=Recorded(hashes, written=7))
