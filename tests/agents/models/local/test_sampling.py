from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from scipy.stats import chisquare
from torch import Tensor
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from agents.models.local.jobs import Job
from agents.models.local.sampling import Sampler, hashed, step_seeds
from lab.core.streams import stream_key

CPU = torch.device("cpu")
LOGITS = torch.tensor([3.0, 2.0, 1.0, 0.0, -1.0, -2.0, 0.5, 0.55, 0.05, 1.5])
SETTINGS = [(1.0, 1.0, 0), (0.7, 1.0, 0), (1.5, 0.8, 0), (1.0, 1.0, 4), (1.3, 0.7, 6), (1.0, 0.0, 0)]


def keys(count: int) -> list[int]:
    return [stream_key(7, "act", f"agent-{number}") for number in range(count)]


def job(key: int, temperature: float = 1.0, top_p: float = 1.0, top_k: int = 0) -> Job:
    return Job(ids=(), key=key, temperature=temperature, top_p=top_p, top_k=top_k)


def sampler(jobs: Sequence[Job]) -> Sampler:
    return Sampler(jobs, CPU)


def random_logits(rows: int, vocab: int, scale: float = 3.0) -> Tensor:
    return scale * torch.randn(rows, vocab, generator=torch.Generator().manual_seed(rows * vocab))


def drawn_shares(one: Job, steps: int, rows: int = 2000) -> np.ndarray:
    """How often each token was drawn, over rows with keys of their own."""
    jobs = [job(key, one.temperature, one.top_p, one.top_k) for key in keys(rows)]
    source = sampler(jobs)
    logits = LOGITS.expand(rows, -1)
    counts = sum(torch.bincount(source.draw(logits, step), minlength=10) for step in range(steps))
    assert isinstance(counts, Tensor)
    return counts.numpy() / (rows * steps)


def warped(logits: Tensor, temperature: float, top_p: float, top_k: int) -> Tensor:
    """What transformers makes of the logits; what it forbids is minus infinity."""
    none = torch.empty(0, dtype=torch.long)
    logits = TemperatureLogitsWarper(temperature)(none, logits)
    if top_k:
        logits = TopKLogitsWarper(top_k)(none, logits)
    return TopPLogitsWarper(top_p)(none, logits) if top_p < 1 else logits


@pytest.mark.parametrize(("temperature", "top_p", "top_k"), SETTINGS)
def test_tokens_come_as_often_as_their_probability_says(temperature: float, top_p: float, top_k: int) -> None:
    steps, rows = 100, 2000
    shares = drawn_shares(job(0, temperature, top_p, top_k), steps, rows)
    expected = warped(LOGITS[None], temperature, top_p, top_k).double().softmax(-1)[0].numpy()
    assert np.abs(shares - expected).max() < 3e-3
    legal = expected > 0
    assert (shares[~legal] == 0).all()
    if legal.sum() > 1:
        found, wanted = shares[legal] * steps * rows, expected[legal] * steps * rows
        assert chisquare(found, wanted).pvalue > 1e-3


@pytest.mark.parametrize("vocab", [7, 300, 20_000])
@pytest.mark.parametrize(("temperature", "top_p", "top_k"), [*SETTINGS[2:], (9.0, 0.999, 0), (1.0, 0.5, 50)])
def test_the_tokens_that_may_be_drawn_are_those_of_transformers(
    vocab: int, temperature: float, top_p: float, top_k: int
) -> None:
    logits = random_logits(3, vocab)
    legal = logits >= sampler([job(key, temperature, top_p, top_k) for key in keys(3)]).edge(logits)
    assert torch.equal(legal, warped(logits, temperature, top_p, min(top_k, vocab)).isfinite())


def test_tokens_level_with_the_last_that_may_be_drawn_may_be_drawn_too() -> None:
    logits = torch.tensor([[2.0, 1.0, 1.0, 1.0, 0.0]])
    assert (logits >= sampler([job(1, top_k=2)]).edge(logits)).tolist() == [[True, True, True, True, False]]


def test_what_a_row_draws_depends_on_no_other_row() -> None:
    jobs = [job(key, *SETTINGS[place % len(SETTINGS)]) for place, key in enumerate(keys(32))]
    jobs[5] = job(jobs[5].key, temperature=0.0)
    logits = random_logits(32, 3000)
    order = torch.randperm(32, generator=torch.Generator().manual_seed(1))
    for step in (0, 3, 300):
        together = sampler(jobs).draw(logits, step)
        shuffled = sampler([jobs[place] for place in order]).draw(logits[order], step)
        alone = [int(sampler([one]).draw(logits[[place]], step)) for place, one in enumerate(jobs)]
        assert together.tolist() == alone
        assert torch.equal(shuffled, together[order])


def test_rows_that_are_kept_go_on_with_their_own_streams() -> None:
    jobs = [job(key, top_p=0.9) for key in keys(6)]
    logits = random_logits(6, 50)
    rest = torch.tensor([4, 1])
    source = sampler(jobs)
    source.draw(logits, 0)
    source.keep(rest)
    assert torch.equal(source.draw(logits[rest], 1), sampler(jobs).draw(logits, 1)[rest])


@pytest.mark.parametrize("temperature", [0.0, 1e-30, 1e-6])
def test_cold_rows_take_the_likeliest_token(temperature: float) -> None:
    logits = random_logits(8, 500)
    jobs = [job(key, temperature, top_p=0.9) for key in keys(8)]
    assert torch.equal(sampler(jobs).draw(logits, 0), logits.argmax(-1))


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_row_whose_logits_are_no_numbers_draws_minus_one(temperature: float) -> None:
    logits = random_logits(3, 40)
    logits[1, 7] = torch.nan
    tokens = sampler([job(key, temperature) for key in keys(3)]).draw(logits, 0)
    assert (tokens == -1).tolist() == [False, True, False]


def test_steps_keys_and_tokens_share_no_noise() -> None:
    flat = torch.zeros(400, 64)
    source = sampler([job(key) for key in range(400)])  # keys that are neighbors
    first, second = source.draw(flat, 0), source.draw(flat, 1)
    assert abs(float((first == second).float().mean()) - 1 / 64) < 0.03
    assert abs(float((first[1:] == first[:-1]).float().mean()) - 1 / 64) < 0.03
    assert chisquare(np.bincount(first.numpy(), minlength=64)).pvalue > 1e-3


def test_seeds_never_change_between_machines_and_versions() -> None:
    seeds = step_seeds(np.array([0, 2**64 - 1], dtype=np.uint64), 0)
    assert seeds[0].tolist() == [[2065550767, -501176263], [-987062438, -1518897109]]
    assert seeds[255].tolist() == [[1203564958, 1515729595], [-1429936304, -111547008]]


def test_the_hash_is_its_definition_in_whole_numbers() -> None:
    tokens, first, second = 123_456_789, 0xDEADBEEF, 0x12345678
    word = tokens ^ first
    word ^= word >> 16
    word = word * 0x7FEB352D % 2**32
    word = (word + second) % 2**32
    word ^= word >> 15
    word = word * 0x846CA68B % 2**32
    word ^= word >> 16
    found = hashed(*(signed(value) for value in (tokens, first, second)))
    assert int(found) % 2**32 == word


def signed(value: int) -> Tensor:
    return torch.tensor([[value - 2**32 * (value >= 2**31)]], dtype=torch.int32)
