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
    import polars

    from lab.analysis.summary import StudySummary


@dataclass(frozen=True)
class Run:
    """A run of the log.

    Attributes:
        info: its row: status, digest, seed, cell, counters.
        db: URL of its database.
    """

    info: RunInfo
    db: str

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
