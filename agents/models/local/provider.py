"""The provider of local models: what can be said of one before torch is loaded, and how one is opened."""

from __future__ import annotations

from collections.abc import Iterable

from agents.models.local.options import options_of, problems_of
from agents.models.local.places import place_problem
from agents.models.spec import Capabilities, ModelSpec
from lab.core.calls import Model
from lab.core.errors import UsageError


class LocalProvider:
    """``local/PATH``, ``local/ORG/NAME`` (a hub id) or ``local/organisms/NAME``, in this process."""

    def problems(self, spec: ModelSpec) -> Iterable[tuple[str, str]]:
        """A folder that is not there, a bad option, or an address: a local model has none."""
        bad = list(problems_of(spec.options))
        yield from ((f"options.{name}", message) for name, message in bad)
        if spec.base_url or spec.api_key_env:
            yield "model", "a local model has neither base_url nor api_key_env"
        revision = None if bad else options_of(spec.options).revision
        if problem := place_problem(spec.target, revision):
            yield "model", problem

    def capabilities(self, spec: ModelSpec) -> Capabilities:
        """All settings of sampling, scores of given replies, no price."""
        return Capabilities(scoring=True, free=True)

    def missing(self, spec: ModelSpec) -> str | None:
        """What keeps the model from being opened on this machine now, None when nothing is known to.

        Needs no network and reads no weights; a hub repository that is not cached may still be downloaded.
        """
        try:
            options = options_of(spec.options)
        except UsageError as error:
            return str(error)
        return _device_problem(options.device) or place_problem(spec.target, options.revision)

    def open(self, spec: ModelSpec) -> Model:
        """The model, loaded.

        Raises:
            UsageError: when it cannot be loaded as asked.
        """
        from agents.models.local.loading import load, quiet
        from agents.models.local.model import LocalModel

        options = options_of(spec.options)
        loaded = load(spec.target, options)
        with quiet():
            return LocalModel(loaded, options)


def _device_problem(name: str) -> str | None:
    """Why this machine cannot run a model on a device; transformers is not needed to tell."""
    if name in ("auto", "cpu"):
        return None
    import torch

    kind, _, index = name.partition(":")
    if kind == "mps":
        return None if torch.backends.mps.is_available() else "device 'mps': not available here"
    count = torch.cuda.device_count()
    return None if int(index or 0) < count else f"device '{name}': this machine has {count} CUDA devices"
