from __future__ import annotations

import pytest

from agents.models.local.batches import BUCKET, bucket, by_length, by_shape, span
from agents.models.local.jobs import Job
from lab.core.calls import Decide


def job(length: int, *, order: str = "", decide: Decide = "generate", max_tokens: int = 0) -> Job:
    return Job(ids=(1,) * length, key=0, order=order, decide=decide, max_tokens=max_tokens)


def lengths(jobs: list[Job], batches: list[list[int]]) -> list[list[int]]:
    return [[len(jobs[place].ids) for place in batch] for batch in batches]


@pytest.mark.parametrize(
    ("prompts", "rows", "tokens", "batches"),
    [
        ([], 4, 100, []),
        ([5], 4, 100, [[5]]),
        ([3, 9, 1, 7], 2, 100, [[9, 7], [3, 1]]),
        ([3, 9, 1, 7], 4, 18, [[9, 7], [3, 1]]),
        ([3, 9, 1, 7], 4, 100, [[9, 7, 3, 1]]),
        ([200, 3, 200], 4, 100, [[200], [200], [3]]),
    ],
)
def test_batches_hold_like_lengths_and_keep_their_caps(
    prompts: list[int], rows: int, tokens: int, batches: list[list[int]]
) -> None:
    jobs = [job(length) for length in prompts]
    assert lengths(jobs, by_length(jobs, rows, tokens)) == batches


def test_a_short_prompt_with_a_long_reply_counts_with_its_reply() -> None:
    jobs = [job(10), job(9, max_tokens=90), job(8)]
    assert by_length(jobs, 4, 120) == [[0], [1], [2]]


def test_every_job_stands_in_exactly_one_batch() -> None:
    jobs = [job(7 * place % 150, order=str(place), max_tokens=place) for place in range(40)]
    for batches in (by_length(jobs, 7, 600), by_shape(jobs, 7, 600)):
        assert sorted(place for batch in batches for place in batch) == [*range(40)]


def test_strict_batches_have_one_bucket_and_are_ordered_by_order() -> None:
    jobs = [job(3, order="d"), job(70, order="c"), job(5, order="b"), job(9, order="a")]
    assert by_shape(jobs, 2, 0) == [[3, 2], [0], [1]]


def test_strict_batches_never_mix_written_and_scored_replies() -> None:
    jobs = [job(3, order="a"), job(3, order="b", decide="score"), job(3, order="c")]
    assert by_shape(jobs, 4, 0) == [[0, 2], [1]]


@pytest.mark.parametrize("length", [1, BUCKET - 1, BUCKET, BUCKET + 1, 1000])
def test_a_bucket_leaves_room_for_padding(length: int) -> None:
    assert length < bucket(length) <= length + BUCKET
    assert bucket(length) % BUCKET == 0


def test_a_job_spans_its_prompt_and_the_longer_of_reply_and_choices() -> None:
    choices = ((1, 2, 3), (4,))
    assert span(Job(ids=(1, 2), key=0, max_tokens=9)) == 11
    assert span(Job(ids=(1, 2), key=0, max_tokens=9, choices=choices, decide="score")) == 5
    assert span(Job(ids=(1, 2), key=0, max_tokens=2, choices=choices, decide="both")) == 5
