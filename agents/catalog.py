"""The table of policy kinds: checks the `policy:` block of an agent and builds its policy.

A kind is one class with `problems` and `build` in one file, and one line in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from agents.models.pool import ModelPool
from agents.models.spec import alias_problems, model_spec, provider_of
from lab.core.errors import UnknownName
from lab.core.ports import AgentFacts, Policy
from lab.core.registry import Registry

KINDS = Registry(
    "policy kind",
    {
        "scripted": "agents.scripted:ScriptedKind",
        "llm": "agents.llm:LlmKind",
        "human": "agents.human:HumanKind",
    },
)


class PlaysPolicies(Protocol):
    """What a kind must know of an environment: its scripted policies, name to import string."""

    policies: Mapping[str, str]


class PolicyKind(Protocol):
    """One way to decide: it checks its own options and builds policies from them."""

    def problems(
        self, options: Mapping[str, Any], environment: PlaysPolicies, agent: AgentFacts
    ) -> Iterable[tuple[str, str]]:
        """(path below the policy, what is wrong) for every bad option."""
        ...

    def missing(self, options: Mapping[str, Any], agent: AgentFacts) -> str | None:
        """What keeps a valid policy from deciding here and now, such as a key that is not set."""
        ...

    def build(
        self, options: Mapping[str, Any], environment: PlaysPolicies, agent: AgentFacts, models: ModelPool
    ) -> Policy:
        """A policy for one agent; no model is opened yet."""
        ...


class Catalog:
    """The policy kinds as the loader and the runner use them; `models` are those of this process."""

    def __init__(self, models: ModelPool | None = None) -> None:
        self._models = models or ModelPool()

    def problems(
        self, policy: Mapping[str, Any], environment: PlaysPolicies, agent: AgentFacts
    ) -> Iterable[tuple[str, str]]:
        """(path below the policy block, what is wrong) for everything wrong with it."""
        options = dict(policy)
        kind = options.pop("kind", None)
        if not isinstance(kind, str):
            yield "kind", f"a policy needs a kind (known: {', '.join(KINDS)})"
            return
        try:
            checker: PolicyKind = KINDS.load(kind)()
        except UnknownName as error:
            yield "kind", str(error)
            return
        yield from checker.problems(options, environment, agent)

    def model_problems(
        self, name: str, aliases: Mapping[str, Mapping[str, Any]]
    ) -> Iterable[tuple[str, str]]:
        """(path below the alias, what is wrong) for an entry of a scenario's `models:`."""
        yield from alias_problems(name, aliases)

    def unpriced(self, policy: Mapping[str, Any], aliases: Mapping[str, Mapping[str, Any]]) -> str | None:
        """The model of a policy whose calls cost money nobody knows, None where the price is known."""
        name = policy.get("model")
        if policy.get("kind") != "llm" or not isinstance(name, str):
            return None
        try:
            spec = model_spec(name, aliases)
        except UnknownName:
            return None
        free = spec.price is not None or provider_of(spec).capabilities(spec).free
        return None if free else name

    def missing(self, policy: Mapping[str, Any], agent: AgentFacts) -> str | None:
        """What keeps a valid policy from deciding here and now; asked before a run's first row."""
        options = dict(policy)
        kind: PolicyKind = KINDS.load(options.pop("kind"))()
        return kind.missing(options, agent)

    def build(self, policy: Mapping[str, Any], environment: PlaysPolicies, agent: AgentFacts) -> Policy:
        """A fresh policy for one agent of one run."""
        options = dict(policy)
        kind: PolicyKind = KINDS.load(options.pop("kind"))()
        return kind.build(options, environment, agent, self._models)
