"""The benchmark measures what it says; its gates are checked by `make verify`, never here by the clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from db.query import query
from db.store import open_store
from lab.bench import capture_peers, probes
from lab.bench.cached_path import random_llama
from lab.bench.probes import acting, peers, probe_files, writing
from lab.core.errors import LabError

SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2}


@pytest.fixture(scope="module")
def model() -> Any:
    return random_llama(SMALL)


def test_what_captures_cost_is_measured_beside_its_gates(model: Any, tmp_path: Path) -> None:
    found = {figure.name: figure for figure in acting(model, 1, 2, probe_files(model, tmp_path))}
    assert {name: figure.gate for name, figure in found.items()} == {
        "last token, all layers": 1.05,
        "last token, 16 sites": 1.12,
        "probe scores of all tokens, all layers": 1.03,
        "token before the choice, all layers": None,
        "2 agents × 6 turns, all layers captured": 3.0,
    }
    assert all(figure.value > 0 for figure in found.values())


def test_what_writing_captures_takes_is_measured_on_a_log_of_its_own(model: Any, tmp_path: Path) -> None:
    share, each = writing(model, 1, 2, tmp_path)
    assert (share.gate, each.gate) == (0.02, None)
    assert share.value > 0
    assert each.value > 0
    with open_store(str(tmp_path / "0.db"), create=False) as store:
        assert list(query(store, "select count(*), sum(row is null) from capture").rows) == [(12, 0)]
        assert list(query(store, "select count(*) from shard").rows) == [(1,)]


def test_there_is_no_figure_where_captures_change_what_is_said(
    model: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "encoded_anew", lambda model, job: (1, 2, 3))
    with pytest.raises(LabError, match="nothing to compare"):
        list(acting(model, 1, 1, probe_files(model, tmp_path)))


def test_other_tools_are_measured_where_they_are_installed(
    model: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(capture_peers, "find_spec", lambda name: None)
    names = [figure.name for figure in peers(model, 1)]
    assert [name.rpartition(": ")[2] for name in names] == ["ours", "output_hidden_states"]
    assert torch.is_grad_enabled()
