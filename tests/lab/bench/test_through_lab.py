"""The workloads through `lab batch`, at a size that takes seconds."""

from __future__ import annotations

from pathlib import Path

import pytest

import lab
from lab.bench import through_lab
from lab.bench.cached_path import random_llama
from lab.bench.loopback import loopback_server

SMALL = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2}


def test_a_batch_and_the_naive_loop_write_the_same_tokens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(through_lab, "AGENTS", 3)
    monkeypatch.setattr(through_lab, "TURNS", 2)
    through_lab.save_model(random_llama(SMALL), tmp_path / "model")
    assert through_lab.turns_ratio(tmp_path, 0) > 0
    (run,) = lab.query("select tokens from v_run", db=str(tmp_path / "0.db"))["tokens"]
    assert run > 3 * 2 * (through_lab.SHARED_TOKENS + through_lab.LEAST_NEW)


def test_every_agent_asks_a_server_at_every_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(through_lab, "API_WORLDS", 2)
    monkeypatch.setattr(through_lab, "API_AGENTS", 4)
    monkeypatch.setattr(through_lab, "API_TURNS", 2)
    with loopback_server(0.0) as port:
        assert through_lab.api_agents(f"http://127.0.0.1:{port}/v1") == 16
