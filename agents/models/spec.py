"""A model as a scenario names it, and what the lab knows of each provider before any model is opened.

openai/NAME   any OpenAI-compatible endpoint        local/PATH-OR-HUB-ID   in this process
mock/NAME     an offline stand-in                   ALIAS                  an entry of `models:`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Protocol

from pydantic import BeforeValidator, Field

from agents.options import Options, option_problems
from lab.core.calls import Model
from lab.core.canonical import canonical
from lab.core.errors import UnknownName, nearest
from lab.core.registry import Registry


def _listed(value: Any) -> Any:
    """One text as a list of it, as servers take it too; YAML's lists as the tuples that a spec keeps."""
    return (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value


PROVIDERS = Registry(
    "model provider",
    {
        "openai": "agents.models.openai_api:OpenAIProvider",
        "local": "agents.models.local.provider:LocalProvider",
        "mock": "agents.models.mock:MockProvider",
    },
)


class SamplingOptions(Options):
    """Settings of sampling, of a policy or an alias; the lab's defaults stand where neither says any."""

    temperature: float | None = Field(None, ge=0)
    top_p: float | None = Field(None, gt=0, le=1)
    top_k: int | None = Field(None, ge=0)
    max_tokens: int | None = Field(None, ge=1)
    stop: Annotated[tuple[str, ...] | None, BeforeValidator(_listed)] = None

    def requested(self) -> dict[str, Any]:
        """What the scenario asks for."""
        return self.model_dump(mode="json", exclude_unset=True, exclude_none=True)


SAMPLING = tuple(SamplingOptions.model_fields)
"""Their names; what else an alias says in `options` is the provider's."""

DEFAULT_SAMPLING: Mapping[str, Any] = {"temperature": 1.0, "max_tokens": 512}
"""What is asked of a model that takes it, where the scenario says nothing."""


_TAKEN_NAMES = ("human", "scripted", "replay")
"""Names that `--swap AGENT=NAME` gives another meaning."""


@dataclass(frozen=True)
class ModelSpec:
    """A model as a scenario names it.

    Attributes:
        name: the name in the scenario: an alias, or provider and target.
        provider: a name of `PROVIDERS`.
        target: what the provider calls the model: a model name, a path, a hub id.
        base_url: address of the endpoint, None for the provider's own.
        api_key_env: name of the environment variable that holds the key.
        price: USD per million tokens, as (in, out); None when unknown.
        options: the provider's own settings, sampling left out.
        sampling: settings of sampling that the alias asks for.
    """

    name: str
    provider: str
    target: str
    base_url: str | None = None
    api_key_env: str | None = None
    price: tuple[float, float] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    sampling: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """Equal for specs that one opened model can serve: all but name and sampling."""
        address = [self.provider, self.target, self.base_url, self.api_key_env]
        return canonical([*address, self.price, self.options])

    def cost_usd(self, tokens_in: int | None, tokens_out: int | None) -> float | None:
        """The price of a call, None when the price or a count is unknown."""
        if self.price is None or tokens_in is None or tokens_out is None:
            return None
        return (tokens_in * self.price[0] + tokens_out * self.price[1]) / 1e6


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a model takes, known without asking it.

    Attributes:
        sampling: names of `SAMPLING` that it takes.
        scoring: whether it can score given replies (``decide: score``).
        free: whether its calls certainly cost nothing.
    """

    sampling: frozenset[str] = frozenset(SAMPLING)
    scoring: bool = False
    free: bool = False


class Provider(Protocol):
    """Where models come from. Checking and describing a model never opens it and needs no network."""

    def problems(self, spec: ModelSpec) -> Iterable[tuple[str, str]]:
        """(path, what is wrong): path ``model`` for the name itself, ``options.X`` for an option."""
        ...

    def capabilities(self, spec: ModelSpec) -> Capabilities:
        """What the model takes."""
        ...

    def missing(self, spec: ModelSpec) -> str | None:
        """What keeps the model from being opened here and now, such as a key; None when nothing is known to.

        It is asked before the first row of a run is written, and opens nothing.
        """
        ...

    def open(self, spec: ModelSpec) -> Model:
        """The model, ready to complete; may take long. `complete` of a model may be called concurrently.

        A model may have a coroutine method `aclose`, awaited when nobody needs the model any more.

        Raises:
            UsageError: when it cannot be opened; says why and what would help.
        """
        ...


def provider_of(spec: ModelSpec) -> Provider:
    """The provider of a model."""
    provider: Provider = PROVIDERS.load(spec.provider)()
    return provider


def model_spec(name: str, aliases: Mapping[str, Mapping[str, Any]]) -> ModelSpec:
    """The model that `name` stands for: an alias of the scenario, or ``provider/target``.

    Args:
        name: what the policy says.
        aliases: the scenario's `models:` as JSON data.

    Raises:
        UnknownName: when it is neither.
    """
    alias = aliases.get(name)
    full = name if alias is None else str(alias["model"])
    provider, slash, target = full.partition("/")
    if not slash or not target or provider not in PROVIDERS:
        others = [one for one in aliases if one != name]
        if slash and target and (close := nearest(provider, PROVIDERS)):
            others.append(f"{close}/{target}")
        raise UnknownName("model", full, [*(f"{one}/…" for one in PROVIDERS), *others])
    if alias is None:
        return ModelSpec(name, provider, target)
    options = dict(alias.get("options") or {})
    sampling = {key: options.pop(key) for key in SAMPLING if key in options}
    price = alias.get("price")
    return ModelSpec(
        name=name,
        provider=provider,
        target=target,
        base_url=alias.get("base_url"),
        api_key_env=alias.get("api_key_env"),
        price=None if price is None else (price["in"], price["out"]),
        options=options,
        sampling=sampling,
    )


def alias_problems(name: str, aliases: Mapping[str, Mapping[str, Any]]) -> Iterable[tuple[str, str]]:
    """(path below the alias, what is wrong) for an entry of a scenario's `models:`."""
    if "/" in name or name in _TAKEN_NAMES:
        yield "", f"an alias cannot be called '{name}': that is how models and policies are named themselves"
        return
    if str(aliases[name].get("model")) in aliases:
        yield "model", f"alias '{name}' names another alias; name the model itself"
        return
    try:
        spec = model_spec(name, aliases)
    except UnknownName as error:
        yield "model", str(error)
        return
    provider = provider_of(spec)
    found = dict(provider.problems(spec))
    values = (
        (f"options.{path}", message) for path, message in option_problems(SamplingOptions, spec.sampling)
    )
    found = {**dict(unsupported(spec.sampling, provider.capabilities(spec), spec, "options.")), **found}
    yield from {**dict(values), **found}.items()


def unsupported(
    requested: Mapping[str, Any], capabilities: Capabilities, spec: ModelSpec, where: str = ""
) -> Iterable[tuple[str, str]]:
    """(path, what is wrong) for requested settings of sampling that the model does not take."""
    known = ", ".join(sorted(capabilities.sampling)) or "none"
    for setting in requested:
        if setting not in capabilities.sampling:
            model = f"{spec.provider}/{spec.target}"
            yield f"{where}{setting}", f"{model} does not take '{setting}' (it takes: {known})"


def resolved_sampling(requested: Mapping[str, Any], capabilities: Capabilities) -> dict[str, Any]:
    """What is asked of a model: what was requested, and the defaults that it takes."""
    defaults = {key: value for key, value in DEFAULT_SAMPLING.items() if key in capabilities.sampling}
    return defaults | dict(requested)
