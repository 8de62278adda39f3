"""The table of policy kinds: checks the `policy:` block of an agent and builds its policy.

A kind is one class with `problems` and `build` in one file, and one line in `KINDS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from lab.core.errors import UnknownName
from lab.core.ports import Policy
from lab.core.registry import Registry

KINDS = Registry("policy kind", {"scripted": "agents.scripted:ScriptedKind"})


class PlaysPolicies(Protocol):
    """What a kind must know of an environment: its scripted policies, name to import string."""

    policies: Mapping[str, str]


class PolicyKind(Protocol):
    """One way to decide: it checks its own options and builds policies from them."""

    def problems(self, options: Mapping[str, Any], environment: PlaysPolicies) -> Iterable[tuple[str, str]]:
        """(path below the policy, what is wrong) for every bad option."""
        ...

    def build(self, options: Mapping[str, Any], environment: PlaysPolicies) -> Policy:
        """A policy for one agent."""
        ...


class Catalog:
    """The policy kinds as the loader and the runner use them."""

    def problems(self, policy: Mapping[str, Any], environment: PlaysPolicies) -> Iterable[tuple[str, str]]:
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
        yield from checker.problems(options, environment)

    def build(self, policy: Mapping[str, Any], environment: PlaysPolicies) -> Policy:
        """A fresh policy for one agent of one run."""
        options = dict(policy)
        kind: PolicyKind = KINDS.load(options.pop("kind"))()
        return kind.build(options, environment)
