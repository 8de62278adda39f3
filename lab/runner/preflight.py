"""What is looked at before the first row of a run is written: keys, devices, files, graphs of one's own."""

from __future__ import annotations

from collections.abc import Iterable

from agents.catalog import Catalog
from lab.core.canonical import canonical
from lab.core.errors import UsageError
from scenarios.spec import Scenario


def require_ready(scenarios: Iterable[Scenario]) -> None:
    """Pass scenarios whose agents can decide on this machine now; no model is opened.

    Raises:
        UsageError: with a line for everything that is missing.
    """
    catalog, asked = Catalog(), set()
    missing: dict[str, None] = {}
    for scenario in scenarios:
        for agent, facts in zip(scenario.agents, scenario.agent_facts(), strict=True):
            policy = agent.policy.to_json()
            key = canonical([policy, facts.aliases])
            if key in asked:
                continue
            asked.add(key)
            if (lack := catalog.missing(policy, facts)) is not None:
                missing[lack] = None
    if missing:
        raise UsageError("\n".join(missing))
