"""What the loader asks of the policies and models, which live in a package it does not know."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from lab.core.errors import Problem
from lab.core.ports import AgentFacts
from scenarios.environment import Environment
from scenarios.load.overrides import parse_path
from scenarios.load.problems import validated
from scenarios.load.tree import Node, Path
from scenarios.spec import ModelAlias

Aliases = Mapping[str, Mapping[str, Any]]


class PolicyCatalog(Protocol):
    """Knows which policies and models there are and what options each takes."""

    def problems(
        self, policy: Mapping[str, Any], environment: type[Environment[Any]], agent: AgentFacts
    ) -> Iterable[tuple[str, str]]:
        """(path below the policy, what is wrong): ``("kind", "unknown policy kind 'scriptd'…")``.

        The path is empty for the policy as a whole. A message that begins with ``unknown key`` or
        ``unknown option`` is shown at the key, any other at the value.
        """
        ...

    def model_problems(self, name: str, aliases: Aliases) -> Iterable[tuple[str, str]]:
        """(path below the alias, what is wrong) for an entry of the scenario's `models:`."""
        ...

    def unpriced(self, policy: Mapping[str, Any], aliases: Aliases) -> str | None:
        """The model of a policy whose calls cost money nobody knows, None where the price is known."""
        ...


def policy_problems(
    root: Node, environment: type[Environment[Any]], policies: PolicyCatalog, unusable: set[Path]
) -> Iterator[Problem]:
    """Everything wrong with the policies of a draft and with the models it names."""
    aliases = _aliases(root)
    for name in aliases:
        at: Path = ("models", name)
        if not _is_unusable(at, unusable):
            yield from _told(root, at, policies.model_problems(name, aliases))
    broken = _alias_names(root) - aliases.keys()
    for row, policy in _policies(root):
        at = ("agents", row, "policy")
        if not _is_unusable(at, unusable) and str(policy.get("model")) not in broken:
            agent = _facts(root, row, environment, aliases)
            yield from _told(root, at, policies.problems(policy, environment, agent))
    yield from _unpriced(root, policies, aliases)


def length_of(root: Node, section: str) -> int:
    """How many entries a section has."""
    node = root.child(section)
    return len(node.content) if node and isinstance(node.content, list) else 0


def _alias_names(root: Node) -> set[str]:
    node = root.child("models")
    return set(node.content) if node and isinstance(node.content, dict) else set()


def _aliases(root: Node) -> dict[str, Mapping[str, Any]]:
    """The entries of `models:` that are written as they should be; what is wrong with the others is told."""
    read = {name: validated(ModelAlias, root, ("models", name))[0] for name in sorted(_alias_names(root))}
    return {name: alias.model_dump(mode="json", by_alias=True) for name, alias in read.items() if alias}


def _policies(root: Node) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for row in range(length_of(root, "agents")):
        node = root.get(("agents", row, "policy"))
        kind = node.child("kind") if node else None
        if node is not None and kind is not None and isinstance(kind.content, str):
            yield row, node.plain()


def _facts(root: Node, row: int, environment: type[Environment[Any]], aliases: Aliases) -> AgentFacts:
    game = _text(root, ("environment",)) or ""
    name, role, persona = (_text(root, ("agents", row, key)) for key in ("name", "role", "persona"))
    return AgentFacts(name or "", role, persona, environment.seat_name(row, role), game, aliases)


def _text(root: Node, path: Path) -> str | None:
    node = root.get(path)
    return node.content if node and isinstance(node.content, str) else None


def _is_unusable(at: Path, unusable: set[Path]) -> bool:
    return any(path[: len(at)] == at for path in unusable)


def _told(root: Node, at: Path, problems: Iterable[tuple[str, str]]) -> Iterator[Problem]:
    for text, message in problems:
        of_key = message.startswith(("unknown key", "unknown option"))
        yield root.problem((*at, *(parse_path(text) or ())), message, of_key=of_key)


def _unpriced(root: Node, policies: PolicyCatalog, aliases: Aliases) -> Iterator[Problem]:
    """A limit on cost means nothing for models whose price nobody knows."""
    limit = root.get(("limits", "cost_usd"))
    if limit is None or limit.content is None:
        return
    unknown = {model for _, policy in _policies(root) if (model := policies.unpriced(policy, aliases))}
    for model in sorted(unknown):
        message = f"the price of '{model}' is unknown, so its cost cannot be limited; price it under models:"
        yield root.problem(("limits", "cost_usd"), message)
