"""Captures of a model's activations: what a request asks for, on this model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from agents.models.local.jobs import Job, Said
from agents.models.local.recording import Kept, Plan, Recording
from lab.core.calls import Artifact
from lab.core.captures import Captured, CaptureSpec, Origin
from lab.core.errors import UsageError
from probes.sites.names import Site, resolve
from probes.sites.site_map import SiteMap
from probes.sites.tape import Scorer

if TYPE_CHECKING:
    from probes.readers.files import Card


class Captures:
    """Captures of one model; nothing is hooked until a job asks.

    Args:
        model: in eval mode.
        artifact: what the log says of it, to refuse probes of another tokenizer; None to refuse none.
    """

    def __init__(self, model: Any, *, artifact: Artifact | None = None) -> None:
        self._model = model
        self._artifact = artifact
        self._map: SiteMap | None = None
        self._plans: dict[CaptureSpec, Plan] = {}

    @property
    def site_map(self) -> SiteMap:
        """Where the sites are, proven by a trial when first asked for."""
        if self._map is None:
            from probes.sites.selftest import attach

            self._map = attach(self._model)
        return self._map

    def begin(self, jobs: Sequence[Job]) -> Recording | None:
        """What listens to the forwards of a batch; None where no job captures.

        Raises:
            UsageError: when a capture cannot be had of this model.
        """
        kept = {n: Kept(job, self._plan(job)) for n, job in enumerate(jobs) if job.capture is not None}
        return Recording(self._model, self.site_map, kept) if kept else None

    def read(self, job: Job, said: Said, *, origin: Origin = "reread") -> Captured:
        """The capture of a job whose reply is known, by one forward over its tokens.

        Raises:
            UsageError: when it cannot be had of this model.
        """
        kept = {0: Kept(job, self._plan(job))}
        recording = Recording(self._model, self.site_map, kept, origin=origin)
        recording.ended(0, said)
        return recording.finished()[0]

    def _plan(self, job: Job) -> Plan:
        assert job.capture is not None, "only jobs that capture have a plan"
        spec = job.capture.spec
        if spec not in self._plans:
            sites = resolve(spec.sites, spec.layers, self.site_map) if spec.vectors else ()
            scorers = tuple(self._scorer(path) for path in spec.scores)
            dtype = self._model.dtype if spec.dtype == "auto" else getattr(torch, spec.dtype)
            widths = tuple(self.site_map.widths[site] for site in sites)
            self._plans[spec] = Plan(sites, widths, scorers, dtype)
        return self._plans[spec]

    def _scorer(self, path: str) -> Scorer:
        from probes.readers.files import load

        probe = load(path)
        site = Site(probe.site, probe.layer)
        absent = self.site_map.reason(site)
        if absent is not None:
            raise UsageError(f"probe {path} reads {site}, which this model lacks: {absent}")
        width = self.site_map.widths[site]
        if probe.width != width:
            raise UsageError(
                f"probe {path} reads {probe.width} numbers of a token at {site}; here are {width}"
            )
        self._refuse_other_weights(path, probe.card)
        weight, bias = (
            torch.from_numpy(part).to(self._model.device, torch.float32)
            for part in (probe.weight, probe.bias)
        )
        return Scorer(probe.id, site, weight, bias)

    def _refuse_other_weights(self, path: str, card: Card) -> None:
        """Refuse a probe of another model, where both say which: its directions mean nothing here."""
        if self._artifact is None:
            return
        words, weights = self._artifact.config.get("tokenizer"), self._artifact.fingerprint
        if None not in (card.tokenizer, words) and card.tokenizer != words:
            raise UsageError(f"probe {path} was fitted on a model with another tokenizer than this one's")
        if None not in (card.weights, weights) and card.weights != weights:
            raise UsageError(
                f"probe {path} was fitted on weights {str(card.weights)[:12]}; "
                f"local/{self._artifact.name} has {str(weights)[:12]}"
            )
