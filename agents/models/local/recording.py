"""A recording: what the forwards of one batch bring of the tokens that captures need.

An execution path says before each forward which tokens of which job stand where in it. Those that a span may
need are kept until the reply is there and its spans are known; then the rest is let go. What the acting pass
never computed (the last token of a reply, what stands in a cache already, the tokens of a choice that was
taken by score) is read by one more forward of the same tokens, and marked as such.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor

from agents.models.local.jobs import Job, Outcome, Said
from agents.models.local.scoring import chosen
from agents.models.local.shapes import IN_REPLY, KEPT_BYTES
from agents.models.local.spans import common_tokens, spans_of
from lab.core.captures import Captured, CapturedSpan, Origin, SiteShape, TokenScores
from lab.core.streams import uniform
from probes.sites.names import Site
from probes.sites.site_map import SiteMap
from probes.sites.tape import Scorer, Tape, read_ids, score_ids


class Stretch(NamedTuple):
    """Tokens of a job in a forward: positions `at` to `at + size` have the numbers `first` and on there."""

    job: int
    at: int
    size: int
    first: int


@dataclass(frozen=True, slots=True)
class Plan:
    """A spec on this model.

    Attributes:
        sites: whose rows are kept; none where only scores are asked for.
        widths: of each of these.
        scorers: probes that score every token.
        dtype: of the rows.
    """

    sites: tuple[Site, ...]
    widths: tuple[int, ...]
    scorers: tuple[Scorer, ...]
    dtype: torch.dtype

    @property
    def dtype_name(self) -> str:
        """As torch names it."""
        return str(self.dtype).removeprefix("torch.")


@dataclass(slots=True)
class Kept:
    """What is known of a job's capture.

    Attributes:
        job: what was asked.
        plan: of its spec.
        said: the reply; None until it is there.
        spans: every span asked for; none until then.
        rows: of each span that has one, a vector [width] for each site.
        scores: of each probe.
        waiting: bytes of tokens kept for it.
    """

    job: Job
    plan: Plan
    said: Said | None = None
    spans: list[CapturedSpan] = field(default_factory=list)
    rows: dict[int, list[Tensor]] = field(default_factory=dict)
    scores: tuple[TokenScores, ...] = ()
    waiting: int = 0


class Recording:
    """Listens to the forwards of one batch.

    Args:
        model: that is run.
        site_map: of it.
        kept: the jobs that capture, by their number in the batch.
        origin: of what is read by a forward of its own.
    """

    def __init__(
        self, model: Any, site_map: SiteMap, kept: Mapping[int, Kept], *, origin: Origin = "recomputed"
    ) -> None:
        self._model = model
        self._site_map = site_map
        self._kept = kept
        self._origin: Origin = origin
        plans = [one.plan for one in kept.values()]
        sites = dict.fromkeys(site for plan in plans for site in plan.sites)
        scorers = {scorer.id: scorer for plan in plans for scorer in plan.scorers}
        self._tape = Tape(site_map, [*sites], scorers=[*scorers.values()])
        self._number = {site: number for number, site in enumerate(sites)}
        self._token_bytes = sum(site_map.widths[site] for site in sites) * model.dtype.itemsize
        self._waiting = 0

    def hearing(self, stretches: Iterable[Stretch]) -> AbstractContextManager[None]:
        """Within it one forward may be run, in which these tokens stand."""
        keep: list[Stretch] = []
        score: list[Stretch] = []
        for stretch in stretches:
            one = self._kept.get(stretch.job)
            if one is None:
                continue
            if one.plan.scorers:
                score.append(stretch)
            if one.plan.sites:
                keep += self._wanted(one, stretch)
        if not keep and not score:
            return nullcontext()
        self._tape.expect(*_tokens(keep))
        self._tape.score(*_tokens(score))
        return self._tape.recording()

    def ended(self, number: int, said: Said) -> None:
        """The reply of a job is there: its spans are taken, and all else that was kept of it is let go.

        Saying so again changes nothing, nor does it for a job that captures nothing.
        """
        one = self._kept.get(number)
        if one is None or one.said is not None:
            return
        one.said = said
        one.spans = [*spans_of(one.job, said)]
        places = [self._number[site] for site in one.plan.sites]
        for place, span in enumerate(one.spans):
            if span.reason is None and places:
                rows = self._tape.rows(number, _positions(span))
                if rows is not None:
                    one.rows[place] = [_reduced(rows[site], span.span) for site in places]
        found = self._tape.scores(number) if one.plan.scorers else {}
        one.scores = tuple(
            TokenScores(scorer.id, found[scorer.id][0], tuple(found[scorer.id][1]))
            for scorer in one.plan.scorers
            if scorer.id in found
        )
        self._tape.forget(number)
        self._waiting -= one.waiting

    def finished(self) -> dict[int, Captured]:
        """The capture of every job, by its number; to be asked for once, after the last forward."""
        for one in self._kept.values():
            self._read_missing(one)
        return _captured(self._kept)

    def _wanted(self, one: Kept, stretch: Stretch) -> Iterator[Stretch]:
        """The parts of a stretch that a span may need."""
        assert one.job.capture is not None, "only jobs that capture are kept"
        end = stretch.at + stretch.size
        for first, last in _ranges(one.job):
            start, stop = max(first, stretch.at), min(last, end)
            if start >= stop:
                continue
            more = (stop - start) * self._token_bytes
            if last > len(one.job.ids) and self._waiting + more > KEPT_BYTES:
                continue
            self._waiting += more
            one.waiting += more
            yield Stretch(stretch.job, start, stop - start, stretch.first + start - stretch.at)

    def _read_missing(self, one: Kept) -> None:
        """Read what no forward of the batch brought."""
        assert one.said is not None, "captures are asked for when all replies are there"
        ids = (*one.job.ids, *one.said.ids)
        missing = [n for n, span in enumerate(one.spans) if span.reason is None and n not in one.rows]
        if missing and one.plan.sites:
            positions = sorted({at for n in missing for at in _positions(one.spans[n])})
            seen = ids[: positions[-1] + 1]
            found = read_ids(self._model, self._site_map, seen, one.plan.sites, positions)
            row = {position: number for number, position in enumerate(positions)}
            for n in missing:
                span = one.spans[n]
                some = [row[at] for at in _positions(span)]
                one.rows[n] = [_reduced(rows[some], span.span) for rows in found]
                one.spans[n] = span._replace(origin=self._origin)
        if one.plan.scorers and not one.scores:
            scores = score_ids(self._model, self._site_map, ids, one.plan.scorers)
            one.scores = tuple(TokenScores(probe, 0, tuple(values)) for probe, values in scores.items())


def said_by(job: Job, reply_ids: Sequence[int], scores: Sequence[float] | None) -> Said:
    """The reply that comes of a job: the tokens generated, or the choice that its scores and its key draw."""
    if job.decide != "score":
        return Said(reply_ids)
    assert scores is not None, "what is decided by score has scores"
    number = chosen(scores, job.temperature, uniform(job.key))
    return Said(job.choices[number], number)


def with_captures(recording: Recording, jobs: Sequence[Job], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of a batch, with what was captured of each job; its last forward must be over."""
    for number, (job, outcome) in enumerate(zip(jobs, outcomes, strict=True)):
        recording.ended(number, said_by(job, outcome.reply_ids, outcome.choice_logprobs))
    captured = recording.finished()
    return [replace(outcome, captured=captured.get(n)) for n, outcome in enumerate(outcomes)]


def _ranges(job: Job) -> Iterator[tuple[int, int]]:
    """First position and end of what the spans of a job may need; of a reply all, for nobody knows yet."""
    assert job.capture is not None, "only jobs that capture need any"
    prompt, spans = len(job.ids), set(job.capture.spec.spans)
    if "pre_action" in spans:
        yield prompt - 1, prompt
    if job.decide == "score" and "pre_choice" in spans and job.choices:
        drawn = prompt + common_tokens(job.choices)
        yield drawn - 1, drawn
    if job.decide != "score" and spans & IN_REPLY:
        yield prompt - 1, prompt + job.max_tokens
    for name, segment in job.capture.segments.items():
        if segment is not None and f"segment({name})" in spans:
            yield segment


def _tokens(stretches: Sequence[Stretch]) -> tuple[list[int], list[tuple[int, int]]]:
    """Numbers of the tokens in the forward, and whose each is."""
    numbers = [one.first + n for one in stretches for n in range(one.size)]
    return numbers, [(one.job, one.at + n) for one in stretches for n in range(one.size)]


def _positions(span: CapturedSpan) -> range:
    assert span.start is not None, "a span without a reason has tokens"
    assert span.end is not None, "a span without a reason has tokens"
    return range(span.start, span.end)


def _reduced(rows: Tensor, span: str) -> Tensor:
    """One row [width] of a span's rows [tokens, width]: the largest of each number, or the mean."""
    if len(rows) == 1:
        return rows[0]
    return rows.amax(dim=0) if span == "action_max" else rows.float().mean(dim=0)


def _captured(kept: Mapping[int, Kept]) -> dict[int, Captured]:
    """The captures of all jobs; rows go to the CPU together, once for each site."""
    found: dict[int, Captured] = {}
    for plan in {id(one.plan): one.plan for one in kept.values()}.values():
        mates = {number: one for number, one in kept.items() if one.plan is plan}
        columns = _columns(plan, mates)
        faults = _faults(plan, columns)
        first = 0
        for number, one in mates.items():
            stop = first + len(one.rows)
            found[number] = _of_job(one, [column[first:stop] for column in columns], faults[first:stop])
            first = stop
    return found


def _columns(plan: Plan, mates: Mapping[int, Kept]) -> list[Tensor]:
    """For each site the rows of all spans of all jobs [rows, width], on the CPU."""
    rows = [one.rows[place] for one in mates.values() for place in sorted(one.rows)]
    if not rows:
        return [torch.empty(0, width, dtype=plan.dtype) for width in plan.widths]
    with torch.inference_mode(False), torch.no_grad():  # whoever gets them may do anything with them
        return [_column(plan, rows, site) for site in range(len(plan.sites))]


def _column(plan: Plan, rows: Sequence[list[Tensor]], site: int) -> Tensor:
    """One site's rows [rows, width] on the CPU; the device's go as they come, so that all are there once."""
    column = torch.stack([vectors[site] for vectors in rows]).to(plan.dtype).cpu()
    for vectors in rows:
        vectors[site] = column[:0]
    return column


def _faults(plan: Plan, columns: Sequence[Tensor]) -> list[str | None]:
    """Why a row cannot be kept, at the first site where it holds no number; None when it can."""
    faults: list[str | None] = [None] * (len(columns[0]) if columns else 0)
    for site, column in zip(plan.sites, columns, strict=True):
        for row in (~column.isfinite().all(dim=-1)).nonzero().flatten().tolist():
            faults[row] = faults[row] or f"its row at {site} is not finite in {plan.dtype_name}"
    return faults


def _of_job(one: Kept, rows: Sequence[Tensor], faults: Sequence[str | None]) -> Captured:
    """The capture of one job from its own rows, of which those with a fault are left out."""
    spans = list(one.spans)
    for place, fault in zip(sorted(one.rows), faults, strict=True):
        spans[place] = spans[place]._replace(reason=fault)
    sound = [row for row, fault in enumerate(faults) if fault is None]
    plan = one.plan
    return Captured(
        spans=tuple(spans),
        sites=tuple(SiteShape(*site, width) for site, width in zip(plan.sites, plan.widths, strict=True)),
        rows=tuple(rows if len(sound) == len(faults) else [some[sound] for some in rows]),
        dtype=plan.dtype_name,
        scores=one.scores,
    )
