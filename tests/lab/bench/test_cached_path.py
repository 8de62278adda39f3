"""The benchmark measures what it says; its gates are checked by `make verify`, never here by the clock."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from agents.models.local.jobs import Job
from lab.bench.cached_path import encoded_anew, figures, play, prefill_and_batch, random_llama
from lab.core.errors import LabError

SMALL = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1}


@pytest.fixture(scope="module")
def model() -> Any:
    return random_llama(SMALL)


def test_every_figure_is_measured_and_has_a_gate() -> None:
    threads = torch.get_num_threads()
    found = {figure.name: figure for figure in figures(rounds=1, size=SMALL, agents=2)}
    assert list(found) == [
        "2 agents × 6 turns, cached",
        "decision at 1,160 tokens, 80 new",
        "8 agents share 400 tokens, 40 own",
        "8 options scored, cached",
    ]
    assert all(figure.value > 0 and figure.gate for figure in found.values())
    assert torch.get_num_threads() == threads


def test_agents_take_turns_with_what_they_said_before(model: Any) -> None:
    asked: list[list[int]] = []

    def answer(jobs: Any) -> list[tuple[int, ...]]:
        asked.append([len(job.ids) for job in jobs])
        return [(7,) * job.max_tokens for job in jobs]

    said = play(1, answer, agents=3, turns=2)
    assert said == [(7,) * 16] * 6
    assert all(220 <= length <= 290 for length in asked[0])
    assert all(36 <= later - before <= 106 for before, later in zip(*asked, strict=True))


def test_naive_replies_are_the_likeliest_tokens(model: Any) -> None:
    job = Job((5, 6, 7), key=0, max_tokens=5)
    reply = encoded_anew(model, job)
    logits = model(torch.tensor([job.ids + reply[:-1]])).logits[0, 2:]
    assert tuple(logits.argmax(-1).tolist()) == reply


def test_the_yardstick_of_options_scores_them_right(model: Any) -> None:
    prompt, options = (5, 6, 7), [(1, 2), (3, 4)]
    for option, found in zip(options, prefill_and_batch(model, prompt, options), strict=True):
        log_p = model(torch.tensor([prompt + option])).logits[0].log_softmax(-1)
        assert found == pytest.approx(float(log_p[2, option[0]] + log_p[3, option[1]]), abs=1e-4)


def test_sides_that_disagree_give_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.bench.cached_path.encoded_anew", lambda model, job: (0,) * job.max_tokens)
    with pytest.raises(LabError, match="nothing to compare"):
        next(figures(rounds=1, size=SMALL, agents=1))
