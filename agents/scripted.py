"""Scripted policies: the `scripted` kind, and two policies that play any game."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from agents.catalog import PlaysPolicies
from lab.core.errors import LabError, suggestion
from lab.core.ports import Policy, PolicyContext
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

    def problems(self, options: Mapping[str, Any], environment: PlaysPolicies) -> Iterable[tuple[str, str]]:
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
        yield from _option_problems(policy_class, _without_name(options))

    def build(self, options: Mapping[str, Any], environment: PlaysPolicies) -> Policy:
        """A fresh instance with the options set."""
        policy_class = _table(environment).load(options["name"])
        policy: Policy = policy_class(**_without_name(options))
        return policy


def _table(environment: PlaysPolicies) -> Registry:
    return Registry("scripted policy", {**ANY_GAME, **environment.policies})


def _without_name(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key != "name"}


def _option_problems(
    policy_class: type[ScriptedPolicy], options: dict[str, Any]
) -> Iterable[tuple[str, str]]:
    fields = policy_class.model_fields
    try:
        policy_class(**options)
    except ValidationError as error:
        for item in error.errors():
            path = ".".join(str(part) for part in item["loc"])
            if item["type"] == "extra_forbidden":
                known = ", ".join(fields) or "none"
                yield path, f"unknown option{suggestion(path, fields)} (options: {known})"
            else:
                yield path, f"{item['msg']}, not {item['input']!r}"
