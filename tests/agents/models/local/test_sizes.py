"""Memory from the config alone, against what models really keep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Qwen3Config

from agents.models.local.loading import load
from agents.models.local.options import LocalOptions
from agents.models.local.sizes import sizes_of, sizes_of_config
from lab.core.errors import UsageError
from tests.support import zoo
from tests.support.zoo import ZooFolder

QWEN3_8B: dict[str, Any] = {
    "vocab_size": 151_936,
    "hidden_size": 4096,
    "intermediate_size": 12_288,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 40_960,
}
"""As published with Qwen/Qwen3-8B."""


def kept_bytes(cache: Any) -> int:
    """Bytes of all tensors with content in a cache of transformers."""
    found = 0
    for layer in cache.layers:
        states = [layer.__dict__.get(name, {}).values() for name in ("conv_states", "recurrent_states")]
        plain = [getattr(layer, name, None) for name in ("keys", "values")]
        tensors = [*plain, *(state for some in states for state in some)]
        found += sum(tensor.nbytes for tensor in tensors if isinstance(tensor, torch.Tensor))
    return found


def test_qwen3_8b_is_as_large_as_published() -> None:
    sizes = sizes_of_config(Qwen3Config(**QWEN3_8B), "bfloat16", LocalOptions())
    assert sizes.parameters == 8_190_735_360
    assert sizes.kv_bytes_per_token == 147_456
    assert sizes.weight_bytes == 2 * sizes.parameters
    assert sizes.context_tokens == 40_960


def test_what_fits_beside_the_weights() -> None:
    sizes = sizes_of_config(Qwen3Config(**QWEN3_8B), "bfloat16", LocalOptions())
    left = 0.9 * 80e9 - sizes.weight_bytes
    assert sizes.in_flight(tokens=2000, memory_bytes=int(80e9)) == left // (2000 * 147_456)
    assert sizes.in_flight(tokens=2000, memory_bytes=int(16e9)) == 0


@pytest.mark.parametrize("kind", zoo.FAMILIES)
def test_sizes_are_those_of_the_loaded_model(kind: str, zoo_folder: ZooFolder) -> None:
    folder, tokens = str(zoo_folder(kind)), 40
    model = load(folder).model
    with torch.inference_mode():
        cache = model(torch.full((1, tokens), 7), use_cache=True).past_key_values
    sizes = sizes_of(folder)
    assert sizes.parameters == model.num_parameters()
    # transformers drops the oldest token of a window before the next one comes: one less than we count
    spare = sizes.window_bytes_per_token
    assert kept_bytes(cache) == sizes.conversation_bytes(tokens) - spare


def test_only_the_window_of_a_sliding_layer_is_kept(zoo_folder: ZooFolder) -> None:
    sizes = sizes_of(str(zoo_folder("mistral")))
    assert sizes.conversation_bytes(1000) == sizes.conversation_bytes(zoo.WINDOW)


def test_tied_weights_are_counted_once(zoo_folder: ZooFolder) -> None:
    untied, tied = (sizes_of(str(zoo_folder("llama", tied=tied))) for tied in (False, True))
    assert tied.parameters < untied.parameters


def test_the_dtype_is_the_checkpoints_or_the_one_asked_for(zoo_folder: ZooFolder) -> None:
    folder = str(zoo_folder("llama", dtype=torch.bfloat16))
    assert sizes_of(folder).dtype == "bfloat16"
    wide = sizes_of(folder, LocalOptions(dtype="float32"))
    assert wide.kv_bytes_per_token == 2 * sizes_of(folder).kv_bytes_per_token


def test_a_config_is_enough(zoo_folder: ZooFolder, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text((zoo_folder("llama") / "config.json").read_text())
    assert sizes_of(str(tmp_path)) == sizes_of(str(zoo_folder("llama")))
    zoo.edit_json(tmp_path / "config.json", dtype="float8_e4m3fn")
    with pytest.raises(UsageError, match="float8_e4m3fn"):
        sizes_of(str(tmp_path))
