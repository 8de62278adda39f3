"""The log as tidy polars frames: the views of `db.views` with typed columns; JSON stays text.

`wide` adds one column per factor, named by its alias (``factor_ALIAS`` where a column has that name already).
Without `study` and `run` a frame holds the whole log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from db.export import frames, selections
from db.reading import get_run
from db.store import Store
from db.studies import get_study
from db.views import VIEWS

if TYPE_CHECKING:
    import polars


def runs(store: Store, *, study: str | None = None, wide: bool = True) -> polars.DataFrame:
    """One row per run, as in `v_run`."""
    return _frame(store, "run", study, None, wide=wide).sort("created", "run")


def decisions(
    store: Store, *, study: str | None = None, run: str | None = None, wide: bool = True
) -> polars.DataFrame:
    """One row per decision, as in `v_decision`, each run's in order."""
    return _frame(store, "decision", study, run, wide=wide).sort("run", "seq")


def measures(
    store: Store, *, study: str | None = None, run: str | None = None, wide: bool = True
) -> polars.DataFrame:
    """One row per run, measure and agent, as in `v_measure`; agent is null in rows of the whole run."""
    return _frame(store, "measure", study, run, wide=wide).sort("run", "measure", "agent")


def events(store: Store, *, study: str | None = None, run: str | None = None) -> polars.DataFrame:
    """One row per event, as in `v_event`, each run's in order."""
    return _frame(store, "event", study, run, wide=False).sort("run", "seq")


def exposures(store: Store, *, study: str | None = None, run: str | None = None) -> polars.DataFrame:
    """One row per thing an agent was shown, as in `v_exposure`, each run's in order."""
    return _frame(store, "exposure", study, run, wide=False).sort("run", "seq")


def _frame(store: Store, table: str, study: str | None, run: str | None, *, wide: bool) -> polars.DataFrame:
    """The rows of one exported table.

    Raises:
        UnknownName: when the log has no such study or run.
    """
    import polars

    name = get_study(store, study).name if study is not None else None
    chosen = get_run(store, run).id if run is not None else None
    tables = selections(store, study_name=name, run_id=chosen)
    selection = next(one for one in tables if one.name == table)
    frame = polars.concat(frames(store, selection))
    return frame if wide else frame.select(list(VIEWS[f"v_{table}"].columns))
