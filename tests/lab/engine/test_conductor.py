"""How a world is driven to its end, and that nothing but its keys orders it."""

from __future__ import annotations

import asyncio
import math
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.calls import ModelFailure, ModelReply
from lab.core.errors import RunFailed
from lab.core.ports import Play, PolicyContext
from lab.core.records import Answer, DecisionRequest, Measured, MeasureSpec, RunRecord, RunStatus, Status
from lab.engine.calls import Calls, Journal
from lab.engine.conductor import Conductor, Limits, LiveChange, StopSignal
from lab.engine.seats import OnInvalid, Think
from scenarios.environment import Environment, Spec
from tests.support.toys import AB, AsksModel, Draws, FakeModel, FakeSink, Says, SaysLater, Toy, game, rounds
from tests.support.worlds import decisions_of, make_world, play

ROOT = Path(__file__).resolve().parents[3]
NAMES = ("ann", "bob", "cid")
NONSENSE = [
    None,
    object(),
    math.nan,
    10**5000,
    [["x"]] * 50,
    b"x",
    "\ud800\0",
    {"b", "a"},
    {1: object()},
    Says,
]


def paid(record: RunRecord) -> list[Measured]:
    """The sum of all payoffs."""
    return [Measured("paid", sum(event.value or 0 for event in record.events))]


def talk(world: Toy) -> Play:
    """Two processes with asks, draws, exposures and payoffs: all that could depend on an order."""

    def one(name: str) -> Play:
        for number in range(3):
            world.expose(name, "number", number, text=str(world.uniform("deal", name)))
            decision = yield world.ask(name, {"n": number}, AB, phase="talk")
            world.pay(name, len(decision.action or ""), decision=decision)
            yield world.wait(1 + int(world.uniform("pause", name) * 3))

    others = [world.spawn(one(name)) for name in world.agents[1:]]
    yield world.all_of(*others)
    yield world.ask_all(world.agents, lambda name: {"last": name}, AB, phase="vote")


TALK = game(talk, measures=[MeasureSpec("paid", "sum of payoffs", "points", paid)])


class DrawsLater(SaysLater):
    """A keyed choice that takes its turns of the event loop."""

    async def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        await super().decide(request, ctx)
        return "a" if ctx.uniform() < 0.5 else "b"


def digest(agents: Mapping[str, Any], **options: Any) -> str:
    """The digest of a talk."""
    return play(TALK, {}, agents, **options).digest


# --- nothing but keys orders a run ------------------------------------------------------------------


@settings(max_examples=30)
@given(st.lists(st.lists(st.integers(0, 6), min_size=1, max_size=5), min_size=3, max_size=3))
def test_the_order_in_which_replies_arrive_changes_nothing(turns: list[list[int]]) -> None:
    at_once = digest({name: Draws() for name in NAMES})
    late = {name: DrawsLater("a", turns=own) for name, own in zip(NAMES, turns, strict=True)}
    assert digest(late) == at_once


def test_worlds_one_by_one_and_all_at_once_are_the_same() -> None:
    def agents(seed: int) -> dict[str, Any]:
        return {name: DrawsLater("a", turns=(seed % 3, 1, 4)) for name in NAMES}

    async def together() -> list[str]:
        worlds = [make_world(TALK, {}, agents(seed), seed=seed) for seed in range(8)]
        conductors = [
            Conductor(world, Calls("run", None, Journal()), Limits(), StopSignal()) for world in worlds
        ]
        await asyncio.gather(*(conductor.conduct() for conductor in conductors))
        return [world.ledger.head for world in worlds]

    assert asyncio.run(together()) == [digest(agents(seed), seed=seed) for seed in range(8)]


def test_the_seed_decides_and_the_name_of_the_run_does_not() -> None:
    def head(seed: int, run: str) -> str:
        world = make_world(TALK, {}, {name: Draws() for name in NAMES}, seed=seed)
        world.ledger.run = run
        asyncio.run(Conductor(world, Calls(run, None, Journal()), Limits(), StopSignal()).conduct())
        return world.ledger.head

    assert head(1, "x") == head(1, "y") != head(2, "x")


@pytest.mark.parametrize("hash_seed", ["0", "1", "random"])
def test_a_fresh_process_gives_the_same_digest(hash_seed: str) -> None:
    code = (
        "from tests.lab.engine.test_conductor import NAMES, NONSENSE, digest\n"
        "from tests.support.toys import Draws, Says\n"
        "print(digest({name: Draws() for name in NAMES}), digest({name: Says(*NONSENSE) for name in NAMES}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    here = digest({name: Draws() for name in NAMES}), digest({name: Says(*NONSENSE) for name in NAMES})
    assert tuple(done.stdout.split()) == here


def test_adding_an_agent_shifts_nobody_elses_draws() -> None:
    few = play(rounds(20), {}, {name: Draws() for name in NAMES})
    more = play(rounds(20), {}, {name: Draws() for name in ("zoe", *NAMES)})
    for name in NAMES:
        assert decisions_of(few, name) == decisions_of(more, name)


def test_what_is_measured_and_hidden_is_not_in_the_digest() -> None:
    plain = game(talk)
    agents = {name: Draws() for name in NAMES}
    assert play(plain, {}, agents).digest == digest(agents)


# --- decisions --------------------------------------------------------------------------------------


def test_nonsense_of_every_kind_is_data_and_ends_no_run() -> None:
    run = play(rounds(len(NONSENSE)), {}, {"ann": Says(*NONSENSE)}, on_invalid=OnInvalid(0))
    assert run.status is RunStatus.DONE
    assert {made.status for made in run.record.decisions} == {Status.INVALID}
    assert all(made.raw and made.action is None for made in run.record.decisions)


def test_every_status_is_logged_as_it_came_about() -> None:
    def fallible(request: Any) -> ModelReply | ModelFailure:
        return ModelFailure("timeout", "30 s")

    agents = {"ann": Says("a", "x", "b"), "bob": AsksModel(FakeModel(fallible)), "cid": Says("x")}
    sink = FakeSink()
    play(rounds(2), {}, agents, sink=sink, limits=Limits(error_share=0.4))
    statuses = {(row.agent, row.tick): (row.status, row.action, row.args) for row in sink.rows("decisions")}
    assert statuses == {
        ("ann", 0): ("ok", "a", "{}"),
        ("bob", 0): ("error", None, None),
        ("cid", 0): ("invalid", None, None),
        ("ann", 1): ("retried", "b", "{}"),
        ("bob", 1): ("error", None, None),
        ("cid", 1): ("invalid", None, None),
    }


def test_a_model_error_past_its_deadline_stays_an_error() -> None:
    def rules(world: Toy) -> Play:
        decision = yield world.ask("ann", {}, AB, phase="choose", deadline=1)
        assert (decision.status, decision.effect_tick) == (Status.ERROR, 1)

    down = AsksModel(FakeModel(lambda request: ModelFailure("timeout", "30 s")))
    play(game(rules), {}, {"ann": down}, think={"ann": Think(5)}, limits=Limits(error_share=1.0))


def test_a_policy_reads_its_request_in_the_words_of_the_game() -> None:
    read: list[str] = []

    class Reads(Says):
        def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
            read.extend(segment.text for segment in ctx.render(request))
            return "a"

    play(rounds(2), {}, {"ann": Reads()})
    assert read == ["{'round': 0}", "{'round': 1}"]


def test_a_late_reply_with_words_of_its_own_keeps_them() -> None:
    def rules(world: Toy) -> Play:
        yield world.ask("ann", {}, AB, phase="choose", deadline=1)

    run = play(game(rules), {}, {"ann": Says(Answer("b", raw="I say b"))}, think={"ann": Think(2)})
    assert [(made.status, made.raw) for made in run.record.decisions] == [(Status.TIMEOUT, "I say b")]


def test_policies_are_told_every_decision_of_their_own_in_order() -> None:
    ann, bob = Says("a", "x", "x"), SaysLater("b")
    run = play(rounds(3), {}, {"ann": ann, "bob": bob})
    assert ann.told == [made for made in run.record.decisions if made.agent == "ann"]
    assert bob.told == [made for made in run.record.decisions if made.agent == "bob"]


@pytest.mark.parametrize("later", [False, True])
def test_a_bug_in_a_policy_ends_the_run_with_its_own_error(later: bool) -> None:
    class Buggy(Says):
        def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
            if not later:
                raise ZeroDivisionError("here")

            async def fail() -> Any:
                raise ZeroDivisionError("here")

            return fail()

    with pytest.raises(ZeroDivisionError, match="here"):
        play(rounds(1), {}, {"ann": Buggy(), "bob": Says("a")})


def test_a_bug_in_one_policy_loses_no_reply_that_another_waits_for() -> None:
    class Buggy(Says):
        async def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
            raise ZeroDivisionError

    sink = FakeSink()
    with pytest.raises(ZeroDivisionError):
        play(rounds(1), {}, {"ann": Buggy(), "bob": AsksModel(FakeModel(), "plan", "act")}, sink=sink)
    assert [row.node for row in sink.calls] == ["plan#0", "act#0"]
    assert sink.notes == ["call", "committed"] * 2


# --- ends -------------------------------------------------------------------------------------------


def priced(tokens: int = 0, cost_usd: float | None = None) -> AsksModel:
    """A policy whose every decision costs so much."""
    return AsksModel(FakeModel(lambda request: ModelReply("a", tokens_in=tokens, cost_usd=cost_usd)))


@pytest.mark.parametrize(
    ("limits", "reason", "decisions"),
    [
        (Limits(decisions=1), "limits.decisions: 1", 2),
        (Limits(decisions=4), "limits.decisions: 4", 4),
        (Limits(decisions=5), "limits.decisions: 5", 6),
        (Limits(tokens=40), "limits.tokens: 40", 4),
        (Limits(cost_usd=0.3), "limits.cost_usd: 0.3", 4),
        (Limits(decisions=20), None, 20),
        (Limits(decisions=99, tokens=999, cost_usd=99.0), None, 20),
    ],
)
def test_a_limit_ends_the_run_at_the_next_ask(limits: Limits, reason: str | None, decisions: int) -> None:
    run = play(rounds(10), {}, {"ann": priced(10, 0.1), "bob": priced(10, 0.1)}, limits=limits)
    assert run.status is (RunStatus.LIMITED if reason else RunStatus.DONE)
    assert (run.outcome.reason, len(run.record.decisions)) == (reason, decisions)


def test_a_price_that_is_unknown_hides_no_price_that_is_known() -> None:
    run = play(rounds(9), {}, {"ann": priced(cost_usd=0.1), "bob": priced()}, limits=Limits(cost_usd=0.25))
    assert (run.status, len(run.record.decisions)) == (RunStatus.LIMITED, 6)


def test_a_limited_run_ends_in_a_whole_log_with_its_measures() -> None:
    """What follows from the last decisions is logged; the ask that is not made leaves no row."""
    sink = FakeSink()
    run = play(TALK, {}, {name: Draws() for name in NAMES}, limits=Limits(decisions=3), sink=sink)
    rows = sink.chained()
    assert [row.seq for row in rows] == list(range(1, len(rows) + 1))
    assert len(sink.rows("events")) == len(sink.rows("decisions")) >= 3
    assert run.measures == {"paid": len(sink.rows("events"))}
    assert {row.decision for row in sink.rows("exposures")} <= {
        None,
        *(row.seq for row in sink.rows("decisions")),
    }
    assert run.digest == rows[-1].hash == sink.progress[-1].head
    assert sink.rows("measures")


def test_a_limited_run_is_the_beginning_of_the_unlimited_one() -> None:
    whole, limited = FakeSink(), FakeSink()
    for sink, limits in ((whole, Limits()), (limited, Limits(decisions=3))):
        play(TALK, {}, {name: Draws() for name in NAMES}, limits=limits, sink=sink)
    rows = [row for row in limited.chained() if getattr(row, "decision", 0) is not None]
    assert rows == whole.chained()[: len(rows)]


def test_a_run_that_ends_by_itself_at_its_limit_is_done() -> None:
    assert play(rounds(2), {}, {"ann": Says("a")}, limits=Limits(decisions=2)).status is RunStatus.DONE


@pytest.mark.parametrize("limits", [Limits(), Limits(wall_s=1e-9)])
def test_a_run_that_is_stopped_from_outside_has_no_end(limits: Limits) -> None:
    sink, stop = FakeSink(), StopSignal(now=limits.wall_s is None)
    run = play(rounds(3), {}, {"ann": Says("a")}, limits=limits, stop=stop, sink=sink)
    assert (run.status, run.measures, sink.chained()) == (RunStatus.STOPPED, {}, [])


def test_a_run_stops_at_a_barrier_and_goes_on_to_the_same_digest() -> None:
    stop = StopSignal()

    class Stops(Draws):
        def observe(self, request: Any, decision: Any) -> None:
            stop.now = decision.tick == 2

    sink, rest = FakeSink(), FakeSink()
    first = play(rounds(6), {}, {"ann": Stops(), "bob": Draws()}, stop=stop, sink=sink)
    agents = {"ann": Draws(), "bob": Draws()}
    second = play(rounds(6), {}, agents, sink=rest, recorded=sink.recorded())
    assert (first.status, first.outcome.ticks, len(sink.chained())) == (RunStatus.STOPPED, 4, 6)
    assert second.digest == play(rounds(6), {}, agents).digest
    assert [row.seq for row in rest.chained()] == list(range(7, 13))


@pytest.mark.parametrize(
    ("share", "failures", "fails"),
    [(0.0, 0, False), (0.0, 1, True), (0.25, 1, False), (0.25, 2, True), (1.0, 4, False)],
)
def test_a_run_fails_above_the_share_of_model_errors_it_allows(
    share: float, failures: int, fails: bool
) -> None:
    results: list[ModelReply | ModelFailure] = [ModelFailure("timeout", "x")] * failures
    results += [ModelReply("a")] * (4 - failures)
    agents = {"ann": AsksModel(FakeModel(lambda request: results.pop(0)))}
    if fails:
        with pytest.raises(RunFailed, match=f"failures.decisions allows a share of {share}"):
            play(rounds(4), {}, agents, limits=Limits(error_share=share))
    else:
        assert play(rounds(4), {}, agents, limits=Limits(error_share=share)).status is RunStatus.DONE


def test_a_bad_reply_is_no_model_error() -> None:
    assert play(rounds(4), {}, {"ann": Says("x")}).status is RunStatus.DONE


def test_a_world_without_agents_acting_ends_by_itself() -> None:
    def rules(world: Toy) -> Play:
        yield world.wait(3)

    run = play(game(rules), {}, {"ann": Says("a")})
    assert (run.status, run.outcome.ticks, run.record.decisions) == (RunStatus.DONE, 4, [])


# --- forks ------------------------------------------------------------------------------------------


class Stake(Spec):
    stake: int = 1


class Staked(Environment[Stake]):
    Params = Stake
    live = ("stake",)

    def play(self) -> Play:
        for _ in range(4):
            decision = yield self.ask("ann", {"stake": self.params.stake}, AB, phase="choose")
            self.pay("ann", self.params.stake, decision=decision)
            yield self.wait(1)


def test_a_fork_changes_live_params_from_its_decision_on() -> None:
    run = play(Staked, {}, {"ann": Says("a")}, change=LiveChange(at=3, params={"stake": 5}))
    assert [(event.decision, event.value) for event in run.record.events] == [(1, 1), (3, 5), (5, 5), (7, 5)]


def test_a_fork_changes_the_policy_from_its_decision_on_and_the_new_one_knows_the_past() -> None:
    before, after = Says("a"), Says("b")
    run = play(rounds(4), {}, {"ann": before}, later={"ann": after}, later_from=3)
    assert decisions_of(run, "ann") == ["a", "a", "b", "b"]
    assert before.told == after.told == run.record.decisions
    assert [request.seq for request in after.asked] == [3, 4]


def test_a_fork_may_change_the_policies_keys_from_its_decision_on() -> None:
    plain = decisions_of(play(rounds(40), {}, {"ann": Draws()}), "ann")
    other = decisions_of(play(rounds(40), {}, {"ann": Draws()}, change=LiveChange(at=1, reseed=1)), "ann")
    first = next(seq for seq in range(20, 40) if plain[seq - 1] != other[seq - 1])
    fork = decisions_of(play(rounds(40), {}, {"ann": Draws()}, change=LiveChange(at=first, reseed=1)), "ann")
    assert fork == [*plain[: first - 1], *other[first - 1 :]]
