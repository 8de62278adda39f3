from __future__ import annotations

import pytest
from statsmodels.stats.multitest import multipletests

from db.findings import list_findings
from db.store import Store
from lab.align import climb as climbing
from lab.align.climb import Climbed, benjamini_hochberg, climb
from lab.align.question import Budget, Question
from lab.align.twin import OUT_OF_TIME
from lab.analysis.rows import rows
from lab.core.errors import StoreError, UsageError
from tests.lab.align.conftest import QUICK, ask

A_NUMBER_OF_THE_RUN = """
select run, seq, case when instr('01234567', substr(run, 2, 1)) > 0 then 'a' else 'b' end as value
from decision where phase = 'claim'
"""
"""A label that means nothing: run ids are hashes."""

THE_STAKE = """
select c.run, c.seq, case when t.text like '%x3"%' then 'high' else 'low' end as value
from model_call c join text t on t.hash = c.request
"""
"""A label that stands in the text: the last word of the prompt."""


def test_a_value_that_the_model_works_out_transfers(strong: Climbed) -> None:
    (headline,) = strong.headlines
    embedding = strong.findings[0]

    assert (headline.level, headline.verdict) == ("L3", "transfers")
    assert headline.layer >= 1
    assert headline.metrics["at"]["value"]["value"] > 0.98
    assert embedding.layer == 0
    assert embedding.verdict == "not decodable"


def test_a_shuffled_label_is_not_decodable(log: Store) -> None:
    found = climb(log, ask(A_NUMBER_OF_THE_RUN), budget=Budget(None))

    assert {one.verdict for one in found.findings} == {"not decodable"}
    assert {one.level for one in found.findings} == {"L0"}


def test_a_label_that_stands_in_the_text_is_surface_confounded(log: Store) -> None:
    found = climb(log, ask(THE_STAKE), budget=Budget(None))

    assert {one.verdict for one in found.findings} == {"surface-confounded"}
    assert {one.level for one in found.findings} == {"L1"}


def test_what_an_untrained_twin_reads_as_well_stays_at_l1(log: Store) -> None:
    stakes = [(row["run"], row["seq"], row["value"]) for row in rows(log, THE_STAKE)]
    with log.writing() as connection:
        connection.exec_driver_sql(
            "INSERT INTO hidden (run, seq, agent, name, kind, value, source, visible) "
            "VALUES (?, ?, 'ann', 'stake', 'state', ?, 'world', 1)",
            stakes,
        )

    found = climb(log, ask("stake"), budget=Budget(None))

    assert all(one.metrics["at"]["twin"] > 0.95 for one in found.findings)
    assert {one.level for one in found.findings} == {"L1"}
    assert {one.verdict for one in found.findings} == {"surface-confounded"}


def test_a_second_computation_finds_the_same_and_writes_nothing(log: Store) -> None:
    first = climb(log, ask("strong", level="L1"), budget=Budget(None))
    second = climb(log, ask("strong", level="L1"), budget=Budget(None))

    assert first.new == len(first.findings) == 4
    assert second.new == 0
    assert second.findings == first.findings
    assert len(list_findings(log, "claims")) == 4


def test_other_numbers_under_the_same_id_are_refused(log: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    climb(log, ask("strong", level="L1"), budget=Budget(None))
    monkeypatch.setattr(climbing, "layer_metrics", lambda *_: {"at": {"value": None}, "metric": "AUROC"})

    with pytest.raises(StoreError, match="the same code finds other numbers"):
        climb(log, ask("strong", level="L1"), budget=Budget(None))


def test_without_time_nothing_is_tested_and_a_finding_says_so(log: Store) -> None:
    found = climb(log, ask("strong"), budget=Budget(0.0))

    assert {one.verdict for one in found.findings} == {"incomplete"}
    assert {one.level for one in found.findings} == {None}
    assert {level.reason for level in found.findings[0].levels} == {OUT_OF_TIME}
    assert found.new == len(found.findings)


def test_the_view_shows_what_was_read_beside_the_truth(log: Store) -> None:
    (headline,) = climb(log, ask("strong", level="L1"), budget=Budget(None)).headlines

    found = list(rows(log, headline.sql))
    right = sum((row["score"] > 0) == (row["truth"] == "true") for row in found)

    assert len(found) == headline.metrics["joined"]["joined"] == 192
    assert right / len(found) > 0.9


def test_several_variables_are_paid_for(log: Store) -> None:
    question = Question(
        study="claims", variables=("strong", THE_STAKE), behavior="claim", level="L1", measuring=QUICK
    )

    found = climb(log, question, budget=Budget(None))

    assert {one.metrics["family"] for one in found.findings} == {2}
    assert len(found.headlines) == 2


def test_a_layer_that_was_not_captured_is_refused(log: Store) -> None:
    with pytest.raises(UsageError, match=r"layer 9 of resid_post was not captured \(layers: 0, 1, 2, 3\)"):
        climb(log, ask("strong", layer=9, level="L0"), budget=Budget(None))


def test_the_correction_is_that_of_statsmodels() -> None:
    p = [0.01, 0.04, 0.03, 0.8, 0.005]

    assert benjamini_hochberg(p) == pytest.approx(multipletests(p, method="fdr_bh")[1].tolist())
