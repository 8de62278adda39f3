"""What captures will take, from the shape of models and the number of answers."""

from __future__ import annotations

import pytest

import lab
from agents.models.local.shapes import KEPT_BYTES
from lab.analysis.capture_plan import (
    GATHERED_BYTES,
    Capturing,
    capturing,
    memory_bytes,
    most_bytes,
    run_bytes,
)
from lab.api import forecast
from scenarios.spec import Scenario
from tests.support.captures import BLUFF, ORGANISM, SOCIAL

ANSWER_BYTES = 4 * 64 * 4


@pytest.fixture(scope="module")
def agents() -> tuple[Capturing, ...]:
    loaded = lab.load(BLUFF, swap=[ORGANISM], capture="all")
    assert isinstance(loaded, Scenario)
    return capturing(loaded)


def test_only_agents_that_capture_count(agents: tuple[Capturing, ...]) -> None:
    assert [(one.agent, one.answer_bytes) for one in agents] == [("ann", ANSWER_BYTES)]


def test_a_run_keeps_its_answers_times_their_bytes(agents: tuple[Capturing, ...]) -> None:
    assert run_bytes(agents, {"ann": 8, "bob": 100}) == 8 * ANSWER_BYTES
    assert run_bytes((), None) == 0
    assert run_bytes(agents, None) is None


def test_no_run_keeps_more_than_all_its_decisions(agents: tuple[Capturing, ...]) -> None:
    assert most_bytes(agents, 16) == 16 * ANSWER_BYTES
    assert most_bytes(agents, None) is None
    assert most_bytes((), None) == 0


def test_in_memory_are_a_batch_of_each_model_and_what_waits_of_each_run(
    agents: tuple[Capturing, ...],
) -> None:
    batch = 32 * ANSWER_BYTES
    assert memory_bytes(agents, [1_000.0], in_flight=4) == batch + 4_000
    assert memory_bytes(agents, [1e12], in_flight=4) == batch + 4 * GATHERED_BYTES
    assert memory_bytes([*agents, *agents], [0.0], in_flight=4) == batch
    assert memory_bytes(agents, [None], in_flight=4) is None


def test_a_generated_reply_waits_whole_up_to_a_limit(agents: tuple[Capturing, ...]) -> None:
    (scored,) = agents
    assert (scored.reply_tokens, scored.waiting_bytes) == (0, 0), "an organism's choices are scored"
    generated = [scored._replace(reply_tokens=200)]
    assert memory_bytes(generated, [0.0], in_flight=1) == 32 * ANSWER_BYTES * 201
    endless = [scored._replace(reply_tokens=10**7)]
    assert memory_bytes(endless, [0.0], in_flight=1) == 32 * ANSWER_BYTES + KEPT_BYTES


def test_a_model_whose_config_is_not_here_leaves_it_open(agents: tuple[Capturing, ...]) -> None:
    unknown = [agents[0]._replace(shape=None)]
    assert run_bytes(unknown, {"ann": 1}) is most_bytes(unknown, 1) is None
    assert memory_bytes(unknown, [0.0], in_flight=1) is None


def test_the_forecast_counts_the_cells_in_which_a_model_plays() -> None:
    told = forecast(SOCIAL / "organism.study.yaml", capture="all")
    assert told.capture_bytes == 40 * 8 * ANSWER_BYTES
    assert told.capture_memory_bytes == (32 + 32 * 8) * ANSWER_BYTES
    assert forecast(SOCIAL / "organism.study.yaml").capture_bytes == 0
