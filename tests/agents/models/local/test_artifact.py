"""What the log says of a local model."""

from __future__ import annotations

import os
from hashlib import blake2b
from pathlib import Path

import pytest
import torch

from agents.models.local.artifact import dtypes_of, ignored_settings, layer_types, weights_hash
from agents.models.local.loading import load
from lab.core.canonical import value_hash
from tests.support import zoo
from tests.support.zoo import ZooFolder


def test_the_fingerprint_is_of_the_bytes_of_all_shards(tmp_path: Path) -> None:
    files = [tmp_path / "1", tmp_path / "2"]
    for file in files:
        file.write_bytes(file.name.encode())
    each = [blake2b(file.read_bytes(), digest_size=16).hexdigest() for file in files]
    assert weights_hash(files) == value_hash(each)


def test_changed_weights_have_another_fingerprint(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"one")
    before = weights_hash([file])
    file.write_bytes(b"two")
    os.utime(file, ns=(1, 1))  # a file system whose clock is slower than this test
    assert weights_hash([file]) != before


def test_equal_files_are_equal_models_wherever_they_are(zoo_folder: ZooFolder, tmp_path: Path) -> None:
    one, other = load(str(zoo_folder("llama"))), load(str(zoo.build("llama", tmp_path)))
    assert one.artifact.fingerprint == other.artifact.fingerprint
    assert one.artifact.config == other.artifact.config
    assert one.artifact.id != other.artifact.id  # it has another name


def test_other_weights_and_another_template_are_another_model(zoo_folder: ZooFolder) -> None:
    base = load(str(zoo_folder("llama"))).artifact
    other = load(str(zoo_folder("llama", seed=1, template="header"))).artifact
    assert base.fingerprint != other.fingerprint
    assert base.config["template"] != other.config["template"]


def test_dtypes_are_those_of_the_weights(zoo_folder: ZooFolder) -> None:
    model = load(str(zoo_folder("llama", dtype=torch.bfloat16))).model
    model.model.norm.float()
    assert dtypes_of(model) == {"bfloat16": model.num_parameters() - 64, "float32": 64}


@pytest.mark.parametrize(
    ("kind", "kinds"),
    [
        ("llama", ["full_attention"] * 2),
        ("mistral", ["sliding_attention"] * 2),
        ("gemma3", ["sliding_attention", "full_attention"]),
        ("qwen3_next", ["linear_attention", "full_attention"]),
        ("gpt2", ["full_attention"] * 2),
    ],
)
def test_every_layer_has_its_kind(kind: str, kinds: list[str]) -> None:
    assert layer_types(zoo.FAMILIES[kind](vocab_size=64)) == kinds


def test_what_the_generation_config_asks_for_is_listed(zoo_folder: ZooFolder) -> None:
    asked = {"do_sample": True, "temperature": 0.6, "top_k": 20, "top_p": 0.95}
    assert ignored_settings(zoo_folder("llama")) == asked
    assert load(str(zoo_folder("llama"))).artifact.config["generation_config_ignored"] == asked
