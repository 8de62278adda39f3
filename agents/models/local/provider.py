"""The provider of local models: what can be said of one before torch is loaded, and how one is opened."""

from __future__ import annotations

from collections.abc import Iterable

from agents.models.local.options import LocalOptions, options_of
from agents.models.local.places import place_problem
from agents.models.spec import Capabilities, ModelSpec
from agents.options import option_problems
from lab.core.calls import Model


class LocalProvider:
    """``local/PATH``, ``local/ORG/NAME`` (a hub id) or ``local/organisms/NAME``, in this process."""

    def problems(self, spec: ModelSpec) -> Iterable[tuple[str, str]]:
        """A folder that is not there, a bad option, or an address: a local model has none."""
        bad = list(option_problems(LocalOptions, spec.options))
        yield from ((f"options.{name}", message) for name, message in bad)
        if spec.base_url or spec.api_key_env:
            yield "model", "a local model has neither base_url nor api_key_env"
        revision = None if bad else options_of(spec.options).revision
        if problem := place_problem(spec.target, revision):
            yield "model", problem

    def capabilities(self, spec: ModelSpec) -> Capabilities:
        """All settings of sampling, scores of given replies, no price."""
        return Capabilities(scoring=True, free=True)

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
