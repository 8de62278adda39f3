"""Scripted policies: the `scripted` kind, and two policies that play any game."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agents.catalog import PlaysPolicies
from agents.models.pool import ModelPool
from agents.options import option_problems
from lab.core.errors import LabError
from lab.core.ports import AgentFacts, Policy, PolicyContext
from lab.core.records import DecisionRequest
from lab.core.registry import Registry
from lab.core.scripted import ScriptedPolicy, draws

ANY_GAME = {"uniform": "agents.scripted:Uniform", "first": "agents.scripted:First"}


class Uniform(ScriptedPolicy):
    """Any legal action, all equally likely."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """A value drawn uniformly from the space."""
        return request.space.sample(draws(ctx))


class First(ScriptedPolicy):
    """The first legal action: the first option, the lowest amount, no words."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """The space's first value."""
        return request.space.first()


class ScriptedKind:
    """``{kind: scripted, name: …, option: …}``: a rule of the game, of `ANY_GAME`, or an import string."""

    def problems(
        self, options: Mapping[str, Any], environment: PlaysPolicies, agent: AgentFacts
    ) -> Iterable[tuple[str, str]]:
        """(path, what is wrong) for an unknown name or a bad option."""
        name = options.get("name")
        if not isinstance(name, str):
            known = ", ".join(_table(environment))
            yield "name", f"a scripted policy needs a name (known: {known})"
            return
        try:
            policy_class = _table(environment).load(name)
        except LabError as error:
            yield "name", str(error)
            return
        if not (isinstance(policy_class, type) and issubclass(policy_class, ScriptedPolicy)):
            yield "name", f"'{name}' is no subclass of lab.core.scripted.ScriptedPolicy"
            return
        yield from option_problems(policy_class, _without_name(options))

    def missing(self, options: Mapping[str, Any], agent: AgentFacts) -> str | None:
        """Nothing: a script needs no more than its code."""
        return None

    def build(
        self, options: Mapping[str, Any], environment: PlaysPolicies, agent: AgentFacts, models: ModelPool
    ) -> Policy:
        """A fresh instance with the options set."""
        policy_class = _table(environment).load(options["name"])
        policy: Policy = policy_class(**_without_name(options))
        return policy


def _table(environment: PlaysPolicies) -> Registry:
    return Registry("scripted policy", {**ANY_GAME, **environment.policies})


def _without_name(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key != "name"}
