"""Whether the sites of a model are what they are called: a trial on three short prompts at attachment.

A table of module paths is a claim about code that others change. So a few forwards prove it on the very
model: the residual is the sum of what is added to it, heads through the output projection give what
attention adds, the last residual through norm and head gives the logits, queries, keys and values act on the
tokens on which they must, and what is written is read. A site that fails is absent, with the reason; so is
one that could only be proved by it, and one that nothing proves (probes.md T2, §5.1).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor

from probes.sites.hooks import Hooks, Write
from probes.sites.names import SITES, Site, layers_of
from probes.sites.places import Place
from probes.sites.site_map import SiteMap

TOLERANCES = {torch.float32: 1e-4, torch.float16: 1e-2}
ROUGH = 5e-2
"""Difference that rounding explains, over the largest number of what is compared, by dtype and for all
coarser ones; what a wrong module gives is off by its own size."""

ROWS, TOKENS = 3, 6
"""Prompts of the trial, and their length: one row each for queries, keys and values."""

LONGEST = 200
"""Characters of an error that a reason repeats."""


def attach(model: Any) -> SiteMap:
    """The sites of a model in eval mode, all of them proved on it; the rest is absent, with reasons.

    Four forwards of 3 × 6 tokens; the model is as before.

    Raises:
        UsageError: when the model has no list of equal blocks, or is compiled.
    """
    site_map = SiteMap.of(model)
    try:
        return site_map.without(faults(model, site_map))
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())[:LONGEST]
        return site_map.without(dict.fromkeys(SITES, f"the self-test ended with {said}"))


def faults(model: Any, site_map: SiteMap) -> Mapping[Site | str, str]:
    """What is wrong with the sites of a map: a reason for each that cannot be taken for what it is called."""
    with torch.inference_mode():
        trial = _Trial(model, site_map)
        for test in (_residual, _sublayers, _projections, _writes, _heads):
            trial.take(test(trial))
    unproved = site_map.places.keys() - trial.proved - trial.faults.keys()
    return {**dict.fromkeys(unproved, "nothing on this model proves it"), **trial.faults}


class Pass(NamedTuple):
    """One forward of the trial.

    Attributes:
        values: of every site but `logits` [rows, tokens, width].
        logits: the model's [rows, tokens, vocabulary].
    """

    values: Mapping[Site, Tensor]
    logits: Tensor


class Check(NamedTuple):
    """One equation that sites must satisfy.

    Attributes:
        proves: sites that fail with it.
        by: sites it relies on; where one of them failed, nothing is proved.
        says: what it tests.
        found, right: the two sides.
        beside: numbers to which what is compared was added, whose rounding it carries; None for none.
    """

    proves: Sequence[Site]
    by: Sequence[Site]
    says: str
    found: Tensor
    right: Tensor
    beside: Tensor | None = None


@dataclass(slots=True)
class _Trial:
    """The trial of one map, and what it has found so far."""

    model: Any
    site_map: SiteMap
    faults: dict[Site | str, str] = field(default_factory=dict)
    proved: set[Site] = field(default_factory=set)
    plain: Pass = field(init=False)

    def __post_init__(self) -> None:
        self.plain = self.run()

    @property
    def last(self) -> int:
        """The last layer."""
        return self.site_map.layers

    def run(self, writes: Sequence[Write] = ()) -> Pass:
        """A forward with these changes; a site that does not come as the map says is a fault."""
        values: dict[Site, Tensor] = {}

        def keep(site: Site, tensor: Tensor) -> None:
            value = _shaped(self.site_map.places[site], tensor)
            if isinstance(value, Tensor):
                values[site] = value
            else:
                self.faults.setdefault(site, value)

        sites = [site for site in self.site_map.places if site.name != "logits" and site not in self.faults]
        ids = _prompts(self.model)
        with Hooks(self.site_map, sites).reading(keep, writes=writes):
            made = self.model(input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False)
        for site in sites:
            if site not in values:
                self.faults.setdefault(site, "its module is not run")
        return Pass(values, made.logits)

    def take(self, checks: Iterator[Check]) -> None:
        """Enter what these checks find."""
        for check in checks:
            lost = next((site for site in check.by if site in self.faults), None)
            reason = _fault(check) if lost is None else f"it cannot be proved where {lost} fails"
            if reason is None:
                self.proved.update(check.proves)
            else:
                for site in check.proves:
                    self.faults.setdefault(site, reason)

    def has(self, *sites: Site) -> bool:
        """Whether all of these were seen in the plain forward."""
        return all(site in self.plain.values for site in sites)


def _residual(trial: _Trial) -> Iterator[Check]:
    """Blocks hand the residual on, and norm and head make logits of the last one."""
    seen, places, last = trial.plain.values, trial.site_map.places, trial.last
    normed, logits = Site("final_norm", last), Site("logits", last)
    if trial.has(normed) and logits in places:
        head = places[logits].value(seen[normed])
        yield Check(
            (normed, logits), (), "final_norm through the head is not the logits", head, trial.plain.logits
        )
    for layer in range(1, last):
        post, pre = Site("resid_post", layer), Site("resid_pre", layer + 1)
        if trial.has(post, pre):
            yield Check((post, pre), (), f"{post} is not {pre}", seen[post], seen[pre])
    post = Site("resid_post", last)
    if trial.has(normed, post):
        again = _through(places[normed], seen[post], like=seen[normed])
        yield Check((post,), (normed,), f"{post} through the final norm is not {normed}", again, seen[normed])


def _sublayers(trial: _Trial) -> Iterator[Check]:
    """What attention and feed-forward layer add to the residual is all that is added."""
    seen = trial.plain.values
    for layer in range(1, trial.last + 1):
        pre, mid, post, attn, mlp = (
            Site(name, layer) for name in ("resid_pre", "resid_mid", "resid_post", "attn_out", "mlp_out")
        )
        if trial.has(pre, mid, post, attn, mlp):
            says = f"{mid} - {pre} is not {attn}"
            yield Check((mid, attn), (pre,), says, seen[mid] - seen[pre], seen[attn], seen[mid])
            says = f"{post} - {mid} is not {mlp}"
            yield Check((mlp,), (mid, post), says, seen[post] - seen[mid], seen[mlp], seen[post])
        elif trial.has(pre, post, attn, mlp):
            says = f"{post} - {pre} is not {attn} + {mlp}"
            added = seen[attn] + seen[mlp]
            yield Check((attn, mlp), (pre, post), says, seen[post] - seen[pre], added, seen[post])


def _projections(trial: _Trial) -> Iterator[Check]:
    """The last projection of each sublayer makes what it adds of what goes in."""
    seen, places = trial.plain.values, trial.site_map.places
    for layer in range(1, trial.last + 1):
        sequential = trial.has(Site("resid_mid", layer))
        both = (Site("attn_out", layer), Site("mlp_out", layer))
        for into, out in zip((Site("z", layer), Site("mlp_act", layer)), both, strict=True):
            if not trial.has(into, out):
                continue
            made = _through(places[into], seen[into], like=seen[out])
            if not places[into].path.startswith(places[out].path):  # a norm stands behind the sublayer
                made = _through(places[out], made, like=seen[out])
            # where both read one residual, only this tells them apart
            proves = (into,) if sequential else (into, *both)
            says = f"{into} through its projection is not {out}"
            yield Check(proves, (out,), says, made, seen[out])


def _writes(trial: _Trial) -> Iterator[Check]:
    """A write of nothing changes no logit, and whatever is written is read there and by what comes next."""
    sites = _written(trial)
    nothing = trial.run([Write(site, lambda value: value + 0.0) for site in sites])
    says = "a write of 0 changes the logits"
    yield Check(sites, (), says, nothing.logits, trial.plain.logits)
    some = trial.run([Write(site, lambda value: value + _noise_like(value)) for site in sites])
    before = trial.plain.values
    for site in sites:
        if site.layer == 0:
            moved = before[site] + _noise_like(before[site])
            same = (site, Site("resid_pre", 1), Site("embed", 0))
            yield Check(same, (), f"a write to {site} is not read there", some.values[site], moved)
            continue
        after = (
            Site("final_norm", site.layer) if site.layer == trial.last else Site("resid_pre", site.layer + 1)
        )
        if after in some.values:
            made = some.values[site]
            if after.name == "final_norm":
                made = _through(trial.site_map.places[after], made, like=made)
            says = f"a write to {site} does not reach {after}"
            yield Check((site,), (), says, made, some.values[after])


def _heads(trial: _Trial) -> Iterator[Check]:
    """Queries act on their own token, keys on later ones, values on their own and later ones.

    Each has a row of its own: the query of token 1 is changed in row 0, the key of token 0 in row 1, the
    value of token 0 in row 2, in all layers at once, while every block's output is held at what it was. So
    one forward shows every layer's own effect on its `z`. A single token has no choice where to look: its
    key changes nothing, its value all.
    """
    layers = [layer for layer in range(1, trial.last + 1) if trial.has(*(Site(n, layer) for n in "zqkv"))]
    if not layers:
        return
    before = trial.plain.values
    held = [Write(site, _set(before[site])) for site in _written(trial) if site.layer]
    moves = [Write(Site(name, layer), _move(name)) for layer in layers for name in "qkv"]
    after = trial.run([*moves, *held]).values
    for layer in layers:
        z = Site("z", layer)
        held_before = () if layer == 1 else (Site("resid_post", layer - 1),)
        for row, (name, spared) in enumerate(_SPARED.items()):
            site = Site(name, layer)
            moved = after.get(z, before[z])[row]
            says = f"{site} acts on tokens on which it cannot"
            yield Check((site,), (z, *held_before), says, moved[spared], before[z][row][spared])
            is_idle = torch.equal(moved[_ACTS[name]], before[z][row][_ACTS[name]])
            says = f"{site} does not act where it must"
            yield Check((site,), (z,), says, torch.tensor(float(is_idle)), torch.zeros(()))


_SPARED = {"q": [0, 2, 3, 4, 5], "k": [0], "v": []}
"""Tokens whose `z` stays as it is when the query of token 1, the key or the value of token 0 changes."""

_ACTS = {"q": [1], "k": [1, 2, 3, 4, 5], "v": [0]}
"""Tokens of which some `z` must change then."""

_CHANGED = {"q": 1, "k": 0, "v": 0}


def _move(name: str) -> Any:
    row, token = [*_CHANGED].index(name), _CHANGED[name]

    def change(value: Tensor) -> Tensor:
        moved = value.clone()
        moved[row, token] += _noise_like(value)[row, token]
        return moved

    return change


def _set(to: Tensor) -> Any:
    return lambda value: to.reshape(value.shape)


def _written(trial: _Trial) -> list[Site]:
    return [
        site
        for layer in layers_of("resid_post", trial.last)
        if trial.has(site := Site("resid_post", layer)) and site not in trial.faults
    ]


def _through(place: Place, value: Tensor, *, like: Tensor) -> Tensor:
    """What a place's module makes of a value; no numbers where it is no module that takes one."""
    try:
        made = place.module(value)
        return made.reshape(like.shape) if isinstance(made, Tensor) else torch.full_like(like, torch.nan)
    except (AttributeError, LookupError, RuntimeError, TypeError, ValueError):  # a wrong map: the check fails
        return torch.full_like(like, torch.nan)


def _noise_like(value: Tensor) -> Tensor:
    """The same noise for equal shapes, of the size of what it is added to [...]."""
    draw = torch.Generator().manual_seed(value.shape[-1])
    noise = torch.randn(value.shape, generator=draw).to(value.device, torch.float32)
    return (noise * value.float().square().mean().sqrt()).to(value.dtype)


def _shaped(place: Place, tensor: Tensor) -> Tensor | str:
    """A copy of a site's numbers [rows, tokens, width], or what is wrong with them."""
    try:
        value = place.value(tensor)
    except RuntimeError as error:  # heads that do not divide what the module gives
        return f"its module gives {tensor.shape[-1]} numbers a token, which are not its heads: {error}"
    if value.shape[-1] != place.width:
        return f"it has {value.shape[-1]} numbers a token, where the config says {place.width}"
    if value.numel() != ROWS * TOKENS * place.width:
        return f"it has {value.numel() // place.width} tokens, where the prompts have {ROWS * TOKENS}"
    return value.reshape(ROWS, TOKENS, place.width).clone()


def _prompts(model: Any) -> Tensor:
    vocabulary = int(model.config.get_text_config().vocab_size)
    ids = [[(17 * place + 101 * row + 3) % vocabulary for place in range(TOKENS)] for row in range(ROWS)]
    return torch.tensor(ids, device=model.get_input_embeddings().weight.device)


def _fault(check: Check) -> str | None:
    """What a check finds wrong; None when both sides agree."""
    right = check.right.float()
    if not right.numel():
        return None
    found = check.found.to(right.device).float()
    scale, error = float(right.abs().max()), (found - right).abs()
    allowed = torch.full_like(error, TOLERANCES.get(check.right.dtype, ROUGH) * scale)
    if check.beside is not None:
        beside = check.beside.to(right.device)
        allowed += 4 * torch.finfo(beside.dtype).eps * beside.abs().float()
    if bool((error <= allowed).all()):  # a NaN fails too
        return None
    worst = float(error.max())
    return (
        check.says if not scale or math.isnan(worst) else f"{check.says}: off by {worst:.2g} of {scale:.2g}"
    )
