"""The sites of a loaded model: for each its module, or the reason why it has none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from torch import nn

from lab.core.errors import UsageError
from probes.sites.families import (
    EXPERTS,
    FAMILIES,
    HEAD_SITES,
    LINEAR,
    NO_WIDTH,
    PARALLEL,
    UNKNOWN,
    Family,
    Spot,
)
from probes.sites.names import SITES, Site
from probes.sites.places import Head, Place, heads_of, part_of

BLOCK_SITES = ("resid_mid", "attn_out", "mlp_out", "z", "q", "k", "v", "mlp_act")
"""Sites that a family's table places in each block."""


@dataclass(frozen=True, slots=True)
class SiteMap:
    """The sites of one loaded model.

    Attributes:
        layers: how many blocks L; layers are 0 (the embedding) to L.
        places: where each site is that the model has.
        absent: why it lacks the others, by site, or by name where that holds at every layer.
    """

    layers: int
    places: Mapping[Site, Place]
    absent: Mapping[Site | str, str]

    @classmethod
    def of(cls, model: Any) -> SiteMap:
        """The sites of a model as its family's table places them; nothing is run, and nothing proved.

        Raises:
            UsageError: when the model has no list of equal blocks, or is compiled: that skips hooks.
        """
        if any(is_compiled(module) for module in (model, *model.modules())):
            raise UsageError(
                f"{type(model).__name__} is compiled, which skips hooks; load it without torch.compile"
            )
        return _mapped(model)

    @property
    def widths(self) -> Mapping[Site, int]:
        """How many numbers a token has at each site that the model has."""
        return {site: place.width for site, place in self.places.items()}

    def reason(self, site: Site) -> str | None:
        """Why the model lacks a site; None when it has it."""
        if site in self.places:
            return None
        unknown = f"it has {self.layers} blocks"
        return self.absent.get(site, self.absent.get(site.name, unknown))

    def without(self, faults: Mapping[Site | str, str]) -> SiteMap:
        """The map without the sites named, whose reasons it keeps."""
        kept = {
            site: place
            for site, place in self.places.items()
            if site not in faults and site.name not in faults
        }
        return replace(self, places=kept, absent={**faults, **self.absent})


def is_compiled(module: nn.Module) -> bool:
    """Whether torch.compile has wrapped a module, or replaced its call."""
    return module._compiled_call_impl is not None or hasattr(module, "_orig_mod")


class Stack(NamedTuple):
    """The blocks of a model.

    Attributes:
        path: of the module that holds the list of blocks, from the model.
        holder: that module.
        name: the list's name in it.
    """

    path: str
    holder: nn.Module
    name: str

    @property
    def blocks(self) -> nn.ModuleList:
        """The list."""
        blocks: nn.ModuleList = getattr(self.holder, self.name)
        return blocks

    def at(self, *parts: str) -> str:
        """A path below the holder, from the model."""
        return ".".join(part for part in (self.path, *parts) if part)


def stack_of(model: Any) -> Stack:
    """The blocks of a model's text decoder, found by structure: a list of as many equal modules as layers.

    Raises:
        UsageError: when there is none.
    """
    count = int(model.config.get_text_config().num_hidden_layers)
    decoder = model.get_decoder() if hasattr(model, "get_decoder") else model
    inside = set(decoder.modules())
    for path, module in model.named_modules():
        is_list = isinstance(module, nn.ModuleList) and module in inside and len(module) == count
        if is_list and len({type(block) for block in module}) == 1:
            above, _, name = path.rpartition(".")
            return Stack(above, model.get_submodule(above), name)
    raise UsageError(f"{type(model).__name__} has no list of {count} equal blocks, so that no site is known")


def _mapped(model: Any) -> SiteMap:
    config = model.config.get_text_config()
    stack = stack_of(model)
    family = FAMILIES.get(config.model_type, Family())
    blocks = len(stack.blocks)
    width = int(config.hidden_size)
    places: dict[Site, Place] = {}
    absent: dict[Site | str, str] = {"pattern": NO_WIDTH}
    for layer, block in enumerate(stack.blocks, start=1):
        path = stack.at(stack.name, str(layer - 1))
        places[Site("resid_pre", layer)] = Place(block, path, "input", width)
        places[Site("resid_post", layer)] = Place(block, path, "output", width)
        if layer == 1:
            places[Site("embed", 0)] = places[Site("resid_post", 0)] = places[Site("resid_pre", 1)]
        for name in BLOCK_SITES:
            found = _in_block(name, block, path, family=family, config=config, layer=layer)
            if isinstance(found, Place):
                places[Site(name, layer)] = found
            else:
                absent[Site(name, layer)] = found
    _add_last(places, absent, model=model, stack=stack, family=family)
    order = sorted(places, key=lambda site: (site.layer, [*SITES].index(site.name)))
    return SiteMap(blocks, {site: places[site] for site in order}, absent)


def _in_block(
    name: str, block: nn.Module, path: str, *, family: Family, config: Any, layer: int
) -> Place | str:
    """The place of a site in a block, or why it has none."""
    is_linear = _is_linear(config, layer)
    if not family.spots:
        return UNKNOWN.format(config.model_type)
    if name == "resid_mid" and family.is_parallel(config):
        return PARALLEL
    if is_linear and name in HEAD_SITES:
        return LINEAR
    spot = (family.linear.get(name) if is_linear else None) or family.spots[name]
    module = _module(block, spot.path)
    if module is None:
        has_experts = any(part.rpartition(".")[2] == "experts" for part, _ in block.named_modules())
        return EXPERTS if name == "mlp_act" and has_experts else f"block {layer} has no '{spot.path}'"
    heads = heads_of(config)
    part = part_of(name, spot.layout, heads)
    size = _width(module, spot, int(config.hidden_size))
    if part is not None:
        size = part.heads * heads.width
    return Place(module, f"{path}.{spot.path}", spot.side, size, part)


def _is_linear(config: Any, layer: int) -> bool:
    kinds = getattr(config, "layer_types", None)
    return kinds is not None and kinds[layer - 1] == "linear_attention"


def _width(module: nn.Module, spot: Spot, hidden: int) -> int:
    """Numbers of a token there, from a projection's shape; any other module keeps the residual's width."""
    is_input = spot.side == "input"
    for name in ("in_features", "nx") if is_input else ("out_features", "nf"):  # Linear; GPT-2's Conv1D
        if hasattr(module, name):
            return int(getattr(module, name))
    return hidden


def _module(block: nn.Module, path: str) -> nn.Module | None:
    try:
        return block.get_submodule(path)
    except AttributeError:
        return None


def _add_last(
    places: dict[Site, Place], absent: dict[Site | str, str], *, model: Any, stack: Stack, family: Family
) -> None:
    """The two sites after the last block."""
    name = family.norm or next(_norm_names(stack), "")
    norm = getattr(stack.holder, name, None) if name else None
    if norm is None:
        absent["final_norm"] = absent["logits"] = "no norm stands beside its blocks"
        return
    config = model.config.get_text_config()
    layer, width = len(stack.blocks), int(config.hidden_size)
    place = Place(norm, stack.at(name), "output", width)
    places[Site("final_norm", layer)] = place
    module = model.get_output_embeddings()
    if module is None:
        absent["logits"] = "it has no output embedding"
        return
    head = Head(module, getattr(config, "final_logit_softcapping", None))
    places[Site("logits", layer)] = replace(place, width=int(config.vocab_size), head=head)


def _norm_names(stack: Stack) -> Iterator[str]:
    """Modules beside the blocks that read as a final norm, the last first."""
    names = [name for name, _ in stack.holder.named_children()]
    return (name for name in reversed(names) if "norm" in name or name.startswith("ln"))
