"""What a whole study may take: refused where it cannot be known, stopped at quiescence when it is reached."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from time import monotonic

from agents.catalog import Catalog
from db.store import Store
from db.studies import Spent, study_spent
from lab.core.errors import Problem, ScenarioError
from lab.runner.loop import Brake
from scenarios.spec import LimitsSpec, Scenario
from scenarios.study import Study

_CANNOT = "its cost cannot be limited; price it under models:"

LOOK_EVERY_S = 0.05
LOOKING_SHARE = 0.05
"""Looking costs at most this share of the time, however many runs a study has."""


def refuse_unpriced(study: Study, *, max_cost_usd: float | None = None) -> None:
    """Refuse a limit on the cost of a study whose models have a price that nobody knows.

    A limit of its scenario is checked with the scenario.

    Args:
        study: what is to be run.
        max_cost_usd: the limit of one call, in addition to the study's own.

    Raises:
        ScenarioError: names the limit and every such model.
    """
    limits = [(study.source, "limits.cost_usd")] if study.limits.cost_usd is not None else []
    limits += [(f"--max-cost {max_cost_usd:g}", "")] if max_cost_usd is not None else []
    if not limits:
        return
    unknown = {model for cell in study.cells() for model in _unpriced(cell.scenario)}
    problems = [
        Problem(file, 0, 0, path, f"the price of '{model}' is unknown, so {_CANNOT}")
        for file, path in limits
        for model in unknown
    ]
    if problems:
        raise ScenarioError(problems)


def _unpriced(scenario: Scenario) -> Iterator[str]:
    """The models of a scenario's agents whose price is not known."""
    catalog = Catalog()
    for agent, facts in zip(scenario.agents, scenario.agent_facts(), strict=True):
        if model := catalog.unpriced(agent.policy.to_json(), facts.aliases):
            yield model


class Budget:
    """The limits of a study, and whether one is reached.

    A study's runs count with all that they took, in earlier calls too; only `wall_s` is of this call alone.

    Args:
        store: the log.
        study_id: the study.
        limits: its limits.
        clock: seconds, never going back.
    """

    def __init__(
        self, store: Store, study_id: str, limits: LimitsSpec, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self._store = store
        self._study_id = study_id
        self._limits = limits
        self._clock = clock
        self._started = clock()

    def reached(self) -> str | None:
        """The first limit that is reached, in words; None while there is room."""
        if self._limits == LimitsSpec():
            return None
        return next(self._reached(study_spent(self._store, self._study_id)), None)

    async def keep(self, work: Awaitable[None], brake: Brake) -> str | None:
        """Do the work, stopped at quiescence when a limit is reached; returns that limit in words.

        Calls that are under way are answered and logged; every run stops at its next instant, and a later
        call with more room continues it.
        """
        looking = asyncio.create_task(self._look(brake))
        try:
            await work
        finally:
            looking.cancel()
        with suppress(asyncio.CancelledError):
            return await looking
        return None

    async def _look(self, brake: Brake) -> str:
        while True:
            began = self._clock()
            if found := self.reached():
                brake.draining = brake.stop.now = True
                return found
            await asyncio.sleep(max(LOOK_EVERY_S, (self._clock() - began) / LOOKING_SHARE))

    def _reached(self, spent: Spent) -> Iterator[str]:
        limits, wall_s = self._limits, self._clock() - self._started
        if limits.cost_usd is not None and spent.known_cost_usd >= limits.cost_usd:
            yield f"the cost limit of {limits.cost_usd:g} USD ({spent.known_cost_usd:.4g} spent)"
        counted = (
            ("tokens", limits.tokens, spent.tokens),
            ("decisions", limits.decisions, spent.decisions),
            ("ticks", limits.ticks, spent.ticks),
        )
        for unit, limit, taken in counted:
            if limit is not None and taken >= limit:
                yield f"the limit of {limit:,} {unit} ({taken:,} taken)"
        if limits.wall_s is not None and wall_s >= limits.wall_s:
            yield f"the limit of {limits.wall_s:g} s of real time"
