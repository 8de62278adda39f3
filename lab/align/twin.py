"""The table of an untrained copy of the model that was read: same tokens, same places, new weights."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from db.store import Store
from lab.align.tables import Aligned, token_ids
from lab.analysis.rows import rows
from lab.core.canonical import parse
from lab.core.errors import UsageError

OUT_OF_TIME = "no time was left; a larger --budget gives more"

Layers = dict[int, NDArray[np.float32]]


def twin_layers(store: Store, aligned: Aligned, *, seed: int, in_time: Callable[[], bool]) -> Layers | str:
    """The activations [n, width] of an untrained copy at each layer, or why there are none.

    Args:
        store: the log, whose tokens are read.
        aligned: the decisions.
        seed: of the copy's weights.
        in_time: whether there is time left; asked before every forward.
    """
    reason = _absent(store, aligned)
    if reason is not None:
        return reason
    ids = token_ids(store, aligned)
    if ids is None:
        return "the log lacks the tokens of some decisions"
    from agents.models.local.twin import Twin

    layers = aligned.captured.layers
    try:
        twin = Twin(aligned.model, seed=seed)
        read = []
        for row, tokens in zip(aligned.rows, ids, strict=True):
            if not in_time():
                return OUT_OF_TIME
            if row.start is None or row.end is None:
                return "the log lacks the places of some captured tokens"
            site = aligned.captured.site
            read.append(twin.read(tokens, row.span, start=row.start, end=row.end, site=site, layers=layers))
    except UsageError as error:
        return str(error)
    return {layer: np.stack([one[number] for one in read]) for number, layer in enumerate(layers)}


def _absent(store: Store, aligned: Aligned) -> str | None:
    """Why there can be no copy of the model that was read; None when there can."""
    if any(row.proxy for row in aligned.rows):
        return "a proxy was read, not the model that acted"
    found = next(
        rows(store, "SELECT provider, config FROM model_artifact WHERE id = ?", aligned.artifact), None
    )
    if found is None or found["provider"] != "local":
        return "the weights are not at hand"
    if parse(found["config"]).get("options", {}).get("quantization"):
        return "the weights are quantized"
    return None
