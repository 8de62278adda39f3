"""Which sites a model has and how wide they are, from its config.json alone: torch is not loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from agents.models.local.options import LocalOptions
from agents.models.local.places import folder_of, found_folder, settings_of
from probes.sites.families import FAMILIES, HEAD_SITES, LINEAR, NO_WIDTH, PARALLEL, UNKNOWN
from probes.sites.names import Site

IN_REPLY = frozenset({"pre_choice", "action_first", "action_mean", "action_max"})
"""Spans whose tokens may be any of a generated reply but the last, which the acting pass never reads."""

KEPT_BYTES = 2**30
"""Most bytes of tokens that wait for the end of their reply; beyond it, tokens are read again instead."""

DTYPE_BYTES: Mapping[str, int] = {"float32": 4, "bfloat16": 2, "float16": 2}

_BLOCKS = ("num_hidden_layers", "n_layer", "num_layers", "n_layers")
_WIDTH = ("hidden_size", "n_embd", "d_model", "dim")
_HEADS = ("num_attention_heads", "n_head", "n_heads")
_KV_HEADS = ("num_key_value_heads", "num_kv_heads", "n_head_kv")
_INNER = ("intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size")
"""What configs of the families call the same number."""

_ANYWHERE = ("embed", "resid_pre", "resid_post", "final_norm", "logits")
"""Sites that are found in models of any family."""


@dataclass(frozen=True, slots=True)
class ModelShape:
    """A model's shape, as far as its config tells; only the loaded model proves a site.

    Attributes:
        kind: its `model_type`.
        layers: number of its blocks; layers are 0, the embedding, to this.
        dtype: what it computes in, as torch names it.
        widths: numbers of one token at each site.
        linear: layers with linear attention.
        parallel: whether attention and feed-forward layer of a block read the same residual.
    """

    kind: str
    layers: int
    dtype: str
    widths: Mapping[str, int]
    linear: frozenset[int] = frozenset()
    parallel: bool = False

    @property
    def number_bytes(self) -> int:
        """Bytes of one number in the model's own dtype."""
        return DTYPE_BYTES.get(self.dtype, 4)

    def reason(self, site: Site) -> str | None:
        """Why the model lacks a site, None when it should have it."""
        if site.name == "pattern":
            return NO_WIDTH
        if self.kind not in FAMILIES and site.name not in _ANYWHERE:
            return UNKNOWN.format(self.kind)
        if site.name == "resid_mid" and self.parallel:
            return PARALLEL
        return LINEAR if site.name in HEAD_SITES and site.layer in self.linear else None


def shape_of(target: str, options: LocalOptions, *, download: bool = False) -> ModelShape | None:
    """The shape of a model, None where its config does not tell, or is not on this machine.

    Args:
        target: a folder, a hub id or an organism.
        options: of its alias.
        download: fetch a hub repository that is not here, as running it would.

    Raises:
        UsageError: when there is no such model.
    """
    folder = found_folder(target, options.revision)
    if folder is None and download:
        folder = folder_of(target, options.revision)
    if folder is None:
        return None
    said = settings_of(folder)
    inside = said.get("text_config")
    return _shape({**said, **inside} if isinstance(inside, Mapping) else said, options)


def _shape(said: Mapping[str, Any], options: LocalOptions) -> ModelShape | None:
    blocks, width, kind = _number(said, _BLOCKS), _number(said, _WIDTH), str(said.get("model_type"))
    if blocks is None or width is None:
        return None
    dtype = options.dtype if options.dtype != "auto" else said.get("dtype") or said.get("torch_dtype")
    family = FAMILIES.get(kind)
    return ModelShape(
        kind=kind,
        layers=blocks,
        dtype=str(dtype or "float32"),
        widths=_widths(said, width),
        linear=_linear(said),
        parallel=family is not None and family.is_parallel(SimpleNamespace(**said)),
    )


def _linear(said: Mapping[str, Any]) -> frozenset[int]:
    kinds = said.get("layer_types") or ()
    return frozenset(layer for layer, kind in enumerate(kinds, start=1) if kind == "linear_attention")


def _widths(said: Mapping[str, Any], width: int) -> dict[str, int]:
    heads = _number(said, _HEADS) or 1
    per_head = _number(said, ("head_dim",)) or width // heads
    keys = (_number(said, _KV_HEADS) or heads) * per_head
    streams = ("embed", "resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_out", "final_norm")
    return {
        **dict.fromkeys(streams, width),
        **dict.fromkeys(("z", "q"), heads * per_head),
        **dict.fromkeys(("k", "v"), keys),
        "mlp_act": _number(said, _INNER) or 4 * width,
        "logits": _number(said, ("vocab_size",)) or 0,
    }


def _number(said: Mapping[str, Any], names: tuple[str, ...]) -> int | None:
    return next((value for name in names if type(value := said.get(name)) is int), None)
