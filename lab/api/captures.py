"""Captures added to a log that is there: the verb `capture`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from db.reading import RunInfo, get_run
from db.store import Store, open_store
from db.studies import find_study, list_studies
from lab.core.errors import UnknownName, UsageError
from lab.runner.answers import finished_runs
from lab.runner.reread_plan import Reread, Wish
from lab.runner.rereading import Watch, reread
from lab.runner.room import CAPTURE_GB


def capture(
    name: str,
    *,
    options: Mapping[str, Any] | None = None,
    weights: str | None = None,
    proxy: bool = False,
    tolerance: float | None = None,
    agent: str | None = None,
    capture_gb: float = CAPTURE_GB,
    db: str | None = None,
    watch: Watch | None = None,
) -> Reread:
    """Activations of the answers of a run or study, read again from the logged tokens.

    Args:
        name: a study, or the beginning of a run's id.
        options: sites, layers, spans and dtype as in a policy's `capture`, in place of the policy's own.
        weights: the model that reads, ``local/…``; None for the one that answered.
        proxy: whether it may be another model; what is found then reaches level L1 at most.
        tolerance: largest difference to a logged log-probability, nats; by default 0.001 in fp32, 0.05 in
            16 bits.
        agent: whose answers; all by default.
        capture_gb: most GB of 10^9 bytes that may be kept.
        db: the log.
        watch: told how it goes.

    Raises:
        UnknownName: when the log has no such run, study or agent.
        UsageError: when there is nothing to read, another model would read, or answers come out otherwise.
        StoreError: when the log or the captures cannot be written.
    """
    wish = Wish(
        options=options or {},
        weights=weights,
        proxy=proxy,
        tolerance=tolerance,
        agent=agent,
        most_gb=capture_gb,
    )
    if proxy and weights is None:
        raise UsageError("--reader proxy: name the model that reads with --weights local/…")
    with open_store(db, create=False) as store:
        return reread(store, _runs(store, name), wish, watch)


def _runs(store: Store, name: str) -> list[RunInfo]:
    """The finished runs of a study, or one run however it stands."""
    if study := find_study(store, name):
        found = [get_run(store, run) for run in finished_runs(store, study.id)]
        if not found:
            raise UsageError(f"study '{name}' has no finished run yet")
        return found
    try:
        return [get_run(store, name)]
    except UnknownName as error:
        known = [one.name for one in list_studies(store)]
        raise UnknownName("study or run", name, [*known, *error.allowed]) from error
