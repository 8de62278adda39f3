"""Which module of a block is which site, family by family, as data.

Paths are those of transformers 5 and stand relative to a block. Nothing here is trusted: `selftest` proves
each site on the loaded model and drops what fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

Side = Literal["input", "output"]
Layout = Literal["whole", "split", "grouped", "gated"]
"""How heads share a projection: it is all theirs; queries, keys and values stand one after another; each
key-value head stands with its queries, as [its queries, key, value]; each query stands with its gate."""


class Spot(NamedTuple):
    """What a module takes or gives, or a part of it.

    Attributes:
        path: of the module, from the block.
        side: whether the site is its first input or its (first) output.
        layout: how heads share it.
    """

    path: str
    side: Side
    layout: Layout = "whole"


def takes(path: str) -> Spot:
    """The first input of a module."""
    return Spot(path, "input")


def gives(path: str, layout: Layout = "whole") -> Spot:
    """The first output of a module."""
    return Spot(path, "output", layout)


@dataclass(frozen=True, slots=True)
class Family:
    """Where the sites of a family's blocks are.

    Attributes:
        norm: the final norm, which stands beside the list of blocks; empty where unknown.
        spots: each site's place, `resid_pre` and `resid_post` (the block's own input and output) left out.
        linear: places that differ where a layer has linear attention.
        parallel: whether attention and feed-forward layer read the same residual; or keys of the config, any
            of which says so.
    """

    norm: str = ""
    spots: Mapping[str, Spot] = field(default_factory=dict)
    linear: Mapping[str, Spot] = field(default_factory=dict)
    parallel: bool | tuple[str, ...] = False

    def is_parallel(self, config: Any) -> bool:
        """Whether a model with this config has no residual between attention and feed-forward layer."""
        if isinstance(self.parallel, bool):
            return self.parallel
        return any(getattr(config, key, False) for key in self.parallel)


PARALLEL = "attention and feed-forward layer read the same residual, so that there is none between them"
LINEAR = "this layer has linear attention: no head of it looks at single tokens"
EXPERTS = "several experts share the feed-forward layer, so that it has no one hidden layer"
NO_WIDTH = "it has no fixed width; not kept"
UNKNOWN = "the lab does not know where models of type '{}' keep it"

HEAD_SITES = ("z", "q", "k", "v")

_QKV = {name: gives(f"self_attn.{name}_proj") for name in "qkv"}

_LLAMA: dict[str, Spot] = {
    "resid_mid": takes("post_attention_layernorm"),
    "attn_out": gives("self_attn"),
    "mlp_out": gives("mlp"),
    "z": takes("self_attn.o_proj"),
    **_QKV,
    "mlp_act": takes("mlp.down_proj"),
}
_POST_NORMS = {  # a norm after each sublayer: what it gives is what is added (probes.md T2)
    "attn_out": gives("post_attention_layernorm"),
    "mlp_out": gives("post_feedforward_layernorm"),
}
_GEMMA = Family("norm", {**_LLAMA, **_POST_NORMS, "resid_mid": takes("pre_feedforward_layernorm")})
_OLMO = Family("norm", {**_LLAMA, **_POST_NORMS, "resid_mid": takes("mlp")})


def _fused(attention: str, projection: str, layout: Layout) -> dict[str, Spot]:
    return {name: gives(f"{attention}.{projection}", layout) for name in "qkv"}


_PHI3 = Family("norm", {**_LLAMA, **_fused("self_attn", "qkv_proj", "split")})
_GPT2 = Family(
    "ln_f",
    {
        "resid_mid": takes("ln_2"),
        "attn_out": gives("attn"),
        "mlp_out": gives("mlp"),
        "z": takes("attn.c_proj"),
        **_fused("attn", "c_attn", "split"),
        "mlp_act": takes("mlp.c_proj"),
    },
)
_NEOX = Family(
    "final_layer_norm",
    {
        "resid_mid": takes("post_attention_layernorm"),
        "attn_out": gives("attention"),
        "mlp_out": gives("mlp"),
        "z": takes("attention.dense"),
        **_fused("attention", "query_key_value", "grouped"),
        "mlp_act": takes("mlp.dense_4h_to_h"),
    },
    parallel=("use_parallel_residual",),
)
_OPT = Family(
    "final_layer_norm",
    {
        "resid_mid": takes("final_layer_norm"),
        "attn_out": gives("self_attn"),
        "mlp_out": gives("fc2"),
        "z": takes("self_attn.out_proj"),
        **_QKV,
        "mlp_act": takes("fc2"),
    },
)
_PHI = Family(
    "final_layernorm",
    {
        "attn_out": gives("self_attn"),
        "mlp_out": gives("mlp"),
        "z": takes("self_attn.dense"),
        **_QKV,
        "mlp_act": takes("mlp.fc2"),
    },
    parallel=True,
)
_FALCON = Family(
    "ln_f",
    {
        "resid_mid": takes("post_attention_layernorm"),
        "attn_out": gives("self_attention"),
        "mlp_out": gives("mlp"),
        "z": takes("self_attention.dense"),
        **_fused("self_attention", "query_key_value", "grouped"),
        "mlp_act": takes("mlp.dense_4h_to_h"),
    },
    parallel=("parallel_attn", "new_decoder_architecture"),
)
_BLOOM = Family(  # its sublayers add the residual themselves, so that their projections are read
    "ln_f",
    {
        "resid_mid": takes("post_attention_layernorm"),
        "attn_out": gives("self_attention.dense"),
        "mlp_out": gives("mlp.dense_4h_to_h"),
        "z": takes("self_attention.dense"),
        **_fused("self_attention", "query_key_value", "grouped"),
        "mlp_act": takes("mlp.dense_4h_to_h"),
    },
)
_QWEN_NEXT = Family(
    "norm",
    {**_LLAMA, "q": gives("self_attn.q_proj", "gated")},
    linear={"attn_out": gives("linear_attn")},
)
_PLAIN = Family("norm", _LLAMA)

FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("llama", "mistral", "mixtral", "qwen2", "qwen3", "qwen3_moe", "gemma"), _PLAIN),
    **dict.fromkeys(("gemma2", "gemma3_text"), _GEMMA),
    **dict.fromkeys(("olmo2", "olmo3"), _OLMO),
    "phi3": _PHI3,
    "gpt2": _GPT2,
    "gpt_neox": _NEOX,
    "opt": _OPT,
    "phi": _PHI,
    "falcon": _FALCON,
    "bloom": _BLOOM,
    "qwen3_next": _QWEN_NEXT,
}
"""Family by `model_type` of the text model's config."""
