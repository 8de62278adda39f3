"""Activations beside their decisions: every row of X is the one that its line of `rows` names."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from db.captures import captures_root
from db.recorder import Recorder
from db.store import Store, open_store
from db.studies import put_study
from lab.analysis.activations import NOT_CAPTURED, Coverage, activations, captured_rows, coverage
from lab.api.handles import Run, Study
from lab.core.captures import CapturedSpan, SiteShape
from lab.core.errors import StoreError, UnknownName, UsageError
from tests.db.samples import CALL_TEXTS, QWEN, call_row, plan
from tests.support.captured import SITES, captured, source, vector, write_captured_run

RUNS = ("cccccccccccc", "aaaaaaaaaaaa", "bbbbbbbbbbbb")
"""In the order of their cells, which is not that of their ids."""


@pytest.fixture(scope="session")
def captured_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log of the study `sides`: three runs of three captured decisions, and one run besides."""
    path = tmp_path_factory.mktemp("captured") / "lab.db"
    with open_store(str(path)) as store:
        study = put_study(store, "sides", spec="{}", identity="{}", source_hash="c0de")
        for cell, run in enumerate(RUNS):
            planned = plan(run, study=study.id, cell=f"x={cell}", cell_index=cell, replicate=0, seed=cell)
            write_captured_run(store, planned, seed=cell)
        put_study(store, "empty", spec="{}", identity="{}", source_hash="c0de")
        write_captured_run(store, plan("dddddddddddd"), dtype="float16")
    return path


@pytest.fixture
def log(captured_log: Path, tmp_path: Path) -> Iterator[Store]:
    """A copy that the test may change."""
    shutil.copytree(captured_log.with_suffix(".captures"), tmp_path / "lab.captures")
    shutil.copy(captured_log, tmp_path / "lab.db")
    with open_store(str(tmp_path / "lab.db")) as store:
        yield store


def test_rows_stand_in_the_order_of_the_study_and_of_its_decisions(log: Store) -> None:
    x, rows = activations(log, "resid_post", 1, study="sides")
    assert rows.select("run", "seq").rows() == [(run, seq) for run in RUNS for seq in (2, 6, 10)]
    assert x.dtype == np.float32
    for row, values in zip(rows.iter_rows(named=True), x, strict=True):
        assert np.array_equal(values, vector(row["seq"], 1, seed=row["seed"]).numpy())
    assert rows.columns[:8] == ["run", "study", "family", "environment", "cell", "seed", "seq", "tick"]
    assert set(rows["study"]) == {"sides"}
    assert set(rows["origin"]) == {"live"}


def test_rows_join_the_decisions(log: Store) -> None:
    study = Study("sides", str(log.location))
    _, rows = study.activations("resid_post", 0)
    joined = rows.join(study.decisions(), on=["run", "seq"], how="inner", validate="1:1")
    assert len(joined) == len(rows) == 9
    assert joined["action"].equals(joined["action_right"])


def test_x_is_mapped_and_gathered_once(log: Store) -> None:
    first, _ = activations(log, "resid_post", 2, study="sides")
    assert isinstance(first, np.memmap)
    (gathered,) = (Path(captures_root(log.location)) / "cache").iterdir()
    written = gathered.stat().st_mtime_ns
    activations(log, "resid_post", 2, study="sides")
    assert gathered.stat().st_mtime_ns == written


def test_one_run_in_float32_is_a_view_of_its_shard(log: Store) -> None:
    x, rows = Run.activations(_run(log, "aaaa"), "resid_post", -1)
    assert isinstance(x, np.memmap)
    assert str(x.filename).endswith(".safetensors")
    assert len(rows) == 3


def test_half_precision_comes_as_float32(log: Store) -> None:
    x, rows = activations(log, "resid_post", 1, run="dddd")
    assert x.dtype == np.float32
    assert np.array_equal(x[1], vector(rows["seq"][1], 1).numpy())
    assert rows["study"].to_list() == [None] * 3


def test_a_condition_and_an_agent_pick_rows(log: Store) -> None:
    _, rows = activations(log, "resid_post", 1, study="sides", where="cell = 'x=1' and tick > 0")
    assert rows.select("run", "tick").rows() == [(RUNS[1], 1), (RUNS[1], 2)]
    x, rows = activations(log, "resid_post", 1, study="sides", agent="ann")
    assert len(x) == len(rows) == 9


def test_what_was_not_captured_is_named_beside_what_was(log: Store) -> None:
    with pytest.raises(UnknownName, match="unknown captured site 'resid_pots'; did you mean 'resid_post'"):
        activations(log, "resid_pots", 1, study="sides")
    with pytest.raises(UnknownName, match=r"unknown captured span 'pre_chioce'.*known: post, pre_choice"):
        activations(log, "resid_post", 1, study="sides", span="pre_chioce")
    with pytest.raises(UsageError, match=r"layer 3 of resid_post was not captured \(layers: 0, 1, 2\)"):
        activations(log, "resid_post", 3, study="sides")
    with pytest.raises(UsageError, match="layer -4"):
        activations(log, "resid_post", -4, study="sides")
    with pytest.raises(UnknownName, match=r"unknown captured agent 'bob'.*known: ann"):
        activations(log, "resid_post", 1, study="sides", agent="bob")
    with pytest.raises(UnknownName, match="unknown study 'side'"):
        activations(log, "resid_post", 1, study="side")
    with pytest.raises(UsageError, match="no decision of study 'sides' has resid_post at post: 0 of 9"):
        activations(log, "resid_post", 1, study="sides", span="post")
    with pytest.raises(UsageError, match="name a study or a run"):
        activations(log, "resid_post", 1)


def test_a_study_without_captures_says_how_to_get_them(log: Store) -> None:
    with pytest.raises(UsageError, match=r"study 'empty' has no captures.*capture: \{\}.*lab capture empty"):
        activations(log, "resid_post", 1, study="empty")


def test_rows_of_several_models_are_refused_and_may_be_chosen(log: Store) -> None:
    wide = tuple(SiteShape("resid_post", layer, 6) for layer in range(2))
    other = QWEN._replace(id="other", name="dealer", fingerprint="f2")
    with Recorder(log) as recorder:
        recorder.write_artifact(other)
        recorder.write_captured(
            source(RUNS[0], 2, call=1, agent="bob", artifact="other"), captured(2, sites=wide)
        )
        recorder.write_call(call_row(RUNS[0], seq=2, call=1, artifact="other"), CALL_TEXTS)
    message = r"several models.*bob|several models.*dealer; ann .*: qwen; choose with agent="
    with pytest.raises(UsageError, match=message):
        activations(log, "resid_post", 1, study="sides")
    found = captured_rows(log, "resid_post", study="sides")
    assert found.layers == (0, 1)
    assert dict(found.readers) == {"other": "dealer", QWEN.id: "qwen"}
    one = found.only([row.artifact == QWEN.id for row in found.rows])
    assert one.layers == (0, 1, 2)
    assert one.matrix(2).shape == (8, 4)
    assert len(one) == len(one.frame()) == 8


def test_layers_added_later_are_found_beside_those_of_the_acting_pass(log: Store) -> None:
    more = tuple(SiteShape("resid_post", layer, 4) for layer in range(5))
    few = (SiteShape("resid_post", 7, 4),)
    with Recorder(log) as recorder:
        for run in RUNS:
            for seq in (2, 6, 10):
                later = (CapturedSpan("pre_choice", 5, 6, 42, "reread"),)
                recorder.write_captured(source(run, seq), captured(seq, spans=later, sites=more))
                recorder.write_captured(source(run, seq), captured(seq, spans=later, sites=few))
    assert captured_rows(log, "resid_post", study="sides").layers == (0, 1, 2, 3, 4)
    for layer, origin in ((2, "live"), (4, "reread"), (7, "reread")):
        x, rows = activations(log, "resid_post", layer, study="sides")
        assert (len(x), set(rows["origin"])) == (9, {origin})
    with pytest.raises(UsageError, match=r"layer 9 of resid_post was not captured \(layers: 0, 1, 2, 3, 4\)"):
        activations(log, "resid_post", 9, study="sides")


def test_a_condition_that_nothing_fulfills_is_named(log: Store) -> None:
    with pytest.raises(UsageError, match=r"no decision of study 'sides' .* fulfills: tick > 99"):
        activations(log, "resid_post", 1, study="sides", where="tick > 99")


def test_decisions_without_activations_are_counted_with_the_reason(log: Store) -> None:
    missing = (CapturedSpan("pre_choice", reason="its row overflowed"),)
    with Recorder(log) as recorder:
        recorder.write_captured(source(RUNS[0], 2, attempt=1), captured(2, spans=missing))
        recorder.write_call(call_row(RUNS[0], seq=2, attempt=1, artifact=QWEN.id), CALL_TEXTS)
        recorder.write_call(call_row(RUNS[0], seq=6, attempt=1, artifact=QWEN.id), CALL_TEXTS)
    found = coverage(log, "resid_post", study="sides")
    assert found == Coverage(9, 7, {"its row overflowed": 1, NOT_CAPTURED: 1})
    assert str(found) == "7 of 9 decisions captured (1 its row overflowed; 1 not captured)"
    assert captured_rows(log, "resid_post", study="sides").coverage == found
    assert str(coverage(log, "resid_post", run="aaaa")) == "all 3 decisions captured"


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_rows_that_hold_no_numbers_are_named(log: Store, value: float) -> None:
    broken = captured(2, sites=SITES[:1])
    broken.rows[0][0, 1] = value
    with Recorder(log) as recorder:
        recorder.write_captured(source(RUNS[0], 2, attempt=1), broken)
        recorder.write_call(call_row(RUNS[0], seq=2, attempt=1, artifact=QWEN.id), CALL_TEXTS)
    with pytest.raises(UsageError, match=r"resid_post\[0\]: 1 of 9 rows .*first: run cccccccccccc, seq 2"):
        activations(log, "resid_post", 0, study="sides")


def test_a_folder_that_was_not_copied_is_a_clear_error(log: Store) -> None:
    shutil.rmtree(captures_root(log.location))
    with pytest.raises(StoreError, match=r"shard .* is not in .*lab\.captures; copy the folder"):
        activations(log, "resid_post", 1, study="sides")


def _run(log: Store, name: str) -> Run:
    from db.reading import get_run

    return Run(get_run(log, name), str(log.location))
