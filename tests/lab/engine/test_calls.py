"""Model calls: committed before they count, answered from the log, never silently asked again."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from lab.core.calls import Artifact, ModelFailure, ModelReply, ModelRequest, SegmentSpan
from lab.core.errors import ModelUnavailable, ReplayDiverged, RunFailed
from lab.core.ports import PolicyContext
from lab.core.records import DecisionRequest, Status
from lab.core.rows import ArtifactRow, CallRow
from lab.engine.calls import Calls, Journal, recorded_call
from lab.engine.conductor import Limits
from tests.support.toys import AB, AsksModel, FakeModel, FakeSink, rounds
from tests.support.worlds import Played, decisions_of, play

GAME = rounds(3)
QWEN = Artifact(
    "local", "qwen", "f1", {"dtype": "float32", "note": "falls back to reference"}, {"torch": "2"}
)
BUSY = ModelFailure("rate_limit", "429", 0.1)
BROKEN = ModelFailure("server", "500", 0.2)
NODES = ("plan", "act", "act")
FORGIVING = Limits(error_share=1.0)


def played(model: FakeModel, *nodes: str, policy: type[AsksModel] = AsksModel, **options: Any) -> Played:
    """Three rounds of ann and bob, who ask the model."""
    agents = {name: policy(model, *(nodes or ("act",))) for name in ("ann", "bob")}
    return play(GAME, {}, agents, **options)


def journal(sink: FakeSink, calls: Iterable[CallRow] | None = None, **options: Any) -> Journal:
    """The calls that a sink took, or some of them, as a log gives them back."""
    rows = sink.calls if calls is None else calls
    return Journal([recorded_call(row, sink.texts) for row in rows], **options)


def silent() -> FakeModel:
    """A model that nobody may ask."""

    def refuse(request: ModelRequest) -> ModelReply:
        raise AssertionError(f"asked the model: {request.text}")

    return FakeModel(refuse)


def down() -> FakeModel:
    """A model that never answers."""
    return FakeModel(lambda request: ModelFailure("timeout", "30 s"))


def alternating() -> FakeModel:
    """A model whose replies differ from call to call, as with temperature."""
    words = itertools.cycle(["a", "b", "b"])
    return FakeModel(lambda request: ModelReply(next(words), tokens_in=3, tokens_out=1))


def test_a_reply_is_durable_before_its_decision_exists() -> None:
    sink = FakeSink()
    played(FakeModel(), sink=sink)
    instant = ["call", "call", "committed", "committed", "batch"]
    assert sink.notes == instant * 3


def test_a_call_is_a_row_with_request_and_reply() -> None:
    reply = ModelReply("a", "hm", "stop", 7, 2, 0.25, 1.5, {"fingerprint": "f1"})
    sink = FakeSink()
    played(FakeModel(lambda request: reply), *NODES, sink=sink)
    row = sink.calls[-1]
    assert (row.run, row.seq, row.call, row.attempt, row.try_) == ("test", 6, 2, 0, 0)
    assert (row.agent, row.tick, row.phase, row.ask, row.node) == ("bob", 2, "choose", 0, "act#1")
    assert (row.model, row.tokens_in, row.tokens_out, row.cost_usd) == ("fake/toy", 7, 2, 0.25)
    assert (row.latency_s, row.finish, row.error, row.facts) == (1.5, "stop", None, '{"fingerprint":"f1"}')
    assert (sink.texts[row.reply or ""], sink.texts[row.reasoning or ""]) == ("a", "hm")
    assert row.request == row.request_hash
    assert '"role":"user"' in sink.texts[row.request]
    assert recorded_call(row, sink.texts).reply == reply


def test_tokens_and_scores_of_a_reply_come_back_from_the_log() -> None:
    reply = ModelReply(
        "a",
        prompt_ids=(1, 151_644, 0),
        reply_ids=(),
        segment_ids=((0, 2), None),
        choice_logprobs={"a": -0.25, "b": -1.5},
        legal_mass=0.875,
        artifact=QWEN,
        failed=(BUSY,),
    )
    sink = FakeSink()
    played(FakeModel(lambda request: reply), sink=sink)
    row = sink.calls[-1]
    assert (sink.texts[row.prompt_ids or ""], sink.texts[row.reply_ids or ""]) == ("[1,151644,0]", "[]")
    assert (row.choice_logprobs, row.legal_mass) == ('{"a":-0.25,"b":-1.5}', 0.875)
    logged = replace(reply, segment_ids=None, artifact=None, failed=())
    assert recorded_call(row, sink.texts).reply == logged


@pytest.mark.parametrize(
    ("tokens", "logged"),
    [
        (((0, 3), None), '[["rules",0,0,5,0,3],["question",1,2,9,null,null]]'),
        (None, '[["rules",0,0,5,null,null],["question",1,2,9,null,null]]'),
    ],
)
def test_a_row_says_where_the_parts_of_its_prompt_stand(tokens: Any, logged: str) -> None:
    class Marks(AsksModel):
        def prompt(self, request: DecisionRequest, said: str) -> ModelRequest:
            spans = (SegmentSpan("rules", 0, 0, 5), SegmentSpan("question", 1, 2, 9))
            return replace(super().prompt(request, said), segments=spans)

    sink = FakeSink()
    played(FakeModel(lambda request: ModelReply("a", segment_ids=tokens)), policy=Marks, sink=sink)
    assert {row.segments for row in sink.calls} == {logged}


def test_a_model_is_logged_once_and_what_is_to_know_of_it_is_a_note() -> None:
    request = DecisionRequest("ann", None, 1, 0, "choose", {}, AB)
    sink = FakeSink()
    calls = Calls("run", sink, Journal())
    models = [QWEN, QWEN, Artifact("mock", "first"), QWEN]

    async def ask_all() -> None:
        model = FakeModel(lambda asked: ModelReply("a", artifact=models[asked.seed or 0]))
        for number in range(len(models)):
            await calls.complete(request, model, ModelRequest("m", (), seed=number), "act")

    asyncio.run(ask_all())
    config = '{"dtype":"float32","note":"falls back to reference"}'
    assert sink.artifacts == [
        ArtifactRow(QWEN.id, "local", "qwen", "f1", config, '{"torch":"2"}'),
        ArtifactRow(models[2].id, "mock", "first", None, "{}", "{}"),
    ]
    assert [row.artifact for row in sink.calls] == [model.id for model in models]
    assert calls.notes == ["local/qwen: falls back to reference"]
    assert sink.notes.index("artifact") < sink.notes.index("committed")


class Reads(AsksModel):
    """Takes the first letter of what the model said, and has it logged that it did."""

    async def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        read: list[ModelReply] = []

        def first_letter(reply: ModelReply) -> dict[str, Any]:
            read.append(reply)
            return {"value": reply.text[:1], "spans": [[0, 1]]}

        reply = await ctx.complete(self._model, self.prompt(request, ""), read=first_letter)
        assert read in ([], [reply])
        return reply.text[:1]


def test_what_a_reply_was_read_as_is_logged_with_it() -> None:
    """It is read as the log gives it back, once, and not again in a replay."""
    model = FakeModel(lambda request: ModelReply("a\0", artifact=QWEN, failed=(BUSY,)))
    sink, again = FakeSink(), FakeSink()
    whole = played(model, policy=Reads, sink=sink)
    assert [row.parsed for row in sink.calls[:2]] == [None, '{"spans":[[0,1]],"value":"a"}']
    replay = played(silent(), policy=Reads, journal=journal(sink, closed=True), sink=again)
    assert (replay.digest, again.calls) == (whole.digest, [])


def test_calls_of_a_decision_are_told_apart_by_node_and_number() -> None:
    sink = FakeSink()
    played(FakeModel(), *NODES, sink=sink)
    first = [(row.seq, row.call, row.node) for row in sink.calls if row.seq == 1]
    assert first == [(1, 0, "plan#0"), (1, 1, "act#0"), (1, 2, "act#1")]
    keys = [(row.seq, row.call, row.attempt, row.try_) for row in sink.calls]
    assert len(set(keys)) == len(keys) == 18


def test_a_replay_never_asks_the_model() -> None:
    sink, again = FakeSink(), FakeSink()
    whole = played(alternating(), *NODES, sink=sink)
    replay = played(silent(), *NODES, journal=journal(sink, closed=True), sink=again)
    assert replay.digest == whole.digest
    assert again.calls == []


@pytest.mark.parametrize("kept", range(0, 18, 5))
def test_a_killed_run_asks_only_what_was_not_committed(kept: int) -> None:
    sink = FakeSink()
    whole = played(FakeModel(), *NODES, sink=sink)
    model, rest = FakeModel(), FakeSink()
    resumed = played(model, *NODES, journal=journal(sink, sink.calls[:kept]), sink=rest)
    assert resumed.digest == whole.digest
    assert len(model.asked) == 18 - kept
    assert sorted([*sink.calls[:kept], *rest.calls]) == sorted(sink.calls)


def test_a_changed_request_names_decision_and_call_and_shows_both() -> None:
    sink = FakeSink()
    played(FakeModel(), *NODES, sink=sink)

    class Warmer(AsksModel):
        def prompt(self, request: DecisionRequest, said: str) -> ModelRequest:
            self._temperature = 0.5 if request.tick else 1.0
            return super().prompt(request, said)

    with pytest.raises(ReplayDiverged, match="replay diverged at decision 3, call plan\n") as caught:
        played(silent(), *NODES, policy=Warmer, journal=journal(sink))
    assert '"temperature":1.0' in caught.value.recorded
    assert '"temperature":0.5' in caught.value.found


def test_a_call_that_a_replay_does_not_find_is_a_divergence() -> None:
    sink = FakeSink()
    played(FakeModel(), sink=sink)
    with pytest.raises(ReplayDiverged, match="decision 1, call act\n  recorded: no call"):
        played(silent(), "act", "act", journal=journal(sink, (), closed=True))


@pytest.mark.parametrize("words", ["a\0", "a\ud800", "\ud83d\ude00"])
def test_a_policy_sees_a_reply_as_the_log_will_give_it_back(words: str) -> None:
    """What a policy builds on a live reply must be what it builds on the recorded one."""
    model = FakeModel(lambda request: ModelReply(words, reasoning=words, facts={"p": 1 / 3}))
    sink = FakeSink()
    live = played(model, "plan", "act", sink=sink)
    replay = played(silent(), "plan", "act", journal=journal(sink, closed=True))
    assert replay.digest == live.digest
    assert [made.raw for made in replay.record.decisions] == [made.raw for made in live.record.decisions]


# --- failures ---------------------------------------------------------------------------------------


def test_a_failed_try_is_a_row_and_the_decision_an_error() -> None:
    sink = FakeSink()
    run = played(down(), sink=sink, limits=FORGIVING)
    row = sink.calls[0]
    assert (row.reply, row.error, row.try_) == (None, "timeout: 30 s", 0)
    assert {(made.status, made.raw, made.action) for made in run.record.decisions} == {
        (Status.ERROR, "timeout: 30 s", None)
    }


def test_every_try_of_a_call_is_a_row_and_the_last_one_answers() -> None:
    sink = FakeSink()
    whole = played(FakeModel(lambda request: ModelReply("b", failed=(BUSY, BROKEN))), sink=sink)
    tries = [(row.call, row.try_, row.error, row.latency_s) for row in sink.calls if row.seq == 1]
    assert tries == [(0, 0, "rate_limit: 429", 0.1), (0, 1, "server: 500", 0.2), (0, 2, None, 0.0)]
    assert decisions_of(whole, "ann") == ["b"] * 3
    replay = played(silent(), journal=journal(sink, closed=True))
    assert replay.digest == whole.digest


def test_a_call_whose_every_try_failed_fails_alike_from_the_log() -> None:
    """The decision says why the last try failed, live and replayed."""
    sink = FakeSink()
    model = FakeModel(lambda request: replace(BROKEN, failed=(BUSY,)))
    whole = played(model, sink=sink, limits=FORGIVING)
    assert {made.raw for made in whole.record.decisions} == {"server: 500"}
    again = played(silent(), journal=journal(sink, closed=True), limits=FORGIVING)
    assert again.digest == whole.digest


def test_tries_are_counted_on_over_the_attempts_at_a_run() -> None:
    sink, rest = FakeSink(), FakeSink()
    with pytest.raises(RunFailed):
        played(FakeModel(lambda request: replace(BROKEN, failed=(BUSY,))), sink=sink)
    played(FakeModel(lambda request: ModelReply("a", failed=(BUSY,))), journal=journal(sink), sink=rest)
    assert [row.try_ for row in [*sink.calls, *rest.calls] if row.seq == 1] == [0, 1, 2, 3]


@pytest.mark.parametrize("number", [0, 2])
def test_a_model_that_gives_no_single_result_gave_none(number: int) -> None:
    class Miscounts(FakeModel):
        async def complete(self, requests: Sequence[ModelRequest]) -> Sequence[ModelReply | ModelFailure]:
            return [ModelReply("a")] * number

    sink = FakeSink()
    run = played(Miscounts(), sink=sink, limits=FORGIVING)
    assert {made.status for made in run.record.decisions} == {Status.ERROR}
    assert {row.error for row in sink.calls} == {
        f"malformed: the model gave {number} results for one request"
    }


def test_a_failed_try_is_asked_again_by_the_next_attempt_at_the_run() -> None:
    sink, rest = FakeSink(), FakeSink()
    with pytest.raises(RunFailed):
        played(down(), sink=sink)
    model = FakeModel()
    run = played(model, journal=journal(sink), sink=rest)
    assert {made.status for made in run.record.decisions} == {Status.OK}
    assert [(row.call, row.try_) for row in rest.calls if row.seq == 1] == [(0, 1)]
    assert len(model.asked) == 6


def test_a_decision_that_was_logged_as_an_error_stays_one() -> None:
    sink = FakeSink()
    whole = played(down(), sink=sink, limits=FORGIVING)
    again = played(silent(), journal=journal(sink, decided_to=6), limits=FORGIVING)
    assert again.digest == whole.digest


def test_a_replay_asks_no_model_even_where_a_try_failed() -> None:
    sink = FakeSink()
    whole = played(down(), sink=sink, limits=FORGIVING)
    again = played(silent(), journal=journal(sink, closed=True), limits=FORGIVING)
    assert again.digest == whole.digest


class Stubborn(AsksModel):
    """Asks again when the model fails."""

    async def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        for _ in range(3):
            try:
                return (await ctx.complete(self._model, self.prompt(request, ""), "act")).text
            except ModelUnavailable:
                continue
        raise ModelUnavailable("gave up")


def test_a_reply_that_a_policy_got_at_its_second_try_is_not_paid_for_twice() -> None:
    results: list[ModelReply | ModelFailure] = [ModelFailure("timeout", "x")] * 2
    results += [ModelReply("b")] * 6
    sink, rest = FakeSink(), FakeSink()
    whole = played(FakeModel(lambda request: results.pop(0)), policy=Stubborn, sink=sink)
    first_instant = [row for row in sink.calls if row.tick == 0]
    assert [(row.agent, row.node, row.reply is None) for row in first_instant] == [
        ("ann", "act#0", True),
        ("bob", "act#0", True),
        ("ann", "act#1", False),
        ("bob", "act#1", False),
    ]
    model = FakeModel(lambda request: ModelReply("b"))
    resumed = played(model, policy=Stubborn, journal=journal(sink, first_instant), sink=rest)
    assert resumed.digest == whole.digest
    assert len(model.asked) == 4


def test_calls_made_side_by_side_keep_their_numbers_when_the_run_goes_on() -> None:
    """A call that is new to the log never takes the number of one that is in it."""

    class TwoBranches(AsksModel):
        async def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
            async def branch(name: str, turns: int) -> None:
                await ctx.complete(self._model, self.prompt(request, name), name)
                for _ in range(turns):
                    await asyncio.sleep(0)
                await ctx.complete(self._model, self.prompt(request, name), f"{name}-2")

            await asyncio.gather(branch("slow", 5 if self._model.asked else 0), branch("fast", 0))
            return "a"

    sink, rest = FakeSink(), FakeSink()
    played(FakeModel(), policy=TwoBranches, sink=sink)
    kept = [row for row in sink.calls if not row.node.startswith("slow-2")]
    played(FakeModel(), policy=TwoBranches, journal=journal(sink, kept), sink=rest)
    keys = [(row.seq, row.call, row.attempt, row.try_) for row in [*kept, *rest.calls]]
    assert len(set(keys)) == len(keys)
    assert {row.node for row in rest.calls} == {"slow-2#0"}


# --- forks ------------------------------------------------------------------------------------------


def test_a_fork_reuses_replies_to_equal_requests_and_asks_the_others() -> None:
    sink = FakeSink()
    whole = played(FakeModel(), sink=sink)

    class Colder(AsksModel):
        def prompt(self, request: DecisionRequest, said: str) -> ModelRequest:
            self._temperature = 0.0 if request.seq >= 4 and request.agent == "bob" else 1.0
            return super().prompt(request, said)

    model = FakeModel()
    fork = played(model, policy=Colder, journal=journal(sink, live_from=4))
    assert len(model.asked) == 2
    assert fork.digest == whole.digest, "it happens to say the same"


def test_a_fork_gives_equal_requests_of_one_run_their_own_replies() -> None:
    """Requests of two moments may be equal; each keeps what it was answered."""

    class Forgetful(AsksModel):
        def prompt(self, request: DecisionRequest, said: str) -> ModelRequest:
            return ModelRequest("fake/toy", ({"role": "user", "content": "a or b?"},))

    sink = FakeSink()
    whole = played(alternating(), policy=Forgetful, sink=sink)
    assert len({row.request_hash for row in sink.calls}) == 1
    fork = played(silent(), policy=Forgetful, journal=journal(sink, live_from=1))
    assert fork.digest == whole.digest


# --- costs ------------------------------------------------------------------------------------------


def test_tokens_and_prices_are_counted_the_same_live_and_from_the_log() -> None:
    request = DecisionRequest("ann", None, 1, 0, "choose", {}, rounds(1))  # type: ignore[arg-type]
    replies = [
        ModelReply("a", tokens_in=5, cost_usd=0.1),
        ModelReply("b", tokens_out=2, cost_usd=0.2),
        ModelReply("c"),
    ]

    async def spend(calls: Calls, model: FakeModel) -> None:
        for number in range(3):
            await calls.complete(request, model, ModelRequest("m", (), seed=number), "act")

    sink = FakeSink()
    live = Calls("run", sink, Journal())
    asyncio.run(spend(live, FakeModel(lambda asked: replies[asked.seed or 0])))
    again = Calls("run", None, journal(sink))
    asyncio.run(spend(again, silent()))
    assert (live.tokens, live.cost_usd) == (again.tokens, again.cost_usd) == (7, 0.3)


def test_a_models_code_cannot_change_what_the_log_says_it_was_asked() -> None:
    def vandal(request: ModelRequest) -> ModelReply:
        request.messages[0]["content"] = "HACK"  # type: ignore[index]
        return ModelReply("a")

    sink = FakeSink()
    played(FakeModel(vandal), sink=sink)
    assert not any("HACK" in sink.texts[row.request] for row in sink.calls)
    replayed = played(silent(), journal=journal(sink))
    assert replayed.record.decisions
