"""An untrained copy of a model: the same architecture, new random weights, read at the same tokens."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from numpy import float32
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM

from agents.models.local.checks import config_of, one_line
from agents.models.local.loading import _ONE_AT_A_TIME, _set_threads, device_of, quiet
from agents.models.local.options import LocalOptions
from agents.models.local.places import folder_of
from lab.core.errors import UsageError
from probes.sites.names import Site
from probes.sites.site_map import SiteMap
from probes.sites.tape import read_ids


class Twin:
    """An untrained copy of a model.

    What can be read of it is there without any training: of the words themselves, and of how a random network
    mixes them.

    Args:
        target: the folder, hub id or organism whose architecture it has; no weights are read.
        seed: of its weights, drawn as its architecture's own initializer does.
        revision: of a hub id.

    Raises:
        UsageError: when there is no such model here, or it does not fit into memory.
    """

    def __init__(self, target: str, *, seed: int, revision: str | None = None) -> None:
        folder = folder_of(target, revision)
        config = config_of(folder, target)
        device = device_of("auto", target)
        with _ONE_AT_A_TIME, quiet(), torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            try:
                model: Any = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
                self._model = model.to(device).eval().requires_grad_(requires_grad=False)
            except (RuntimeError, MemoryError, ValueError) as error:
                raise UsageError(f"no untrained copy of '{target}': {one_line(error)}") from error
        _set_threads(self._model, LocalOptions())
        self._sites = SiteMap.of(self._model)

    def read(
        self, ids: Sequence[int], span: str, *, start: int, end: int, site: str, layers: Sequence[int]
    ) -> list[NDArray[float32]]:
        """A row [width] of each layer: what stands at a span of some tokens.

        Args:
            ids: prompt and reply.
            span: its name; says how several tokens become one row.
            start: its first token.
            end: the token after its last.
            site: which site.
            layers: which layers.

        Raises:
            UsageError: when the architecture lacks the site.
        """
        sites = [Site(site, layer) for layer in layers]
        rows = read_ids(self._model, self._sites, ids[:end], sites, range(start, end))
        reduced = [
            row.float().amax(dim=0) if span == "action_max" else row.float().mean(dim=0) for row in rows
        ]
        return [row.cpu().numpy() for row in reduced]
