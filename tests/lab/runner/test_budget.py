"""A study stops at its limits: nothing under way is lost, and more room continues it."""

from __future__ import annotations

import asyncio
from itertools import count
from pathlib import Path
from typing import Any

import pytest

import lab
from agents.models.mock import first
from db.studies import Spent
from lab.core.calls import ModelReply, ModelRequest
from lab.core.errors import ScenarioError, StoreError, UsageError
from lab.core.records import RunStatus
from lab.runner import budget
from lab.runner.budget import Budget
from lab.runner.loop import Brake
from scenarios.spec import LimitsSpec
from scenarios.study import Study
from tests.support.studies import count as counted
from tests.support.studies import write_study

STORE: Any = None
SPENT = Spent(decisions=40, tokens=900, ticks=20, cost_usd=None, known_cost_usd=0.5)


def paid(request: ModelRequest) -> ModelReply:
    """A model whose every reply costs a cent."""
    return ModelReply(first(request), tokens_in=10, tokens_out=2, cost_usd=0.01)


def write_paid(folder: Path, *, limits: str = "{}") -> Path:
    """A study of 4 runs with 12 paid calls each."""
    path = write_study(folder, name="paid", seeds=1)
    text = path.read_text().replace(
        "  agents:", f"  models: {{cent: {{model: 'mock/{__name__}:paid'}}}}\n  agents:"
    )
    member = "{kind: scripted, name: conditional_cooperator, noise: 0.2}"
    text = text.replace(f"count: 3, policy: {member}", "count: 2, policy: {kind: llm, model: cent}")
    path.write_text(f"{text}limits: {limits}\n")
    return path


def spent(monkeypatch: pytest.MonkeyPatch, *found: Spent) -> None:
    """Let the log tell these sums, one after the other and the last one over and over."""
    told = iter(found)
    monkeypatch.setattr(budget, "study_spent", lambda *_: next(told, found[-1]))


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({}, None),
        ({"cost_usd": 0.51, "tokens": 901, "decisions": 41, "ticks": 21}, None),
        ({"cost_usd": 0.5}, "the cost limit of 0.5 USD (0.5 spent)"),
        ({"tokens": 900}, "the limit of 900 tokens (900 taken)"),
        ({"decisions": 4}, "the limit of 4 decisions (40 taken)"),
        ({"ticks": 20}, "the limit of 20 ticks (20 taken)"),
    ],
)
def test_the_first_limit_reached_is_told(
    monkeypatch: pytest.MonkeyPatch, limits: dict[str, Any], words: str | None
) -> None:
    spent(monkeypatch, SPENT)
    assert Budget(STORE, "id", LimitsSpec(**limits)).reached() == words


def test_real_time_counts_from_the_beginning_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    spent(monkeypatch, SPENT)
    seconds = count(100.0)
    one = Budget(STORE, "id", LimitsSpec(wall_s=2.0), clock=lambda: float(next(seconds)))
    assert [one.reached(), one.reached()] == [None, "the limit of 2 s of real time"]


def test_work_is_stopped_when_a_limit_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    spent(monkeypatch, Spent(0, 0, 0, 0.0, 0.0), SPENT)
    brake = Brake()

    async def work() -> None:
        while not brake.stop.now:
            await asyncio.sleep(0)

    reached = asyncio.run(Budget(STORE, "id", LimitsSpec(tokens=500)).keep(work(), brake))
    assert reached == "the limit of 500 tokens (900 taken)"
    assert brake.draining


def test_work_that_ends_in_time_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    spent(monkeypatch, SPENT)
    brake = Brake()
    assert asyncio.run(Budget(STORE, "id", LimitsSpec(tokens=901)).keep(asyncio.sleep(0), brake)) is None
    assert not brake.draining


def test_an_error_of_the_work_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    spent(monkeypatch, SPENT)

    async def work() -> None:
        raise StoreError("the disk is full")

    with pytest.raises(StoreError, match="the disk is full"):
        asyncio.run(Budget(STORE, "id", LimitsSpec(tokens=901)).keep(work(), Brake()))


def test_a_study_stops_at_its_cost_and_more_room_continues_it(tmp_path: Path) -> None:
    study, db = write_paid(tmp_path), str(tmp_path / "log.db")
    stopped = lab.batch(study, max_cost_usd=0.02, db=db)
    calls = counted(tmp_path / "log.db", "select count(*) from model_call")
    assert stopped.stopped is not None
    assert stopped.stopped.startswith("the cost limit of 0.02 USD (0.")
    assert 2 <= calls < 48
    again = lab.batch(study, max_cost_usd=0.02, db=db)
    assert again.stopped is not None
    assert counted(tmp_path / "log.db", "select count(*) from model_call") == calls
    whole = lab.batch(study, max_cost_usd=1.0, db=db)
    assert (whole.stopped, whole.counts) == (None, {RunStatus.DONE: 4})
    assert counted(tmp_path / "log.db", "select count(*) from model_call") == 48


def test_a_studys_own_limit_stops_it_too(tmp_path: Path) -> None:
    study = lab.batch(write_paid(tmp_path, limits="{tokens: 12}"), db=str(tmp_path / "log.db"))
    assert study.stopped is not None
    assert study.stopped.startswith("the limit of 12 tokens")


@pytest.mark.parametrize("limits", ["{cost_usd: 5}", "{}"])
def test_a_price_nobody_knows_cannot_be_limited(tmp_path: Path, limits: str) -> None:
    path = write_paid(tmp_path, limits=limits)
    path.write_text(path.read_text().replace(f"mock/{__name__}:paid", "openai/gpt-5-mini"))
    with pytest.raises(ScenarioError, match="the price of 'cent' is unknown") as caught:
        lab.batch(path, max_cost_usd=None if "5" in limits else 2.0, db=str(tmp_path / "log.db"))
    place = f"{path}: limits.cost_usd: " if "5" in limits else "--max-cost 2: "
    assert [str(one).startswith(place) for one in caught.value.problems] == [True]
    assert not (tmp_path / "log.db").exists()


@pytest.mark.parametrize("price", ["price: {in: 1, out: 2}, ", ""])
def test_a_rehearsal_costs_nothing_whatever_the_price(tmp_path: Path, price: str) -> None:
    path = write_paid(tmp_path)
    path.write_text(path.read_text().replace("{model: 'mock", f"{{{price}model: 'openai"))
    tried = lab.batch(path, rehearse=True, max_cost_usd=0.01, db=str(tmp_path / "log.db"))
    assert (tried.name, tried.stopped, tried.counts) == ("paid-rehearsal", None, {RunStatus.DONE: 4})


@pytest.mark.parametrize("cost", [0.0, -1.0, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused(tmp_path: Path, cost: float) -> None:
    with pytest.raises(UsageError, match=r"--max-cost .*: must be a number of USD above 0"):
        lab.batch(write_study(tmp_path), max_cost_usd=cost, db=str(tmp_path / "log.db"))


def test_what_is_free_may_be_limited(tmp_path: Path) -> None:
    study = lab.load(write_paid(tmp_path))
    assert isinstance(study, Study)
    budget.refuse_unpriced(study, max_cost_usd=1.0)
