"""What a local model needs of memory, from its config alone: weights, keys and values, prompts in flight."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from transformers import AutoModelForCausalLM, PreTrainedConfig

from agents.models.local.artifact import layer_types
from agents.models.local.checks import config_of
from agents.models.local.loading import context_tokens, quiet
from agents.models.local.options import LocalOptions
from agents.models.local.places import folder_of, settings_of
from lab.core.errors import UsageError

DTYPE_BYTES: Mapping[str, int] = {"float32": 4, "bfloat16": 2, "float16": 2}
WORKING_SHARE = 0.1
"""Of the memory, kept free for activations and the allocator's losses."""

_WINDOWED = ("sliding_attention", "chunked_attention")
_RECURRENT = ("linear_attention", "mamba", "conv")


@dataclass(frozen=True, slots=True)
class ModelSizes:
    """A model's needs.

    Attributes:
        parameters: numbers in the weights; tied ones once.
        dtype: what the weights are held in as asked, quantization left out.
        kv_bytes_per_token: keys and values of one token in layers that keep all tokens.
        window_bytes_per_token: likewise in layers that keep only the last `window_tokens`.
        window_tokens: tokens that such layers keep; 0 where there are none.
        state_bytes: of a conversation's state that does not grow, in recurrent layers.
        context_tokens: most tokens of a conversation, None without a limit.
    """

    parameters: int
    dtype: str
    kv_bytes_per_token: int
    window_bytes_per_token: int
    window_tokens: int
    state_bytes: int
    context_tokens: int | None

    @property
    def weight_bytes(self) -> int:
        """Bytes of the weights in `dtype`."""
        return self.parameters * DTYPE_BYTES[self.dtype]

    def conversation_bytes(self, tokens: int) -> int:
        """Bytes that the model keeps of a conversation of so many tokens."""
        windowed = min(tokens, self.window_tokens) * self.window_bytes_per_token
        return tokens * self.kv_bytes_per_token + windowed + self.state_bytes

    def in_flight(self, *, tokens: int, memory_bytes: int) -> int:
        """How many conversations of so many tokens fit beside the weights; 0 where not even these fit."""
        left = memory_bytes * (1 - WORKING_SHARE) - self.weight_bytes
        return max(int(left // max(self.conversation_bytes(tokens), 1)), 0)


def sizes_of(target: str, options: LocalOptions | None = None) -> ModelSizes:
    """The needs of a model; neither weights nor tokenizer are read.

    Raises:
        UsageError: when there is no such model, or not one that this lab can run.
    """
    options = options or LocalOptions()
    folder = folder_of(target, options.revision)
    config = config_of(folder, target)
    saved = settings_of(folder).get("dtype") or settings_of(folder).get("torch_dtype") or "float32"
    dtype = options.dtype if options.dtype != "auto" else str(saved)
    if dtype not in DTYPE_BYTES:
        raise UsageError(f"local model '{target}': sizes of dtype '{dtype}' are not known")
    return sizes_of_config(config, dtype, options)


def sizes_of_config(config: PreTrainedConfig, dtype: str, options: LocalOptions) -> ModelSizes:
    """The needs of a model of this config, its weights held in `dtype`."""
    text = config.get_text_config()
    kinds = layer_types(text)
    per_layer = _kv_numbers(text) * DTYPE_BYTES[dtype]
    windowed = sum(kind in _WINDOWED for kind in kinds)
    recurrent = sum(kind in _RECURRENT for kind in kinds)
    return ModelSizes(
        parameters=_parameters(config),
        dtype=dtype,
        kv_bytes_per_token=per_layer * (len(kinds) - windowed - recurrent),
        window_bytes_per_token=per_layer * windowed,
        window_tokens=_window(text) if windowed else 0,
        state_bytes=recurrent * _state_numbers(text) * DTYPE_BYTES[dtype],
        context_tokens=context_tokens(config, options),
    )


def _parameters(config: PreTrainedConfig) -> int:
    """Counted on a model without memory."""
    with quiet(), torch.device("meta"):
        model: Any = AutoModelForCausalLM.from_config(config)
    return int(model.num_parameters())


def _kv_numbers(config: PreTrainedConfig) -> int:
    """Numbers that one layer keeps of one token: a key and a value for every key-value head."""
    heads = config.num_attention_heads
    kv_heads = getattr(config, "num_key_value_heads", None) or heads
    width = getattr(config, "head_dim", None) or config.hidden_size // heads
    return int(2 * kv_heads * width)


def _window(config: PreTrainedConfig) -> int:
    return int(getattr(config, "sliding_window", None) or getattr(config, "attention_chunk_size", 0) or 0)


def _state_numbers(config: PreTrainedConfig) -> int:
    """Numbers of a recurrent layer's state: of gated delta nets a matrix per head and the convolution's tail.

    Zero for other recurrences, whose states are small beside keys and values.
    """
    if not hasattr(config, "linear_key_head_dim"):
        return 0
    keys = config.linear_num_key_heads * config.linear_key_head_dim
    values = config.linear_num_value_heads * config.linear_value_head_dim
    matrix = config.linear_num_value_heads * config.linear_key_head_dim * config.linear_value_head_dim
    return int(matrix + (2 * keys + values) * config.linear_conv_kernel_dim)
