from __future__ import annotations

import pytest

from db.probes import ProbeRow, ScoreRow, fitted_runs, get_probe, list_probes, put_probes
from db.store import Store, open_store
from lab.core.errors import UnknownName, UsageError


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return open_store(str(tmp_path_factory.mktemp("probes") / "lab.db"))


def probe(id_: str, layer: int = 0) -> ProbeRow:
    return ProbeRow(
        id_, "s", "type", "binary", "logistic", "resid_post", layer, "pre_choice", "model", 64, "runs", "{}",
        None, "code", 1.0,
    )  # fmt: skip


def score(run: str, fold: int | None) -> ScoreRow:
    return ScoreRow("p1", run, 3, 0, 0, 0, "ann", "bluffer", 0.5, 0.6, "bluffer", fold, 1)


def test_probes_and_scores_are_written_once(store: Store) -> None:
    assert put_probes(store, [probe("p1"), probe("p2", 1)], [score("a", 0), score("b", None)]) == 2
    assert put_probes(store, [probe("p1")], [score("a", 4), score("c", None)]) == 1

    assert [one.id for one in list_probes(store)] == ["p1", "p2"]
    assert list_probes(store, "other") == []
    assert fitted_runs(store, "p1") == {"a"}


def test_probes_are_found_by_the_beginning_of_their_id(store: Store) -> None:
    put_probes(store, [probe("p1"), probe("p2", 1)], [])

    assert get_probe(store, "p1").layer == 0
    assert get_probe(store, "last").id == "p2"
    with pytest.raises(UsageError, match="ambiguous"):
        get_probe(store, "p")
    with pytest.raises(UnknownName):
        get_probe(store, "q")
