from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lab
from db.query import query
from db.store import Store
from lab.align.applying import apply_probe, probe_of
from lab.align.fitted import fit_all, keep_probes
from lab.align.measuring import measure
from lab.align.question import Budget
from lab.analysis.activations import captured_rows
from lab.api.captures import capture
from lab.core.errors import UnknownName
from tests.lab.align.conftest import STUDY, ask

ONE_CELL = (
    "select h.run, h.seq, h.value from hidden h join run r on r.id = h.run "
    "where h.name = 'strong' and r.cell = 'calls=0.2'"
)


def fitted(store: Store, variable: str) -> str:
    measured = measure(store, ask(variable, level="L1"), Budget(None))
    probes = fit_all(store, measured)
    keep_probes(store, measured, probes)
    return probes["logistic", 1].id


def test_runs_that_a_probe_never_saw_are_scored_once(log: Store) -> None:
    probe = fitted(log, ONE_CELL)

    first, second = apply_probe(log, probe, "claims"), apply_probe(log, probe, "claims")

    assert (first.decisions, first.seen, first.new) == (192, 96, 96)
    assert second.new == 0


def test_runs_that_it_was_fitted_on_keep_their_held_out_scores(log: Store) -> None:
    found = apply_probe(log, fitted(log, "strong"), "claims")

    assert (found.seen, found.new, found.value) == (192, 0, None)


def test_an_unknown_probe_is_refused(log: Store) -> None:
    with pytest.raises(UnknownName):
        probe_of(log, "ffff")


UNCAPTURED = (
    STUDY.replace("study: claims", "study: later")
    .replace(", capture: {}", "")
    .replace("24, root: 7", "2, root: 99")
)


def played_without_captures(log: Store, folder: Path) -> None:
    file = folder / "later.study.yaml"
    file.write_text(UNCAPTURED)
    lab.batch(file, db=log.url)


def test_decisions_without_captures_are_scored_from_their_tokens_and_leave_no_vectors(
    log: Store, tmp_path: Path
) -> None:
    probe = fitted(log, "strong")
    played_without_captures(log, tmp_path)
    captures = list(query(log, "select * from capture").rows)
    found = apply_probe(log, probe, "later")
    assert (found.decisions, found.reread, found.seen, found.new, found.runs) == (16, 16, 0, 16, 4)
    assert found.labeled == 16
    assert list(query(log, "select * from capture").rows) == captures
    scored = scores(log, probe, "later")
    assert {(fold, oof) for *_, fold, oof in scored} == {(None, 1)}

    capture("later", options={"layers": [1]}, db=log.url)
    row, file = probe_of(log, probe)
    captured = captured_rows(log, row.site, study="later", span=row.span)
    told = {one[:2]: one[2] for one in scored}
    expected = file.scores(captured.matrix(1)).tolist()
    for one, score in zip(captured.rows, expected, strict=True):
        assert told[one.run, one.seq] == pytest.approx(score, abs=1e-4)
    third = apply_probe(log, probe, "later")
    assert (third.reread, third.new) == (0, 0)
    assert third.value == pytest.approx(found.value)


def test_some_captures_are_completed_from_tokens(log: Store, tmp_path: Path) -> None:
    probe = fitted(log, "strong")
    played_without_captures(log, tmp_path)
    ((run,),) = query(
        log, "select r.id from run r join study s on s.id = r.study where s.name = 'later' limit 1"
    ).rows
    capture(run, db=log.url)
    found = apply_probe(log, probe, "later")
    assert (found.decisions, found.reread, found.new) == (16, 12, 16)


def scores(store: Store, probe: str, study: str) -> list[tuple[Any, ...]]:
    sql = """select p.run, p.seq, p.score, p.fold, p.oof from probe_score p join run r on r.id = p.run
        join study s on s.id = r.study where p.probe = ? and s.name = ?"""
    return list(query(store, sql, (probe, study)).rows)
