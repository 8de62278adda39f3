"""What a policy says of captures: which activations of a local model are kept at every answer.

capture: {sites: [resid_post], layers: all, spans: [pre_choice], dtype: auto}

Nothing here loads a model, nor torch: what a model is like is read from its config.json.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field

from agents.models.local.options import options_of
from agents.models.local.shapes import DTYPE_BYTES, ModelShape, shape_of
from agents.models.spec import ModelSpec, model_spec
from agents.options import Options
from lab.core.captures import SPANS, CaptureSpec, Dtype
from lab.core.errors import LabError, UnknownName, UsageError
from probes.sites.names import NAMED_LAYERS, SITES, Site, layers_of, parse, resolve, select

CAPTURING = "local"
"""The provider whose models show their activations."""

_PROBE_ID = re.compile(r"[0-9a-f]{6,32}")
_SEGMENT = re.compile(r"segment\([^()]+\)")
_NUMBERS = re.compile(r"-?\d+(,-?\d+)*")

_LAYER_WORDS = {"all": "all layers", "every4": "every 4th layer", "mid": "the middle layer"}

CAPTURE_FORMS = (
    "all, every4, mid, layer numbers, or SITES@LAYERS:SPANS such as resid_post,mlp_out@every4:post"
)
"""What `parse_capture` reads."""


def _listed(value: Any) -> Any:
    """One name as a list of it; YAML's lists as the tuples that a spec keeps."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


def _chosen(value: Any) -> Any:
    """Layers as a selection or as numbers; one number may stand alone."""
    numbers = (value,) if type(value) is int else value
    is_listed = isinstance(numbers, list | tuple)
    if is_listed and numbers and all(type(one) is int for one in numbers):
        return tuple(numbers)
    if is_listed or not isinstance(value, str):
        raise ValueError("should be all, every4, mid or numbers such as [0, 3, -1]")
    return value


_Names = Annotated[tuple[str, ...], BeforeValidator(_listed)]
_Layers = Annotated[str | tuple[int, ...], BeforeValidator(_chosen)]


class CaptureOptions(Options):
    """What is kept of a local model's activations at every answer; `capture: {}` takes the defaults."""

    sites: Annotated[_Names, Field(min_length=1)] = ("resid_post",)
    """Names of sites; `lab list sites` tells them."""
    layers: _Layers = "all"
    """all, every4, mid or numbers: 0 is the embedding, 1 the first block, -1 the last."""
    spans: Annotated[_Names, Field(min_length=1)] = ("pre_choice",)
    """Which tokens: pre_action, pre_choice, action_first, action_mean, action_max, post, segment(NAME)."""
    dtype: Dtype = "auto"
    """Of the numbers kept; auto keeps what the model computes in."""
    tokens: Literal["none", "scores"] = "none"
    """scores lets `probes` score every token, and keeps no vectors."""
    probes: _Names = ()
    """Ids of fitted probes in the log, or their files."""

    def spec(self) -> CaptureSpec:
        """What the model is asked to keep."""
        return CaptureSpec(
            sites=self.sites,
            layers=self.layers,
            spans=self.spans,
            dtype=self.dtype,
            scores=self.probes,
            vectors=self.tokens == "none",
        )


def capture_problems(given: CaptureOptions, model: ModelSpec) -> Iterator[tuple[str, str]]:
    """(path below `capture`, what is wrong) for what is unknown, or what the model cannot give."""
    if model.provider != CAPTURING:
        yield "", _no_activations(model)
        return
    wrong = list(_site_problems(given.sites))
    yield from wrong
    yield from _span_problems(given.spans)
    yield from _score_problems(given)
    if isinstance(given.layers, str) and given.layers not in NAMED_LAYERS:
        yield "layers", str(UnknownName("layer selection", given.layers, [*NAMED_LAYERS, "numbers"]))
    elif not wrong and (shape := model_shape(model)) is not None:
        yield from _model_problems(given, model, shape)


def parse_capture(text: str) -> dict[str, Any]:
    """The options that a short text stands for: ``[SITES][@LAYERS][:SPANS]``, or layers alone.

    ``every4`` and ``resid_post,mlp_out@0,3,-1:pre_choice,post`` are such texts.

    Raises:
        UsageError: when it is none.
    """
    before, colon, spans = text.partition(":")
    names, at, layers = before.partition("@")
    if not at and (names in NAMED_LAYERS or _NUMBERS.fullmatch(names)):
        names, layers = "", names
    parts = (names, *([layers] if at else []), *([spans] if colon else []))
    if not text or any(not one.strip() for one in parts[1:]):
        raise UsageError(f"--capture {text}: should be {CAPTURE_FORMS}")
    numbers = [int(one) for one in layers.split(",")] if _NUMBERS.fullmatch(layers) else layers
    given = {"sites": _split(names), "layers": numbers, "spans": _split(spans)}
    return {name: value for name, value in given.items() if value}


def capture_words(given: CaptureOptions) -> str:
    """What is kept, in words: ``resid_post of all layers at pre_choice``."""
    if given.tokens == "scores":
        return f"scores of every token by {', '.join(given.probes)}"
    layers = given.layers
    numbers = _LAYER_WORDS.get(layers, layers) if isinstance(layers, str) else ", ".join(map(str, layers))
    where = numbers if isinstance(layers, str) else f"layers {numbers}"
    return f"{', '.join(given.sites)} of {where} at {', '.join(given.spans)}"


def capture_bytes(spec: CaptureSpec, shape: ModelShape) -> int:
    """What one answer takes: spans × widths of all sites × bytes of a number; without vectors nothing."""
    if not spec.vectors:
        return 0
    number = shape.number_bytes if spec.dtype == "auto" else DTYPE_BYTES[spec.dtype]
    numbers = sum(shape.widths[site.name] for site in resolve(spec.sites, spec.layers, shape))
    return len(spec.spans) * numbers * number


class SiteFact(NamedTuple):
    """What a model has of a site: its layers and width, or why it has none."""

    site: str
    layers: str | None
    width: int | None
    absent: str | None


def site_facts(name: str) -> tuple[SiteFact, ...]:
    """Each site on the local model ``local/…``, as far as its config tells.

    Raises:
        UsageError: when it is no local model, or its config is not on this machine.
    """
    model = model_spec(name, {})
    if model.provider != CAPTURING:
        raise UsageError(_no_activations(model))
    shape = shape_of(model.target, options_of(model.options))
    if shape is None:
        raise UsageError(f"{name}: its config is not on this machine, or does not tell its layers")
    return tuple(_site_fact(site, shape) for site in SITES)


def _site_fact(name: str, shape: ModelShape) -> SiteFact:
    layers = layers_of(name, shape.layers)
    absent = {layer: shape.reason(Site(name, layer)) for layer in layers}
    there = [layer for layer in layers if absent[layer] is None]
    why = next((reason for reason in absent.values() if reason is not None), None)
    return SiteFact(name, _span_words(there), shape.widths[name] if there else None, why)


def _span_words(layers: Sequence[int]) -> str | None:
    """``1 to 4``, ``0``, or each number where some between them are missing."""
    if not layers:
        return None
    first, last = layers[0], layers[-1]
    if len(layers) < last - first + 1:
        return ", ".join(map(str, layers))
    return f"{first} to {last}" if last > first else str(first)


def model_shape(model: ModelSpec, *, download: bool = False) -> ModelShape | None:
    """The shape of a local model, None where it cannot be told; `download` as in `shape_of`."""
    try:
        return shape_of(model.target, options_of(model.options), download=download)
    except LabError:
        if download:
            raise
        return None  # told of the model itself


def _split(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


def _no_activations(model: ModelSpec) -> str:
    name = f"{model.provider}/{model.target}"
    said = f"{name} gives no activations; only {CAPTURING}/… does"
    if model.provider != "openai":
        return said
    return f"{said}. `lab capture` can read its tokens later when the server returns token ids"


def _site_problems(sites: Iterable[str]) -> Iterator[tuple[str, str]]:
    for place, name in enumerate(sites):
        try:
            parse(name)
        except UsageError as error:
            yield f"sites[{place}]", str(error)


def _span_problems(spans: Iterable[str]) -> Iterator[tuple[str, str]]:
    for place, name in enumerate(spans):
        if name not in SPANS and not _SEGMENT.fullmatch(name):
            yield f"spans[{place}]", str(UnknownName("span", name, [*SPANS, "segment(NAME)"]))


def _score_problems(given: CaptureOptions) -> Iterator[tuple[str, str]]:
    if given.tokens == "scores" and not given.probes:
        yield "tokens", "scores need `probes`: which fitted probes score the tokens"
    if given.tokens == "none" and given.probes:
        yield "probes", "probes score tokens only with `tokens: scores`"
    for place, file in enumerate(given.probes):
        if not Path(file).is_file() and not _PROBE_ID.fullmatch(file):  # the log knows its ids
            yield (
                f"probes[{place}]",
                f"no such file '{file}', and no id of a probe: `lab probe list` shows ids",
            )


def _model_problems(given: CaptureOptions, model: ModelSpec, shape: ModelShape) -> Iterator[tuple[str, str]]:
    """What the model lacks, as far as its config tells; what is out of range is told of `layers`."""
    name = f"{model.provider}/{model.target}"
    try:
        select(given.layers, shape.layers)
    except UsageError as error:
        yield "layers", f"{name}: {error}"
        return
    for place, site in enumerate(given.sites):
        try:
            resolve([site], given.layers, shape)
        except UsageError as error:
            yield f"sites[{place}]", f"{name}: {error}"
