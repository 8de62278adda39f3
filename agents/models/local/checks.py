"""What a folder must hold before it is loaded: a decoder-only language model as safetensors, without code."""

from __future__ import annotations

from pathlib import Path

import transformers
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    MODEL_FOR_MASKED_LM_MAPPING,
    AutoConfig,
    PreTrainedConfig,
)

from agents.models.local.places import settings_of
from lab.core.errors import UsageError

PICKLES = ("*.bin", "*.pt", "*.pth", "*.pkl", "*.ckpt")
_WRITERS = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")
"""Endings of the classes that continue a text."""


def config_of(folder: Path, target: str) -> PreTrainedConfig:
    """The config of a model that this lab can run; no weights are looked at.

    Raises:
        UsageError: when there is none, it needs code of its own, or it is no decoder-only language model.
    """
    asked = f"local model '{target}'"
    said = settings_of(folder)
    if not said:
        adapter = (folder / "adapter_config.json").is_file()
        hint = " (an adapter: merge it into its base model first)" if adapter else ""
        raise UsageError(f"{asked}: no config.json in it{hint}")
    kind = said.get("model_type")
    if "auto_map" in said and kind not in transformers.CONFIG_MAPPING:
        raise UsageError(f"{asked}: type '{kind}' needs code from its repository, which the lab never runs")
    try:
        config: PreTrainedConfig = AutoConfig.from_pretrained(
            folder, trust_remote_code=False, local_files_only=True
        )
    except (ValueError, OSError, KeyError, TypeError) as error:
        raise UsageError(f"{asked}: transformers {transformers.__version__}: {one_line(error)}") from error
    reason = _why_no_decoder(config)
    if reason is not None:
        raise UsageError(f"{asked}: {reason}; a local model must be a decoder-only language model")
    return config


def weight_files(folder: Path, target: str) -> tuple[Path, ...]:
    """The files with the weights, sorted.

    Raises:
        UsageError: when there are none as safetensors.
    """
    files = tuple(sorted(folder.glob("*.safetensors")))
    if files:
        return files
    asked = f"local model '{target}'"
    if any(any(folder.glob(pattern)) for pattern in PICKLES):
        raise UsageError(
            f"{asked}: its weights are pickles, which can run code when they are read; load them once where"
            " that is safe and save them with `save_pretrained`, which writes safetensors"
        )
    if any(folder.glob("*.gguf")):
        raise UsageError(f"{asked}: GGUF weights; serve them with llama.cpp as openai/…, or take safetensors")
    raise UsageError(f"{asked}: no *.safetensors in it")


def one_line(error: Exception) -> str:
    """The beginning of an error's message without line breaks."""
    text = " ".join(str(error).split())
    return text if len(text) <= 300 else f"{text[:299]}…"


def _why_no_decoder(config: PreTrainedConfig) -> str | None:
    named = config.architectures or []
    shown = ", ".join(named) or type(config).__name__
    if config.is_encoder_decoder:
        return f"{shown} is an encoder-decoder model"
    if type(config) in MODEL_FOR_MASKED_LM_MAPPING and not getattr(config, "is_decoder", False):
        return f"{shown} is an encoder-only model"
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        return _why_no_text_model(config, shown)
    if named and not any(name.endswith(_WRITERS) for name in named):
        return f"{shown} writes no text"
    return None


def _why_no_text_model(config: PreTrainedConfig, shown: str) -> str:
    parts = {name: getattr(config, name, None) for name in config.sub_configs}
    inside = [f"{name} '{part.model_type}'" for name, part in parts.items() if part is not None]
    if not inside:
        return f"{shown} writes no text"
    text = getattr(config.get_text_config(), "model_type", None)
    return (
        f"'{config.model_type}' is a composite model ({', '.join(inside)}) that transformers loads only as a"
        f" whole: save its text part, '{text}', on its own"
    )
