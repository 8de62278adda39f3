"""What the verbs return: a run and a study of the log, read when asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from db.reading import RunInfo, run_measures, text_of
from db.store import open_store
from db.studies import get_study, study_counts
from lab.core.canonical import parse
from lab.core.records import RunStatus

if TYPE_CHECKING:
    import numpy as np
    import polars
    from numpy.typing import NDArray

    from lab.align.finding import Finding
    from lab.analysis.summary import StudySummary


@dataclass(frozen=True)
class Run:
    """A run of the log.

    Attributes:
        info: its row: status, digest, seed, cell, counters.
        db: URL of its database.
        warnings: what the call that returned it wants to tell.
    """

    info: RunInfo
    db: str
    warnings: tuple[str, ...] = field(default=(), compare=False)

    @property
    def id(self) -> str:
        """12 hex letters; any unambiguous beginning names the run."""
        return self.info.id

    @property
    def status(self) -> RunStatus:
        """Where the run stands."""
        return RunStatus(self.info.status)

    @property
    def digest(self) -> str | None:
        """The hash of all that happened; None until the run is done or limited."""
        return self.info.digest

    @property
    def error(self) -> str | None:
        """Why it stopped, was limited or failed; None when it is done."""
        return self.info.error

    @cached_property
    def measures(self) -> Mapping[str, float | None]:
        """The run-level measures that the scenario selects; None where undefined."""
        with open_store(self.db, create=False) as store:
            logged = run_measures(store, self.id)
            selected = parse(text_of(store, self.info.scenario))["measures"]
            return {name: logged.get(name) for name in selected if name in logged or self.digest}

    def decisions(self) -> polars.DataFrame:
        """One row per decision, as in `v_decision`."""
        from lab.analysis import frames

        with open_store(self.db, create=False) as store:
            return frames.decisions(store, run=self.id, wide=False)

    def events(self) -> polars.DataFrame:
        """One row per event, as in `v_event`."""
        from lab.analysis import frames

        with open_store(self.db, create=False) as store:
            return frames.events(store, run=self.id)

    def activations(
        self, site: str, layer: int, *, span: str = "pre_choice", agent: str | None = None
    ) -> tuple[NDArray[np.float32], polars.DataFrame]:
        """X [n, width] of a captured site, and the n decisions it belongs to; see `Study.activations`."""
        from lab.analysis import activations

        with open_store(self.db, create=False) as store:
            return activations.activations(store, site, layer, run=self.id, span=span, agent=agent)


@dataclass(frozen=True)
class Study:
    """A study of the log.

    Attributes:
        name: its name.
        db: URL of its database.
        warnings: what the call that returned it wants to tell.
        stopped: the limit that stopped that call before all was done, in words; None when none did.
    """

    name: str
    db: str
    warnings: tuple[str, ...] = field(default=(), compare=False)
    stopped: str | None = field(default=None, compare=False)

    @property
    def counts(self) -> Mapping[RunStatus, int]:
        """How many runs stand where."""
        with open_store(self.db, create=False) as store:
            return study_counts(store, get_study(store, self.name).id)

    def summary(self) -> StudySummary:
        """Each cell's measures with intervals, and the declared comparisons."""
        from lab.analysis.summary import summarize

        with open_store(self.db, create=False) as store:
            return summarize(store, self.name)

    def decisions(self, *, wide: bool = True) -> polars.DataFrame:
        """One row per decision; with `wide`, one column per factor."""
        from lab.analysis import frames

        with open_store(self.db, create=False) as store:
            return frames.decisions(store, study=self.name, wide=wide)

    def measures(self, *, wide: bool = True) -> polars.DataFrame:
        """One row per run and measure; with `wide`, one column per factor."""
        from lab.analysis import frames

        with open_store(self.db, create=False) as store:
            return frames.measures(store, study=self.name, wide=wide)

    def activations(
        self,
        site: str,
        layer: int,
        *,
        span: str = "pre_choice",
        agent: str | None = None,
        where: str | None = None,
    ) -> tuple[NDArray[np.float32], polars.DataFrame]:
        """X [n, width] of a captured site, float32 and memory-mapped, and the n decisions it belongs to.

        Args:
            site: name of a site, such as ``resid_post``.
            layer: 0 is the embedding, 1 the first block, -1 the last.
            span: which tokens, such as ``pre_choice``.
            agent: only this agent's decisions.
            where: only decisions that fulfill this SQL condition over `v_decision`.

        Raises:
            UsageError: for what was not captured, saying what was; for rows of several models.
            StoreError: when the files of activations are not there.
        """
        from lab.analysis import activations

        with open_store(self.db, create=False) as store:
            return activations.activations(
                store, site, layer, study=self.name, span=span, agent=agent, where=where
            )

    def align(
        self,
        variable: str,
        behavior: str | None = None,
        *,
        agent: str | None = None,
        environment: str | None = None,
        site: str = "resid_post",
        span: str = "pre_choice",
        layer: int | None = None,
        level: str = "L3",
        budget_s: float | None = 300.0,
    ) -> tuple[Finding, ...]:
        """How far the evidence reaches that a variable can be read: a finding for each layer, stored.

        Args:
            variable: a hidden variable, ``claim_act.COLUMN``, or a SELECT of run, seq and value.
            behavior: a phase, whose action it is, or a measure; by default the phase of the labels.
            agent: only this agent's decisions.
            environment: only runs of this environment.
            site: where is read.
            span: at which tokens.
            layer: the layer that the claim is about; else one is chosen.
            level: how far to climb, ``L0`` to ``L3``.
            budget_s: seconds after which what is left is not tested; None for no limit.

        Raises:
            UsageError: when there is nothing to read, or too little.
        """
        from lab.align.question import Question
        from lab.api.readouts import align_study

        question = Question(
            study=self.name,
            variables=(variable,),
            behavior=behavior,
            agent=agent,
            environment=environment,
            site=site,
            span=span,
            layer=layer,
            level=level,
        )
        return align_study(question, budget_s=budget_s, db=self.db).findings
