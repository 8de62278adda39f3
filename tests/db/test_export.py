from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars
import pytest

from db.export import FORMATS, export
from db.readout_tables import probe
from db.store import Store
from db.studies import put_study
from db.tables import insert_sql
from lab.core.errors import StoreError, UnknownName
from tests.db.samples import plan, write_run
from tests.support.captured import write_captured_run

READERS: dict[str, Callable[[Path], polars.DataFrame]] = {
    "parquet": polars.read_parquet,
    "csv": polars.read_csv,
    "jsonl": polars.read_ndjson,
}
NAMES = ["run", "decision", "measure", "event", "exposure", "hidden", "claim_act"]


@pytest.fixture
def log(store: Store) -> Store:
    """Two runs of a study and one of none."""
    study = put_study(store, "sides", spec="{}", identity="{}", source_hash="").id
    for run, effect, bob in (("aaaaaaaaaaaa", "0", "free_rider"), ("bbbbbbbbbbbb", "3", "coop")):
        levels = (("effect", "params.effect", effect), ("agent", "agents.bob.policy", bob))
        write_run(store, plan(run, study=study, cell=f"effect={effect},agent={bob}", params=levels))
    write_run(store, plan("cccccccccccc"))
    return store


@pytest.mark.parametrize("format", FORMATS)
def test_every_table_is_one_file_with_the_same_rows_in_every_format(
    log: Store, tmp_path: Path, format: str
) -> None:
    files = export(log, format=format, target_dir=tmp_path / "out", study_name="sides")
    assert [file.name for file in files] == [f"{name}.{format}" for name in NAMES]
    heights = [READERS[format](file).height for file in files]
    assert heights == [2, 6, 4, 12, 6, 6, 6]


def test_decisions_come_wide_with_factors_as_typed_columns(log: Store, tmp_path: Path) -> None:
    files = export(log, format="parquet", target_dir=tmp_path, study_name="sides")
    frame = polars.read_parquet(files[1])
    assert frame.schema["effect"] == polars.Int64
    assert set(frame.select("run", "effect", "factor_agent", "agent").unique().rows()) == {
        ("aaaaaaaaaaaa", 0, "free_rider", "ann"),
        ("bbbbbbbbbbbb", 3, "coop", "ann"),
    }


@pytest.mark.parametrize("level", ["inf", "nan", "007", "1_000", "true"])
def test_a_level_that_python_alone_reads_as_a_number_stays_text(
    store: Store, tmp_path: Path, level: str
) -> None:
    study = put_study(store, "odd", spec="{}", identity="{}", source_hash="").id
    for run, value in (("aaaaaaaaaaaa", level), ("bbbbbbbbbbbb", "2")):
        write_run(store, plan(run, study=study, cell=value, params=(("dose", "params.dose", value),)))
    files = export(store, format="parquet", target_dir=tmp_path, study_name="odd")
    assert set(polars.read_parquet(files[0])["dose"]) == {level, "2"}


@pytest.mark.parametrize(("run", "rows"), [("cccccccccccc", 3), (None, 9)])
def test_one_run_or_all_may_be_exported(log: Store, tmp_path: Path, run: str | None, rows: int) -> None:
    files = export(log, format="parquet", target_dir=tmp_path, run_id=run)
    assert polars.read_parquet(files[1]).height == rows


def test_big_tables_are_written_piece_by_piece(
    log: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.export._CHUNK", 2)
    files = export(log, format="parquet", target_dir=tmp_path)
    assert polars.read_parquet(files[3])["seq"].to_list() == [3, 4, 7, 8, 11, 12] * 3


def test_an_empty_log_makes_empty_tables(store: Store, tmp_path: Path) -> None:
    files = export(store, format="parquet", target_dir=tmp_path)
    assert {polars.read_parquet(file).height for file in files} == {0}


def test_what_was_read_from_models_comes_as_tables_where_anything_was(log: Store, tmp_path: Path) -> None:
    write_captured_run(log, plan("dddddddddddd"))
    row = ("p", "sides", "type", "binary", "ridge", "resid_post", 1, "pre_choice", "a", 4, "h", "{}", None)
    with log.writing() as connection:
        connection.exec_driver_sql(insert_sql(probe, log.mark), (*row, "c0de", 1.0))
    everything = export(log, format="parquet", target_dir=tmp_path / "all")
    assert [file.stem for file in everything] == [*NAMES, "alignment", "probe"]
    alignment = polars.read_parquet(everything[-2])
    assert alignment.select("run", "seq", "variable", "span").rows() == [
        ("dddddddddddd", seq, "type", "pre_choice") for seq in (2, 6, 10)
    ]
    study = export(log, format="parquet", target_dir=tmp_path / "study", study_name="sides")
    assert [file.stem for file in study] == [*NAMES, "probe"]
    run = export(log, format="parquet", target_dir=tmp_path / "run", run_id="dddddddddddd")
    assert [file.stem for file in run] == [*NAMES, "alignment"]


def test_an_unknown_format_is_refused(store: Store, tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"unknown format 'parket'; did you mean 'parquet'\?"):
        export(store, format="parket", target_dir=tmp_path)


def test_a_folder_that_cannot_be_made_is_one_clear_line(store: Store, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot write to .*file"):
        export(store, format="csv", target_dir=tmp_path / "file")
