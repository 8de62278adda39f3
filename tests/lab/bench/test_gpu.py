"""The GPU check at a size that a CPU runs, and what it says where there is no GPU."""

from __future__ import annotations

import pytest
import torch

from lab.bench import gpu

TINY = {
    "vocab_size": 5_600,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": 4_096,
}


def test_the_shape_is_the_published_one() -> None:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    with torch.device("meta"):
        model = Qwen3ForCausalLM(Qwen3Config(**gpu.QWEN3_8B))
    assert sum(one.numel() for one in model.parameters()) == 8_190_735_360


def test_every_finding_is_made_at_a_size_that_a_cpu_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "WORLDS", 3)
    monkeypatch.setattr(gpu, "REPLY_TOKENS", 4)
    told = list(gpu.check("cpu", TINY, dtype="float32"))
    assert [line.partition(":")[0] for line in told] == [
        "model",
        "3 worlds x 4 agents x 3 turns",
        "peak memory",
        "3 worlds x 4 agents x 3 turns, all layers captured",
        "host copy",
        "strict",
        "strict",
        "3 GiB beside the weights",
    ]


def test_a_machine_without_a_gpu_is_told_the_reason_and_is_no_failure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert gpu.main() == 0
    assert capsys.readouterr().out == ("skipped: no CUDA device: `torch.cuda.is_available()` is false\n")
