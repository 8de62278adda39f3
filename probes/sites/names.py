"""Names of sites, and which layers are meant; needs neither torch nor a model.

Layer 0 is the embedding and layer l the l-th block, so that `resid_post[l]` counts as `hidden_states[l]` does
in transformers; -1 is the last block.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from lab.core.errors import UnknownName, UsageError

SITES: Mapping[str, str] = {
    "embed": "the residual before the first block, positions included where they are added",
    "resid_pre": "the residual as a block finds it",
    "resid_mid": "the residual between a block's attention and its feed-forward layer",
    "resid_post": "the residual as a block leaves it, before any final norm; layer 0 is the embedding",
    "attn_out": "what attention adds to the residual, after a post-norm where there is one",
    "mlp_out": "what the feed-forward layer adds to the residual, after a post-norm where there is one",
    "z": "what the heads hand to the output projection, head by head",
    "q": "queries as projected, before norm and rotation, head by head",
    "k": "keys as projected, before norm and rotation, one for each key-value head",
    "v": "values as projected, one for each key-value head",
    "pattern": "attention weights; never kept, for they have no fixed width",
    "mlp_act": "the hidden neurons of the feed-forward layer, as its last projection takes them",
    "final_norm": "the residual after the last block, normed",
    "logits": "the logits of the next token, as the model gives them",
}
"""Every site, and what it is."""

FIRST = ("embed",)
LAST = ("final_norm", "logits")
"""Sites that stand at one layer only, before the first block and after the last."""

EVERY = 4
"""The step of the selection `every4`."""

NAMED_LAYERS = ("all", "every4", "mid")

Layers = str | int | Sequence[int]
"""A selection: one of `NAMED_LAYERS`, or numbers, negative from the end."""

_SITE = re.compile(r"(?P<name>\w+)(\[(?P<layer>-?\d+)\])?")


class Site(NamedTuple):
    """A place inside a model; reads as ``resid_post[3]``."""

    name: str
    layer: int

    def __str__(self) -> str:
        return f"{self.name}[{self.layer}]"


class Named(NamedTuple):
    """A site as it was asked for: its name, and its layer where one was said."""

    name: str
    layer: int | None


class Sited(Protocol):
    """What a model offers, as far as names go; see `probes.sites.site_map.SiteMap`."""

    @property
    def layers(self) -> int:
        """How many blocks there are."""

    def reason(self, site: Site) -> str | None:
        """Why the model lacks a site; None when it has it."""


def parse(text: str) -> Named:
    """The site that `text` names, with or without a layer.

    Raises:
        UnknownName: when there is no such site; says the nearest.
        UsageError: when the text is no name and number.
    """
    match = _SITE.fullmatch(text.strip())
    if match is None:
        raise UsageError(f"site '{text}' does not read as a name and a layer, such as resid_post[3]")
    name, layer = match["name"], match["layer"]
    if name not in SITES:
        raise UnknownName("site", name, SITES)
    return Named(name, None if layer is None else int(layer))


def resolve(sites: Sequence[str], layers: Layers, site_map: Sited) -> tuple[Site, ...]:
    """The sites that are meant on a model, in the order asked for, each once, layers ascending.

    A site with a layer of its own stands for itself, and so does one that has a single layer; any other is
    taken at each of `layers` at which it exists.

    Raises:
        UsageError: for a layer out of range, a selection that leaves a site no layer, and a site that this
            model lacks; `UnknownName` for a name that is no site.
    """
    chosen = select(layers, site_map.layers)
    meant = [site for text in sites for site in _meant(parse(text), chosen, site_map.layers)]
    for site in meant:
        reason = site_map.reason(site)
        if reason is not None:
            raise UsageError(f"site {site} is absent on this model: {reason}")
    return tuple(dict.fromkeys(meant))


def select(layers: Layers, blocks: int) -> tuple[int, ...]:
    """The layers that a selection means on a model of so many blocks, ascending, each once.

    ``every4`` is 0, every 4th and the last two; ``mid`` the middle block, the later one of two.

    Raises:
        UsageError: when the selection is unknown, or a number is out of range.
    """
    if isinstance(layers, str):
        named = _named(layers, blocks)
        if named is not None:
            return named
    numbers = [layers] if isinstance(layers, int | str) else layers
    return tuple(sorted({_number(number, blocks) for number in numbers}))


def layers_of(name: str, blocks: int) -> range:
    """The layers at which a site exists on a model of so many blocks."""
    if name in FIRST:
        return range(1)
    if name in LAST:
        return range(blocks, blocks + 1)
    return range(0 if name == "resid_post" else 1, blocks + 1)


def _named(layers: str, blocks: int) -> tuple[int, ...] | None:
    if layers == "all":
        return tuple(range(blocks + 1))
    if layers == "every4":
        return tuple(sorted({*range(0, blocks + 1, EVERY), max(blocks - 1, 0), blocks}))
    if layers == "mid":
        return ((blocks + 1) // 2,)
    return None


def _number(layer: int | str, blocks: int) -> int:
    try:
        number = int(layer)
    except ValueError:
        raise UnknownName("layer selection", str(layer), (*NAMED_LAYERS, "numbers")) from None
    if not -blocks - 1 <= number <= blocks:
        raise UsageError(
            f"layer {number} is out of range: this model has layers 0 to {blocks}, or -1 to {-blocks - 1}"
        )
    return number if number >= 0 else number + blocks + 1


def _meant(named: Named, chosen: Sequence[int], blocks: int) -> Iterator[Site]:
    exists = layers_of(named.name, blocks)
    if named.layer is not None:
        layer = _number(named.layer, blocks)
        if layer not in exists:
            raise UsageError(f"{named.name}[{named.layer}] does not exist: {_has(named.name, exists)}")
        yield Site(named.name, layer)
        return
    layers = list(exists) if len(exists) == 1 else [layer for layer in chosen if layer in exists]
    if not layers:
        numbers = ", ".join(map(str, chosen))
        raise UsageError(f"{named.name} has none of the layers {numbers}: {_has(named.name, exists)}")
    for layer in layers:
        yield Site(named.name, layer)


def _has(name: str, exists: range) -> str:
    if len(exists) == 1:
        return f"{name} has layer {exists[0]} only"
    return f"{name} has layers {exists[0]} to {exists[-1]}"
