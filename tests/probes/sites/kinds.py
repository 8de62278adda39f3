"""Tiny models of every family whose sites the lab knows: those of the zoo, and others wired differently."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from transformers import (
    BloomConfig,
    FalconConfig,
    Gemma2Config,
    GemmaConfig,
    GPTNeoXConfig,
    Olmo2Config,
    Olmo3Config,
    OPTConfig,
    Phi3Config,
    PhiConfig,
    PreTrainedConfig,
    PreTrainedModel,
    Qwen2Config,
    Qwen3MoeConfig,
)

from probes.sites.selftest import attach
from probes.sites.site_map import SiteMap
from tests.support import zoo

VOCAB = 96
_IDS: dict[str, Any] = {"vocab_size": VOCAB, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 3}
_PLAIN: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": 128,
    **_IDS,
}
_GROUPED: dict[str, Any] = {**_PLAIN, "num_key_value_heads": 2}
_WIDE: dict[str, Any] = {**_GROUPED, "head_dim": 24}  # heads × their width is not the residual's width
_FALCON: dict[str, Any] = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, **_IDS}

VARIANTS: Mapping[str, Callable[[], PreTrainedConfig]] = {
    "qwen2": lambda: Qwen2Config(**_GROUPED),
    "gemma": lambda: GemmaConfig(**_WIDE),
    "gemma2": lambda: Gemma2Config(**_WIDE, query_pre_attn_scalar=16),
    "olmo2": lambda: Olmo2Config(**_GROUPED),
    "olmo3": lambda: Olmo3Config(**_GROUPED),
    "phi3": lambda: Phi3Config(**_GROUPED),
    "phi": lambda: PhiConfig(**_PLAIN),
    "opt": lambda: OPTConfig(
        hidden_size=64,
        ffn_dim=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=128,
        word_embed_proj_dim=64,
        **_IDS,
    ),
    "bloom": lambda: BloomConfig(hidden_size=64, n_layer=2, n_head=4, **_IDS),
    "falcon-one-key": lambda: FalconConfig(**_FALCON),
    "falcon-rw": lambda: FalconConfig(**_FALCON, multi_query=False, parallel_attn=False, alibi=True),
    "falcon-grouped": lambda: FalconConfig(**_FALCON, new_decoder_architecture=True, num_kv_heads=2),
    "neox-sequential": lambda: GPTNeoXConfig(**_PLAIN, use_parallel_residual=False),
    "qwen3_moe": lambda: Qwen3MoeConfig(
        **_WIDE, num_experts=4, num_experts_per_tok=2, moe_intermediate_size=32
    ),
}

KINDS = (*zoo.FAMILIES, *VARIANTS)


@lru_cache
def model_of(kind: str) -> PreTrainedModel:
    """One model of a kind; nobody changes it."""
    if kind in VARIANTS:
        return zoo.drawn(VARIANTS[kind]())
    return zoo.drawn(zoo.FAMILIES[kind](**_IDS))


def n_hooks(model: PreTrainedModel) -> int:
    """How many hooks a model's modules have; those of `output_hidden_states` stay where it was asked once."""
    return sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in model.modules())


@lru_cache
def map_of(kind: str) -> SiteMap:
    """Its proved sites."""
    return attach(model_of(kind))
