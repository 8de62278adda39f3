from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from lab.core.errors import UsageError
from probes.readers.files import Card, FittedProbe, load, save
from probes.readers.tasks import Task
from tests.support.planted import draws


def probe(task: Task | None = None, k: int = 1) -> FittedProbe:
    chance = draws(1)
    card = Card(
        variable="type",
        task=task or Task("binary", ("honest", "bluffer")),
        reader="logistic",
        site="resid_post",
        layer=3,
        span="pre_choice",
        width=4,
        artifact="abc",
        metrics={"auroc": 0.9},
        versions={"numpy": "2"},
    )
    calibration = np.full(2, np.nan) if card.task.kind == "number" else np.array([2.0, -1.0])
    return FittedProbe(card, chance.normal(size=(k, 4)), chance.normal(size=k), calibration)


def test_a_probe_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    mine = probe()
    path = save(mine, tmp_path / "probes")
    again = load(path)
    assert path.name == f"{mine.id}.safetensors"
    assert again.card == mine.card
    assert again.id == mine.id
    rows = draws(2).normal(size=(5, 4))
    assert (again.scores(rows) == mine.scores(rows)).all()
    assert (again.site, again.layer, again.span, again.width) == ("resid_post", 3, "pre_choice", 4)


def test_equal_probes_are_equal_files(tmp_path: Path) -> None:
    first, second = save(probe(), tmp_path / "a"), save(probe(), tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    assert [path.name for path in (tmp_path / "a").iterdir()] == [first.name]


def test_the_id_is_of_what_a_probe_is_not_of_what_was_measured() -> None:
    mine = probe()
    assert replace(mine, card=replace(mine.card, metrics={"auroc": 0.8})).id == mine.id
    assert replace(mine, card=replace(mine.card, layer=2)).id != mine.id
    assert replace(mine, bias=mine.bias + 1e-12).id != mine.id


def test_two_values_are_read_as_log_odds() -> None:
    mine, rows = probe(), draws(2).normal(size=(5, 4))
    score = rows @ mine.weight[0] + mine.bias[0]
    assert mine.scores(rows) == pytest.approx(score)
    assert mine.probabilities(rows) == pytest.approx(1 / (1 + np.exp(-(2 * score - 1))))
    assert mine.predictions(rows).tolist() == (2 * score > 1).tolist()


def test_several_values_are_read_as_the_lead_of_the_best() -> None:
    mine, rows = probe(Task("classes", ("a", "b", "c")), k=3), draws(2).normal(size=(5, 4))
    read = mine.decisions(rows)
    assert mine.predictions(rows).tolist() == read.argmax(axis=1).tolist()
    assert mine.scores(rows)[0] == pytest.approx(np.sort(read[0])[-1] - np.sort(read[0])[-2])


def test_a_number_is_read_as_it_is() -> None:
    mine, rows = probe(Task("number")), draws(2).normal(size=(5, 4))
    assert (mine.predictions(rows) == mine.scores(rows)).all()
    assert np.isnan(mine.probabilities(rows)).all()


def test_rows_of_another_width_are_refused() -> None:
    with pytest.raises(UsageError, match=r"reads resid_post\[3\] of width 4, not rows of shape \[2, 5\]"):
        probe().scores(np.zeros((2, 5)))


def test_what_is_no_probe_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no probe can be read from"):
        load(tmp_path / "missing.safetensors")
    (tmp_path / "text").write_text("no tensors here")
    with pytest.raises(UsageError, match="no probe can be read from"):
        load(tmp_path / "text")
    save_file({"weight": np.zeros((1, 4))}, tmp_path / "other.safetensors")
    with pytest.raises(UsageError, match="holds no probe that"):
        load(tmp_path / "other.safetensors")


def test_an_altered_probe_is_refused(tmp_path: Path) -> None:
    path = save(probe(), tmp_path)
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(UsageError, match="was altered"):
        load(path)
