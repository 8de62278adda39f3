"""Which jobs go through the model together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from agents.models.local.jobs import Job

Plan = Callable[[Sequence[Job], int, int], list[list[int]]]
"""From jobs, most rows and most tokens of a batch to batches, as places in the jobs; every job in one."""

BUCKET = 64
"""Strict prompts are padded to a multiple of this."""


def by_length(jobs: Sequence[Job], rows: int, tokens: int) -> list[list[int]]:
    """Batches of like length, the longest first, so that little is padded; ties in the order given.

    A batch spans its rows × its longest job, and a job longer than `tokens` goes alone.
    """
    batches: list[list[int]] = []
    for place in sorted(range(len(jobs)), key=lambda place: -len(jobs[place].ids)):
        last = batches[-1] if batches else []
        widest = max((span(jobs[one]) for one in [*last, place]), default=0)
        if last and len(last) < rows and (len(last) + 1) * widest <= tokens:
            last.append(place)
        else:
            batches.append([place])
    return batches


def by_shape(jobs: Sequence[Job], rows: int, tokens: int) -> list[list[int]]:
    """Strict batches: jobs whose rows have one shape, ordered by `Job.order`.

    The shape of a batch is fixed by its bucket and `rows` alone, so `tokens` does not bound it.
    """
    shapes: dict[tuple[str, int], list[int]] = {}
    for place in sorted(range(len(jobs)), key=lambda place: jobs[place].order):
        shapes.setdefault((jobs[place].decide, bucket(len(jobs[place].ids))), []).append(place)
    return [
        places[start : start + rows] for places in shapes.values() for start in range(0, len(places), rows)
    ]


def bucket(length: int) -> int:
    """Columns of a strict prompt: at least one is padding, so that no batch does without a mask."""
    return (length // BUCKET + 1) * BUCKET


def span(job: Job) -> int:
    """Columns that a job may come to fill."""
    scored = max((len(choice) for choice in job.choices), default=0)
    written = 0 if job.decide == "score" else job.max_tokens
    return len(job.ids) + max(scored, written)
