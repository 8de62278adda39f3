from __future__ import annotations

from typing import Any

import pytest

from db.probes import ProbeRow, ScoreRow, put_probes
from db.query import query
from db.recorder import Recorder
from db.store import Store
from lab.core.captures import CapturedSpan
from tests.db.samples import QWEN, plan
from tests.support.captured import captured, source, write_captured_run

PROBE = ProbeRow(
    "p1",
    "",
    "type",
    "classes",
    "multinomial",
    "resid_post",
    2,
    "pre_choice",
    QWEN.id,
    4,
    "",
    "{}",
    None,
    "",
    0.0,
)


@pytest.fixture
def seqs(store: Store) -> list[int]:
    return write_captured_run(store, plan())


def scored(seq: int, **changes: Any) -> ScoreRow:
    row = ScoreRow("p1", plan().id, seq, 0, 0, 0, "ann", '"x"', 1.5, 0.8, '"x"', 3, 1)
    return row._replace(**changes)


def rows(store: Store, columns: str, where: str = "1 = 1") -> list[tuple[Any, ...]]:
    return list(query(store, f"SELECT {columns} FROM v_alignment WHERE {where} ORDER BY seq").rows)


def test_a_captured_decision_stands_beside_its_truth_before_any_probe_is_fitted(
    store: Store, seqs: list[int]
) -> None:
    found = rows(store, "seq, variable, truth, posterior, span, probe, score, action")
    assert found == [(seq, "type", '"x"', 0.5, "pre_choice", None, None, "left") for seq in seqs]


def test_a_score_joins_the_decision_it_was_read_at(store: Store, seqs: list[int]) -> None:
    put_probes(store, [PROBE], [scored(seqs[1])])
    found = rows(store, "seq, probe, layer, score, p, oof")
    assert found == [
        (seqs[0], None, None, None, None, None),
        (seqs[1], "p1", 2, 1.5, 0.8, 1),
        (seqs[2], None, None, None, None, None),
    ]


def test_two_probes_of_a_variable_are_two_rows(store: Store, seqs: list[int]) -> None:
    other = PROBE._replace(id="p2", layer=1)
    put_probes(store, [PROBE, other], [scored(seqs[0]), scored(seqs[0], probe="p2", score=-2.0)])
    assert sorted(rows(store, "probe, score", f"seq = {seqs[0]}")) == [("p1", 1.5), ("p2", -2.0)]


def test_a_probe_of_what_is_no_hidden_variable_brings_its_own_rows(store: Store, seqs: list[int]) -> None:
    put_probes(store, [PROBE._replace(variable="claim_act.said")], [scored(seqs[0], truth="1")])
    assert rows(store, "truth, score", "variable = 'claim_act.said'") == [("1", 1.5)]
    assert len(rows(store, "seq", "variable = 'type'")) == len(seqs)


def test_a_score_without_a_capture_is_a_row_of_its_own_with_the_truth(store: Store, seqs: list[int]) -> None:
    put_probes(store, [PROBE._replace(span="post")], [scored(seqs[0])])
    assert rows(store, "seq, truth, posterior, probe, score", "span = 'post'") == [
        (seqs[0], '"x"', 0.5, "p1", 1.5)
    ]
    assert {row[0] for row in rows(store, "probe", "span = 'pre_choice'")} == {None}


def test_only_the_call_that_answered_counts(store: Store, seqs: list[int]) -> None:
    again = captured(seqs[0], spans=(CapturedSpan("pre_choice", 9, 10, 7),))
    with Recorder(store) as recorder:
        recorder.write_captured(source(plan().id, seqs[0], attempt=1), again)
    put_probes(store, [PROBE], [scored(seqs[0]), scored(seqs[0], attempt=1, score=9.0)])
    assert rows(store, "score", f"seq = {seqs[0]}") == [(9.0,)]


def test_a_span_without_a_row_is_no_row_here(store: Store, seqs: list[int]) -> None:
    assert {row[0] for row in rows(store, "span")} == {"pre_choice"}
