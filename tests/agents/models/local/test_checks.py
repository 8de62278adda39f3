"""What is refused before it is loaded, and how it is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from transformers import (
    BertConfig,
    LlamaConfig,
    LlavaConfig,
    PreTrainedConfig,
    Qwen3Config,
    Qwen3NextConfig,
    T5Config,
)

from agents.models.local.checks import config_of, one_line, weight_files
from lab.core.errors import UsageError
from tests.support.zoo import FAMILIES, edit_json


def saved(config: PreTrainedConfig, folder: Path, **changes: Any) -> Path:
    config.save_pretrained(folder)
    edit_json(folder / "config.json", **changes)
    return folder


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_decoder_is_taken(kind: str, tmp_path: Path) -> None:
    config = FAMILIES[kind](vocab_size=64)
    assert config_of(saved(config, tmp_path), kind).model_type == config.model_type


@pytest.mark.parametrize(
    ("config", "changes", "said"),
    [
        (BertConfig(), {"architectures": ["BertForMaskedLM"]}, "BertForMaskedLM is an encoder-only model"),
        (T5Config(), {}, "T5Config is an encoder-decoder model"),
        (
            LlamaConfig(),
            {"architectures": ["LlamaForSequenceClassification"]},
            "LlamaForSequenceClassification writes no text",
        ),
        (
            LlavaConfig(text_config=Qwen3Config()),
            {},
            r"'llava' is a composite model \(.*text_config 'qwen3'.*\).* save its text part, 'qwen3'",
        ),
    ],
    ids=["encoder", "encoder-decoder", "classifier", "composite"],
)
def test_what_is_no_decoder_is_named(
    config: PreTrainedConfig, changes: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=said):
        config_of(saved(config, tmp_path, **changes), "x")


def test_a_model_that_needs_its_own_code_is_refused(tmp_path: Path) -> None:
    changes = {"model_type": "tricky", "auto_map": {"AutoConfig": "tricky.TrickyConfig"}}
    with pytest.raises(UsageError, match="type 'tricky' needs code from its repository"):
        config_of(saved(LlamaConfig(), tmp_path, **changes), "x")


def test_code_beside_a_known_model_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "tricky.py").write_text("raise SystemExit")
    folder = saved(Qwen3Config(), tmp_path, auto_map={"AutoConfig": "tricky.TrickyConfig"})
    assert type(config_of(folder, "x")) is Qwen3Config


def test_a_type_that_this_version_does_not_know_says_which_version_that_is(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"transformers \d.*qwen9"):
        config_of(saved(Qwen3NextConfig(), tmp_path, model_type="qwen9"), "x")


@pytest.mark.parametrize(
    ("file", "said"), [("readme.md", "no config.json"), ("adapter_config.json", "merge")]
)
def test_a_folder_without_a_config_says_so(tmp_path: Path, file: str, said: str) -> None:
    (tmp_path / file).write_text("{}")
    with pytest.raises(UsageError, match=said):
        config_of(tmp_path, "x")


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("pytorch_model.bin", r"its weights are pickles.*save_pretrained"),
        ("model.gguf", "serve them with llama.cpp"),
        ("notes.txt", r"no \*\.safetensors"),
    ],
)
def test_weights_in_another_format_are_never_read(tmp_path: Path, file: str, said: str) -> None:
    (tmp_path / file).write_bytes(b"")
    with pytest.raises(UsageError, match=said):
        weight_files(tmp_path, "x")


def test_shards_come_in_order(tmp_path: Path) -> None:
    for number in (2, 1):
        (tmp_path / f"model-{number}.safetensors").write_bytes(b"")
    assert [file.name for file in weight_files(tmp_path, "x")] == [
        "model-1.safetensors",
        "model-2.safetensors",
    ]


def test_a_long_message_becomes_one_line() -> None:
    assert one_line(ValueError("a\n  b")) == "a b"
    assert len(one_line(ValueError("x" * 1000))) == 300
