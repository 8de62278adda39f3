"""Probes that score tokens while agents act: a policy names them by id, and the model reads their files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from db.captures import captures_root
from db.probes import get_probe
from db.store import Store
from lab.core.errors import UsageError
from lab.runner.compose import Turn
from probes.shards import local_shard
from scenarios.spec import Scenario

Policy = Mapping[str, Any]


def probe_files(store: Store, names: Iterable[str]) -> list[str]:
    """The file of each probe: a file stays as it is, else `names` holds beginnings of ids in the log.

    Raises:
        UnknownName: when no probe's id begins so.
        UsageError: when several do, or the probe has no file.
        StoreError: when its file is not beside the log.
    """
    return [name if Path(name).is_file() else _file(store, name) for name in names]


def scenario_at_hand(store: Store, scenario: Scenario) -> Scenario:
    """The scenario with the file of each probe in place of its id; itself where no probe is named."""
    policies = {agent.name: agent.policy.to_json() for agent in scenario.agents}
    if not any(_names(policy) for policy in policies.values()):
        return scenario
    data = scenario.to_json()
    for agent in data["agents"]:
        agent["policy"] = policy_at_hand(store, agent["policy"])
    return Scenario.from_json(data)


def turns_at_hand(store: Store, turns: Sequence[Turn]) -> list[Turn]:
    """Likewise for what forks changed."""
    return [
        replace(turn, policies={name: policy_at_hand(store, one) for name, one in turn.policies.items()})
        for turn in turns
    ]


def policy_at_hand(store: Store, policy: Policy) -> dict[str, Any]:
    """Likewise for one policy."""
    names = _names(policy)
    if not names:
        return dict(policy)
    return {**policy, "capture": {**policy["capture"], "probes": probe_files(store, names)}}


def _names(policy: Policy) -> list[str]:
    """The probes that a policy names; YAML may name one without a list."""
    given = (policy.get("capture") or {}).get("probes") or []
    return [given] if isinstance(given, str) else list(given)


def _file(store: Store, name: str) -> str:
    probe = get_probe(store, name)
    if probe.path is None:
        raise UsageError(f"probe {probe.id[:12]} has no file: captures at a URL keep none")
    return str(local_shard(captures_root(store.location), probe.path))
