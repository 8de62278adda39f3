"""Activations beside the decisions they belong to: one query gives X [n, width] and its n rows.

Every row is the captured span of one decision, of the call that answered it. Rows stand in the order of the
study's runs, then of their decisions, and join `v_decision` by run and seq.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from db.capture_rows import (
    CapturedRow,
    Kept,
    Reader,
    Scope,
    captured,
    captured_agents,
    count_decisions,
    kept,
    readers,
)
from db.captures import captures_root
from db.reading import get_run
from db.store import Store
from db.studies import get_study
from lab.core.captures import SiteShape
from lab.core.errors import UnknownName, UsageError
from probes.matrices import RowPlace, matrix
from probes.shards import site_name

if TYPE_CHECKING:
    import numpy as np
    import polars
    from numpy.typing import NDArray

DEFAULT_SPAN = "pre_choice"

NOT_CAPTURED = "not captured"
"""The reason of a decision that the index says nothing about."""

_INSIDE = frozenset({"reason", "site_set", "path", "row"})
_WHOLE = frozenset({"seed", "seq", "tick", "call", "attempt", "try_", "start", "end", "token_id", "proxy"})


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many decisions have activations.

    Attributes:
        decisions: those that a model answered.
        captured: those with a row.
        reasons: why the others have none → how many.
    """

    decisions: int
    captured: int
    reasons: Mapping[str, int]

    def __str__(self) -> str:
        if self.captured == self.decisions:
            return f"all {self.decisions} decisions captured"
        why = "; ".join(f"{count} {reason}" for reason, count in self.reasons.items())
        return f"{self.captured} of {self.decisions} decisions captured ({why})"


@dataclass(frozen=True)
class CapturedRows:
    """The captured span of many decisions, their numbers read when asked.

    Attributes:
        study: name of the study; None for a run without one.
        site: the site that was asked for.
        root: where shards lie.
        rows: one for each decision with numbers, in the order of X.
        coverage: how many decisions there are besides.
    """

    study: str | None
    site: str
    root: str
    rows: tuple[CapturedRow, ...]
    coverage: Coverage
    _sites: Mapping[str, tuple[SiteShape, ...]] = field(repr=False)
    _readers: Mapping[str, Reader] = field(repr=False)

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def layers(self) -> tuple[int, ...]:
        """The layers that every row has, ascending."""
        sets = [
            {one.layer for one in self._sites[of] if one.site == self.site}
            for of in dict.fromkeys(row.site_set for row in self.rows)
        ]
        return tuple(sorted(set.intersection(*sets))) if sets else ()

    @property
    def readers(self) -> Mapping[str, str]:
        """Which models were read: id of the artifact → name."""
        return {row.artifact: self._reader(row.artifact).name for row in self.rows}

    def only(self, keep: Sequence[bool]) -> CapturedRows:
        """Some of the rows, by one truth value for each; `coverage` stays that of all."""
        return replace(self, rows=tuple(row for row, kept in zip(self.rows, keep, strict=True) if kept))

    def matrix(self, layer: int) -> NDArray[np.float32]:
        """X [n, width] of a layer, float32, mapped into memory; -1 is the last layer.

        Raises:
            UsageError: when not all rows have that layer, they are of several models, or hold no numbers.
            StoreError: when a shard is missing or cannot be read.
        """
        width, layer = self._width(), self._layer(layer)
        places = [RowPlace(row.path, row.row) for row in self.rows if row.path and row.row is not None]
        x = matrix(self.root, places, site_name(self.site, layer), width)
        self._refuse_overflow(x, layer)
        return x

    def frame(self) -> polars.DataFrame:
        """One row for each row of X: whose decision, in which run, read at which token."""
        import polars

        kinds = {**dict.fromkeys(_WHOLE, polars.Int64), "logprob_gap": polars.Float64}
        schema = {name: kinds.get(name, polars.String) for name in CapturedRow._fields}
        frame = polars.DataFrame(self.rows, schema=schema, orient="row").drop(*_INSIDE)
        study = polars.lit(self.study, dtype=polars.String).alias("study")
        return frame.select("run", study, polars.exclude("run")).rename({"try_": "try"})

    # --- inside -----------------------------------------------------------------------------------

    def _reader(self, artifact: str) -> Reader:
        return self._readers.get(artifact, Reader(artifact, artifact))

    def _layer(self, layer: int) -> int:
        found = self.layers[layer] if -len(self.layers) <= layer < 0 else layer
        if found not in self.layers:
            has = ", ".join(map(str, self.layers)) or "none in common"
            raise UsageError(f"layer {layer} of {self.site} was not captured (layers: {has})")
        return found

    def _width(self) -> int:
        """The numbers of a row; rows of several models have no common meaning."""
        weights = {self._reader(row.artifact).weights for row in self.rows}
        widths = {
            one.width
            for of in {row.site_set for row in self.rows}
            for one in self._sites[of]
            if one.site == self.site
        }
        if len(weights) > 1 or len(widths) > 1:
            agents: dict[str, None] = {}
            for row in self.rows:
                agents[f"{row.agent} ({row.environment}): {self._reader(row.artifact).name}"] = None
            raise UsageError(
                f"{self.site} was read in several models, whose activations have no common meaning: "
                f"{'; '.join(agents)}; choose with agent= or where=\"cell = '…'\""
            )
        return next(iter(widths), 0)

    def _refuse_overflow(self, x: NDArray[np.float32], layer: int) -> None:
        import numpy as np

        bad = np.flatnonzero(~np.isfinite(x).all(axis=1))
        if bad.size:
            first = self.rows[int(bad[0])]
            raise UsageError(
                f"{site_name(self.site, layer)}: {bad.size} of {len(x)} rows hold NaN or infinity "
                f"(first: run {first.run}, seq {first.seq}); capture with `dtype: float32` or bfloat16"
            )


def activations(
    store: Store,
    site: str,
    layer: int,
    *,
    study: str | None = None,
    run: str | None = None,
    span: str = DEFAULT_SPAN,
    agent: str | None = None,
    where: str | None = None,
) -> tuple[NDArray[np.float32], polars.DataFrame]:
    """X [n, width], float32 and mapped into memory, and the n decisions it belongs to.

    Args:
        store: the log.
        site: name of a site, such as ``resid_post``.
        layer: 0 is the embedding, 1 the first block, -1 the last.
        study: name of a study; this or `run`.
        run: beginning of a run's id.
        span: which tokens, such as ``pre_choice``.
        agent: only this agent's decisions.
        where: only decisions that fulfill this SQL condition over `v_decision`.

    Raises:
        UnknownName: for a study, run, site, span or agent that the log does not have.
        UsageError: for a layer that was not captured, rows of several models, or a log without captures.
        StoreError: when a shard is missing or cannot be read.
    """
    found = captured_rows(
        store, site, study=study, run=run, span=span, agent=agent, where=where, prefer=layer
    )
    return found.matrix(layer), found.frame()


def captured_rows(
    store: Store,
    site: str,
    *,
    study: str | None = None,
    run: str | None = None,
    span: str = DEFAULT_SPAN,
    agent: str | None = None,
    where: str | None = None,
    prefer: int | None = None,
) -> CapturedRows:
    """The decisions that have a captured span, for all layers of a site; arguments as of `activations`.

    Of a decision that was captured several times, the capture with the most layers of the site is taken, or
    one that has the layer `prefer`.

    Raises:
        UnknownName: for a study, run, site, span or agent that the log does not have.
        UsageError: when nothing was captured there.
    """
    meant = _meant(store, study, run, agent, where)
    there = kept(store, meant.scope)
    _refuse_unknown(store, meant, there, site, span)
    sets = {one.site_set: one.sites for one in there if any(shape.site == site for shape in one.sites)}
    rows = list(captured(store, meant.scope, span=span, site_sets=_worth(sets, site, prefer)))
    present = tuple(row for row in rows if row.path is not None)
    covered = _coverage(store, meant.scope, rows)
    if where is not None and not covered.decisions:
        raise UsageError(f"no decision of {meant.words} that a captured agent made fulfills: {where}")
    if not present:
        raise UsageError(f"no decision of {meant.words} has {site} at {span}: {covered}")
    root = captures_root(store.location)
    return CapturedRows(meant.study, site, root, present, covered, sets, readers(store))


def coverage(
    store: Store,
    site: str,
    *,
    study: str | None = None,
    run: str | None = None,
    span: str = DEFAULT_SPAN,
    agent: str | None = None,
) -> Coverage:
    """How many decisions have that site at that span; arguments as of `activations`."""
    scope = _meant(store, study, run, agent, None).scope
    sets = _worth({one.site_set: one.sites for one in kept(store, scope)}, site, None)
    return _coverage(store, scope, list(captured(store, scope, span=span, site_sets=sets)))


def _worth(sets: Mapping[str, Sequence[SiteShape]], site: str, prefer: int | None) -> dict[str, int]:
    """The sets that have a site → at how many layers; those with the preferred one count most, and alike."""
    found = {of: {shape.layer for shape in sites if shape.site == site} for of, sites in sets.items()}
    most = 1 + max(map(len, found.values()), default=0)
    return {of: most if prefer in layers else len(layers) for of, layers in found.items() if layers}


class _Meant(NamedTuple):
    """Which decisions a user means: their scope, study, and how a message and a command call it."""

    scope: Scope
    study: str | None
    words: str
    name: str


def _meant(store: Store, study: str | None, run: str | None, agent: str | None, where: str | None) -> _Meant:
    if study is None and run is None:
        raise UsageError("activations: name a study or a run")
    if run is not None:
        info = get_run(store, run)
        return _Meant(Scope(run=info.id, agent=agent, where=where), info.study, f"run {info.id}", info.id)
    found = get_study(store, str(study))
    return _Meant(Scope(found.id, None, agent, where), found.name, f"study '{found.name}'", found.name)


def _refuse_unknown(store: Store, meant: _Meant, there: Sequence[Kept], site: str, span: str) -> None:
    """Say what was captured when something else is asked for."""
    agents = captured_agents(store, meant.scope)
    if not agents:
        raise UsageError(
            f"{meant.words} has no captures: put `capture: {{}}` into the policy of a local model and run "
            f"it, or read its logged tokens again with `lab capture {meant.name}`"
        )
    if meant.scope.agent is not None and meant.scope.agent not in agents:
        raise UnknownName("captured agent", meant.scope.agent, agents)
    sites = {shape.site for one in there for shape in one.sites}
    if site not in sites:
        raise UnknownName("captured site", site, sites)
    spans = {one.span for one in there if any(shape.site == site for shape in one.sites)}
    if span not in spans:
        raise UnknownName("captured span", span, spans)


def _coverage(store: Store, scope: Scope, rows: Sequence[CapturedRow]) -> Coverage:
    decisions = count_decisions(store, scope, agents=captured_agents(store, scope))
    reasons = Counter(row.reason or NOT_CAPTURED for row in rows if row.path is None)
    unknown = decisions - len(rows)
    if unknown:
        reasons[NOT_CAPTURED] += unknown
    return Coverage(decisions, sum(row.path is not None for row in rows), dict(reasons.most_common()))
