"""Pictures of a probe: the timeline of a run and the tokens of a decision, named or chosen by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from db.probes import ProbeRow, get_probe
from db.reading import get_run
from db.store import Store
from lab.align.applying import probe_of
from lab.align.readings import (
    Reading,
    median_run,
    of_run,
    read_basis,
    readings_of,
    reference_of,
    scored_key,
    scored_run,
)
from lab.align.strips import strip_of
from lab.align.timelines import timeline_of, usual_event
from lab.core.errors import LabError
from lab.reporting.figure import Figure
from lab.reporting.inputs import Basis
from lab.reporting.timeline import timeline_figure
from lab.reporting.token_strip import token_strip
from lab.runner.reread_plan import Readers

MEDIAN = "of all runs the one with the median range of scores"
LAST = "its last decision"
SEEN = "and on this run too"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """What is to be drawn of a probe.

    Attributes:
        run: the beginning of a run's id.
        at: seq of a decision whose tokens are drawn; None for no tokens.
        around: a kind of event, an action, or a SELECT of run and tick, to average around; None for none.
        reference: a cell or a value of the variable that tokens are compared with; None for the negative one.
    """

    run: str
    at: int | None = None
    around: str | None = None
    reference: str | None = None


class Picture(NamedTuple):
    """A figure and the name of its files."""

    name: str
    figure: Figure


def pictures_of(store: Store, name: str, shot: Shot) -> tuple[Picture, ...]:
    """The timeline of a run and, where a decision is named, its tokens, as one probe reads them.

    Raises:
        UnknownName: when there is no such probe, run, event or reference.
        UsageError: when the probe did not read the run or decision, or the weights are not at hand.
    """
    probe, info = get_probe(store, name), get_run(store, shot.run)
    readings = readings_of(store, probe, study=info.study)
    scored_run(readings, probe, info.id)
    basis = read_basis(store, probe, readings)
    timeline = timeline_of(store, probe, readings, run=info.id, basis=basis, around=shot.around)
    pictures = [Picture(f"timeline-{probe.id[:12]}-{info.id}", timeline_figure(timeline))]
    if shot.at is not None:
        figure = _strip(
            store, probe, readings, run=info.id, at=shot.at, reference=shot.reference, basis=basis
        )
        pictures.append(Picture(f"tokens-{probe.id[:12]}-{info.id}-{shot.at}", figure))
    return tuple(pictures)


def chosen_pictures(store: Store, probe: ProbeRow, basis: Basis, readers: Readers) -> Iterator[Picture | str]:
    """The same of a run and decision chosen by rule; a sentence where a picture cannot be had.

    The run is the one whose range of scores is the median of all runs', the decision its last.
    """
    readings = readings_of(store, probe, study=probe.study)
    run = median_run(readings)
    if run is None:
        yield "No timeline: no run has two scored decisions."
        return
    around = usual_event(store, probe, readings)
    timeline = timeline_of(store, probe, readings, run=run, basis=basis, around=around, chosen=MEDIAN)
    yield Picture("timeline", timeline_figure(timeline))
    last = of_run(readings, run)[-1].seq
    try:
        yield Picture(
            "tokens",
            _strip(store, probe, readings, run=run, at=last, basis=basis, readers=readers, chosen=LAST),
        )
    except LabError as error:
        yield f"No token strip: {error}."


def _strip(
    store: Store,
    probe: ProbeRow,
    readings: tuple[Reading, ...],
    *,
    run: str,
    at: int,
    basis: Basis,
    reference: str | None = None,
    readers: Readers | None = None,
    chosen: str = "",
) -> Figure:
    decision = scored_key(readings, run, at)
    _, fitted = probe_of(store, probe.id)
    compared = reference_of(readings, probe.variable, reference, fitted.card.task.classes)
    seen = any(one.fold is not None for one in of_run(readings, run))
    fitted_at = f"fitted at {probe.span} alone" + (f", {SEEN}" if seen else "")
    basis = replace(basis, marks=(*basis.marks, fitted_at))
    return token_strip(
        strip_of(store, probe, decision, basis=basis, reference=compared, readers=readers, chosen=chosen)
    )
