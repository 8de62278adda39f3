"""Visitors and runs of the directory, for its tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lab.core.ports import PolicyContext, Sink
from lab.core.records import DecisionRequest
from lab.core.scripted import ScriptedPolicy
from scenarios.webdefense.directory import policies as scripted
from scenarios.webdefense.directory.rules import Directory
from tests.support.worlds import Played, play

Layer = dict[str, Any]
Act = dict[str, Any]

MALICIOUS = {"party": "malicious", "goal": "bulk_pii"}
KINDS: dict[str, tuple[type[ScriptedPolicy], dict[str, Any]]] = {
    "naive": (scripted.ScraperNaive, MALICIOUS),
    "obedient": (scripted.ScraperObedient, MALICIOUS),
    "filter": (scripted.ScraperFilter, MALICIOUS | {"channel": "visible_text"}),
    "filter_obedient": (scripted.ScraperFilterObedient, MALICIOUS | {"channel": "visible_text"}),
    "polite": (scripted.CrawlerPolite, {"goal": "index"}),
    "shopper": (scripted.Shopper, {"goal": "buy_item"}),
    "paranoid": (scripted.ShopperParanoid, {"goal": "buy_item"}),
    "finder": (scripted.Finder, {"goal": "find_contact"}),
    "walker": (scripted.RandomWalk, {"goal": "index"}),
    "stopper": (scripted.Stopper, MALICIOUS),
}
"""The scripted visitors with what they are after."""

TRAP: Layer = {"use": "trap_link", "params": {"in_robots": False}}
CANARY: Layer = {"use": "canary_rows"}


def notice(scope: str = "/", **params: Any) -> Layer:
    """A stop notice on the pages of `scope`."""
    return {"use": "ipi_stop", "params": {"scope": scope, **params}}


class Says(ScriptedPolicy):
    """Answers with these values one after the other, then finishes; None is no action."""

    acts: list[Act | None]

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Act | None:
        done = request.observation["budget"]["steps"]
        place = self.steps - done
        return self.acts[place] if place < len(self.acts) else FINISH

    steps: int = 40


FINISH: Act = {"action": "finish", "answer": "", "status": "done"}


def open_(url: str) -> Act:
    """Open a page."""
    return {"action": "open", "url": url}


def visit(
    names: Sequence[str],
    defenses: Sequence[Layer] = (),
    *,
    seed: int = 7,
    sink: Sink | None = None,
    **params: Any,
) -> Played:
    """A run with scripted visitors, by the names in `KINDS`."""
    return visit_as(
        {name: KINDS[name][0]() for name in names},
        {name: KINDS[name][1] for name in names},
        defenses,
        seed=seed,
        sink=sink,
        **params,
    )


def visit_as(
    policies: Mapping[str, Any],
    wants: Mapping[str, Mapping[str, Any]],
    defenses: Sequence[Layer] = (),
    *,
    seed: int = 7,
    sink: Sink | None = None,
    max_ticks: int = 1000,
    **params: Any,
) -> Played:
    """A run with any visitors."""
    return play(
        Directory,
        {"defenses": list(defenses), **params},
        policies,
        agent_params=wants,
        seed=seed,
        sink=sink,
        max_ticks=max_ticks,
    )


def say(*acts: Act | None, defenses: Sequence[Layer] = (), sink: Sink | None = None, **wants: Any) -> Played:
    """A run with one visitor, ``ann``, who does just this."""
    return visit_as({"ann": Says(acts=list(acts))}, {"ann": wants}, defenses, sink=sink)


def events(played: Played, kind: str, agent: str | None = None) -> list[Any]:
    """The events of one kind, in order."""
    return [e for e in played.record.events if e.kind == kind and agent in (None, e.agent)]
