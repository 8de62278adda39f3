"""Finished runs with their run-level values."""

from __future__ import annotations

import pytest

from db.store import Store
from db.studies import get_study
from lab.analysis.rows import rows
from lab.analysis.samples import HIGH, LOW, Sample, Value, invalid_rate, read_samples


def log_measures(store: Store, *measures: tuple[str, str, float | None, str | None]) -> str:
    """Add (agent, name, value, reason) to the study's first run; its id."""
    (first,) = rows(store, "SELECT id FROM run WHERE cell_index = 0 AND replicate = 0")
    with store.writing() as connection:
        for measure in measures:
            connection.exec_driver_sql("INSERT INTO measure VALUES (?, ?, ?, ?, ?)", (first["id"], *measure))
    return str(first["id"])


def first_sample(store: Store) -> Sample:
    return read_samples(store, get_study(store, "small").id)[0]


def test_every_finished_run_is_a_sample_by_cell_and_replicate(store: Store) -> None:
    samples = read_samples(store, get_study(store, "small").id)
    assert [sample.replicate for sample in samples] == [0, 1, 2] * 4
    assert samples[0].cell == "punish=0,bob=free_rider"
    assert all(sample.decisions == 24 and sample.invalid == 0 for sample in samples)


def test_a_value_is_the_one_logged_for_the_whole_run(store: Store) -> None:
    sql = (
        "SELECT value FROM v_measure WHERE cell = 'punish=0,bob=free_rider' AND agent IS NULL "
        "AND measure = 'contribution_share' AND seed = (SELECT seed FROM v_run WHERE replicate = 0 LIMIT 1)"
    )
    (row,) = rows(store, sql)
    assert first_sample(store).number("contribution_share") == row["value"]


def test_a_measure_of_agents_alone_is_their_mean(own_store: Store) -> None:
    log_measures(
        own_store, ("bob", "calm", 1.0, None), ("coop-1", "calm", 4.0, None), ("ann", "calm", None, "x")
    )
    assert first_sample(own_store).values["calm"] == Value(2.5, None)


def test_a_run_level_value_wins_even_when_it_is_undefined(own_store: Store) -> None:
    log_measures(own_store, ("", "calm", None, "nobody was calm"), ("bob", "calm", 1.0, None))
    assert first_sample(own_store).values["calm"] == Value(None, "nobody was calm")


def test_a_measure_undefined_for_every_agent_keeps_a_reason(own_store: Store) -> None:
    log_measures(own_store, ("ann", "calm", None, "asleep"), ("bob", "calm", None, "asleep"))
    assert first_sample(own_store).values["calm"] == Value(None, "asleep")


def test_an_unfinished_run_is_no_sample(own_store: Store) -> None:
    with own_store.writing() as connection:
        connection.exec_driver_sql("UPDATE run SET status = 'failed' WHERE replicate = 0")
    samples = read_samples(own_store, get_study(own_store, "small").id)
    assert [sample.replicate for sample in samples] == [1, 2] * 4


@pytest.mark.parametrize(("invalid", "low", "high"), [(0, 0.5, 0.5), (1, 0.4, 0.7)])
def test_the_worst_case_is_the_value_itself_without_an_invalid_reply(
    invalid: int, low: float, high: float
) -> None:
    values = {"share": Value(0.5, None), "share.low": Value(0.4, None), "share.high": Value(0.7, None)}
    sample = Sample("", 0, 10, invalid, values)
    assert (sample.worst("share", LOW), sample.worst("share", HIGH)) == (low, high)


def test_the_worst_case_is_unknown_when_the_log_has_no_bounds() -> None:
    assert Sample("", 0, 10, 1, {"share": Value(0.5, None)}).worst("share", LOW) is None


def test_the_invalid_rate_is_over_all_decisions() -> None:
    assert invalid_rate([Sample("", 0, 30, 3), Sample("", 1, 10, 1)]) == 0.1
    assert invalid_rate([]) is None
