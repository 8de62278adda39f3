"""What environments do to their world: clock, barriers, think time, deadlines, and the rows they leave."""

from __future__ import annotations

from typing import Any

import pytest

from lab.core.errors import RuleError
from lab.core.ports import Play
from lab.core.records import RunStatus, Status, Truth, TruthSpec
from lab.core.spaces import Message, Quantity
from lab.engine.seats import Think
from lab.engine.world import MAX_BARRIERS_A_TICK
from tests.support.toys import AB, AsksModel, FakeModel, FakeSink, Game, Says, Toy, game, same
from tests.support.worlds import Played, play

TRUTH = {"type": TruthSpec("type", "what ann is", ("honest", "bluffer"), "honest")}


def ran(rules: Game, n_agents: int = 2, **options: Any) -> Played:
    """The game played by agents ann, bob, cid … who always say a."""
    names = ("ann", "bob", "cid", "dan")[:n_agents]
    return play(rules, {}, {name: Says("a") for name in names}, **options)


def order(played: Played) -> list[tuple[str, int, str]]:
    """Decisions in the order they were asked: agent, tick, phase."""
    return [(made.agent, made.tick, made.phase) for made in played.record.decisions]


def notes(played: Played) -> list[tuple[int, str]]:
    """Events in order: tick and kind."""
    return [(event.tick, event.kind) for event in played.record.events]


# --- barriers ---------------------------------------------------------------------------------------


def test_asks_open_at_one_tick_are_answered_together_in_scenario_order() -> None:
    asked: list[str] = []

    class Notes(Says):
        def decide(self, request: Any, ctx: Any) -> Any:
            asked.append(request.agent)
            return super().decide(request, ctx)

    def rules(world: Toy) -> Play:
        yield world.ask_all(("cid", "ann", "bob"), same({}), AB, phase="choose")

    play(game(rules), {}, {name: Notes("a") for name in ("ann", "bob", "cid")})
    assert asked == ["ann", "bob", "cid"]


def test_ask_all_brings_decisions_by_agent_in_the_order_asked() -> None:
    got: list[list[str]] = []

    def rules(world: Toy) -> Play:
        decisions = yield world.ask_all(("bob", "ann"), same({}), AB, phase="choose")
        got.append(list(decisions))
        nobody = yield world.ask_all((), same({}), AB, phase="choose")
        got.append(list(nobody))

    ran(game(rules))
    assert got == [["bob", "ann"], []]


def test_processes_that_ask_at_one_tick_are_simultaneous_and_one_process_is_sequential() -> None:
    moments: list[tuple[str, int]] = []

    def one(world: Toy, name: str) -> Play:
        for ask in range(2):
            yield world.ask(name, {}, AB, phase="choose")
            moments.append((name, ask))

    def rules(world: Toy) -> Play:
        bob = world.spawn(one(world, "bob"))
        ann = world.spawn(one(world, "ann"))
        yield world.all_of(ann, bob)

    sink = FakeSink()
    ran(game(rules), sink=sink)
    assert [[row.agent for row in rows] for rows in sink.instants("decisions")] == [
        ["bob", "ann"],
        ["ann", "bob"],
    ]
    assert moments == [("ann", 0), ("bob", 0), ("ann", 1), ("bob", 1)]


def test_an_agent_that_answers_later_in_a_process_may_know_the_earlier_answer() -> None:
    def rules(world: Toy) -> Play:
        first = yield world.ask("ann", {}, AB, phase="lead")
        yield world.ask("bob", {"ann": first.action}, AB, phase="follow")

    bob = Says("b")
    play(game(rules), {}, {"ann": Says("a"), "bob": bob})
    assert bob.asked[0].observation == {"ann": "a"}


def test_the_clock_stands_still_during_a_tick_however_many_barriers_it_has() -> None:
    def rules(world: Toy) -> Play:
        for _ in range(5):
            decision = yield world.ask("ann", {}, AB, phase="choose")
            assert world.now == decision.tick == decision.effect_tick == 3

    def start(world: Toy) -> Play:
        yield world.wait(3)
        yield from rules(world)

    played = ran(game(start))
    assert played.outcome.ticks == 4


def test_an_observation_is_frozen_when_asked() -> None:
    def rules(world: Toy) -> Play:
        seen = {"cards": [1, 2]}
        reply = world.ask("ann", seen, AB, phase="choose")
        seen["cards"].append(3)
        seen["new"] = [4]
        yield reply

    ann, sink = Says("a"), FakeSink()
    play(game(rules), {}, {"ann": ann}, sink=sink)
    assert ann.asked[0].observation == {"cards": [1, 2]}
    assert sink.texts[sink.rows("decisions")[0].observation] == '{"cards":[1,2]}'


def test_ask_counts_the_asks_of_an_agent_in_one_tick_and_phase() -> None:
    def rules(world: Toy) -> Play:
        for phase in ("talk", "talk", "vote", "talk"):
            yield world.ask("ann", {}, AB, phase=phase)
        yield world.wait(1)
        yield world.ask("ann", {}, AB, phase="talk")

    ann = Says("a")
    play(game(rules), {}, {"ann": ann})
    assert [request.ask for request in ann.asked] == [0, 1, 0, 2, 0]


def test_a_world_may_hold_ten_thousand_barriers_at_a_tick_and_no_more() -> None:
    def rules(world: Toy) -> Play:
        for _ in range(MAX_BARRIERS_A_TICK):
            yield world.ask("ann", {}, AB, phase="choose")
        yield world.wait(1)
        for _ in range(MAX_BARRIERS_A_TICK + 1):
            yield world.ask("ann", {}, AB, phase="choose")

    with pytest.raises(RuleError, match="more than 10000 barriers at tick 1: time stands still"):
        ran(game(rules))


# --- think time and deadlines -----------------------------------------------------------------------


def test_a_reply_is_delivered_after_its_think_time_before_that_ticks_other_events() -> None:
    def clock(world: Toy) -> Play:
        for _ in range(4):
            yield world.wait(1)
            world.emit("tick")

    def rules(world: Toy) -> Play:
        ticking = world.spawn(clock(world))
        decision = yield world.ask("ann", {}, AB, phase="choose")
        world.emit("reply", decision=decision)
        assert (decision.tick, decision.effect_tick, world.now) == (0, 3, 3)
        yield ticking

    played = ran(game(rules), think={"ann": Think(3)})
    assert notes(played) == [(1, "tick"), (2, "tick"), (3, "reply"), (3, "tick"), (4, "tick")]


def test_ask_all_goes_on_once_with_the_slowest() -> None:
    def rules(world: Toy) -> Play:
        decisions = yield world.ask_all(world.agents, same({}), AB, phase="choose")
        world.emit("on", values=[made.effect_tick for made in decisions.values()])

    played = ran(game(rules), 3, think={"ann": Think(2), "cid": Think(5)})
    assert [(event.tick, event.payload) for event in played.record.events] == [(5, {"values": [2, 0, 5]})]


def test_replies_of_one_tick_are_delivered_in_scenario_order() -> None:
    arrived: list[str] = []

    def one(world: Toy, name: str) -> Play:
        yield world.ask(name, {}, AB, phase="choose")
        arrived.append(name)

    def rules(world: Toy) -> Play:
        yield world.all_of(*(world.spawn(one(world, name)) for name in ("cid", "bob", "ann")))

    ran(game(rules), 3, think={"ann": Think(2), "bob": Think(2), "cid": Think(1)})
    assert arrived == ["cid", "ann", "bob"]


def test_an_agent_that_thinks_is_busy_and_free_again_when_its_reply_takes_effect() -> None:
    def rules(world: Toy) -> Play:
        yield world.ask("ann", {}, AB, phase="choose")
        again = yield world.ask("ann", {}, AB, phase="choose")
        assert (again.tick, again.effect_tick) == (2, 4)
        world.ask("ann", {}, AB, phase="choose")
        yield world.wait(1)
        world.ask("ann", {}, AB, phase="choose")

    with pytest.raises(RuleError, match="agent 'ann' already has an open ask at tick 5"):
        ran(game(rules), think={"ann": Think(2)})


@pytest.mark.parametrize(
    ("think", "deadline", "status", "effect_tick"),
    [
        (0, 0, Status.OK, 0),
        (3, 3, Status.OK, 3),
        (4, 3, Status.TIMEOUT, 3),
        (1, 0, Status.TIMEOUT, 0),
        (4, None, Status.OK, 4),
    ],
)
def test_a_reply_after_the_deadline_is_logged_and_not_applied(
    think: int, deadline: int | None, status: Status, effect_tick: int
) -> None:
    def rules(world: Toy) -> Play:
        decision = yield world.ask("ann", {}, Quantity("give", 0, 9), phase="give", deadline=deadline)
        assert world.now == decision.effect_tick == effect_tick
        assert (decision.status, decision.valid) == (status, status is Status.OK)

    sink = FakeSink()
    play(game(rules), {}, {"ann": Says(7)}, think={"ann": Think(think)}, sink=sink)
    (row,) = sink.rows("decisions")
    late = ("7", None, None) if status is Status.TIMEOUT else (None, "give", '{"amount":7}')
    assert (row.raw, row.action, row.args, row.status) == (*late, status.value)


def test_a_late_reply_that_was_no_good_keeps_its_words() -> None:
    def rules(world: Toy) -> Play:
        yield world.ask("ann", {}, AB, phase="choose", deadline=1)

    played = play(game(rules), {}, {"ann": Says("nonsense")}, think={"ann": Think(2)})
    (made,) = played.record.decisions
    assert (made.status, made.raw, made.value) == (Status.TIMEOUT, '"nonsense"', None)


@pytest.mark.parametrize("deadline", [-1, 1.5, True])
def test_a_deadline_is_a_whole_number_of_ticks(deadline: Any) -> None:
    def rules(world: Toy) -> Play:
        yield world.ask("ann", {}, AB, phase="choose", deadline=deadline)

    with pytest.raises(RuleError, match="a deadline is a whole number of ticks, zero or more"):
        ran(game(rules))


# --- time, processes, resources ---------------------------------------------------------------------


@pytest.mark.parametrize("ticks", [-1, 1.5, 1.0, True, None])
def test_a_wait_is_a_whole_number_of_ticks(ticks: Any) -> None:
    def rules(world: Toy) -> Play:
        yield world.wait(ticks)

    with pytest.raises(RuleError, match="wait takes a whole number of ticks"):
        ran(game(rules))


@pytest.mark.parametrize(("max_ticks", "ticks"), [(1, [0]), (3, [0, 1, 2]), (9, [0, 1, 2, 3, 4])])
def test_instants_up_to_the_cap_happen(max_ticks: int, ticks: list[int]) -> None:
    def rules(world: Toy) -> Play:
        for _ in range(5):
            yield world.ask("ann", {}, AB, phase="choose")
            world.emit("after")
            yield world.wait(1)

    played = ran(game(rules), max_ticks=max_ticks)
    assert [made.tick for made in played.record.decisions] == ticks
    assert [tick for tick, _ in notes(played)] == ticks
    done = max_ticks > 5
    assert played.status is (RunStatus.DONE if done else RunStatus.LIMITED)
    assert played.outcome.reason == (None if done else f"clock.max_ticks: {max_ticks}")


def test_first_of_goes_on_with_the_first_and_says_which() -> None:
    def rules(world: Toy) -> Play:
        reply, patience = world.ask("ann", {}, AB, phase="choose"), world.wait(2)
        over = yield world.first_of(reply, patience)
        assert (reply in over, patience in over, world.now) == (False, True, 2)
        decision = yield reply
        assert (decision.action, world.now) == ("a", 5)

    assert ran(game(rules), think={"ann": Think(5)}).status is RunStatus.DONE


def test_a_spawned_process_runs_beside_and_brings_its_value() -> None:
    def child(world: Toy) -> Play:
        yield world.wait(2)
        return "grown"

    def rules(world: Toy) -> Play:
        process = world.spawn(child(world))
        yield world.wait(1)
        value = yield process
        assert (value, world.now) == ("grown", 2)

    assert ran(game(rules)).status is RunStatus.DONE


def test_a_resource_serves_in_the_order_asked() -> None:
    def client(world: Toy, desk: Any, name: str) -> Play:
        yield desk.acquire()
        world.emit("served", agent=name)
        yield world.wait(2)
        desk.release()

    def rules(world: Toy) -> Play:
        desk = world.resource(2)
        yield world.all_of(*(world.spawn(client(world, desk, name)) for name in world.agents))

    played = ran(game(rules), 4)
    served = [(event.tick, event.agent) for event in played.record.events]
    assert served == [(0, "ann"), (0, "bob"), (2, "cid"), (2, "dan")]


def test_a_resource_has_a_place_and_is_released_by_who_holds_it() -> None:
    def none(world: Toy) -> Play:
        yield world.resource(0).acquire()

    def unheld(world: Toy) -> Play:
        world.resource(1).release()
        yield world.wait(1)

    with pytest.raises(RuleError, match="at least one place, not 0"):
        ran(game(none))
    with pytest.raises(RuleError, match="release of a resource that nobody holds"):
        ran(game(unheld))


def test_a_bug_in_a_process_ends_the_world_with_its_own_traceback() -> None:
    class Odd(Exception):
        def __init__(self, first: int, second: int) -> None:
            super().__init__("one message")

    def child(world: Toy) -> Play:
        yield world.wait(1)
        raise Odd(1, 2)

    def rules(world: Toy) -> Play:
        world.spawn(child(world))
        yield world.wait(5)

    with pytest.raises(Odd, match="one message") as caught:
        ran(game(rules))
    assert caught.traceback[-1].name == "child"


# --- rules of the engine ----------------------------------------------------------------------------


def test_a_second_ask_of_an_agent_whose_ask_is_open_is_an_error() -> None:
    def rules(world: Toy) -> Play:
        world.ask("ann", {}, AB, phase="choose")
        yield world.ask("ann", {}, AB, phase="other")

    with pytest.raises(RuleError, match="agent 'ann' already has an open ask at tick 0"):
        ran(game(rules))


def test_asking_an_agent_twice_in_ask_all_is_an_error() -> None:
    def rules(world: Toy) -> Play:
        yield world.ask_all(("ann", "ann"), same({}), AB, phase="choose")

    with pytest.raises(RuleError, match="already has an open ask"):
        ran(game(rules))


def test_returning_while_an_ask_is_open_is_an_error() -> None:
    def rules(world: Toy) -> Play:
        yield world.wait(0)
        world.ask("bob", {}, AB, phase="choose")

    with pytest.raises(RuleError, match=r"play\(\) returned while asks are open: bob"):
        ran(game(rules))


def test_waiting_for_what_never_comes_is_an_error() -> None:
    def rules(world: Toy) -> Play:
        desk = world.resource(1)
        yield desk.acquire()
        yield desk.acquire()

    with pytest.raises(RuleError, match="the world waits for nothing"):
        ran(game(rules))


@pytest.mark.parametrize(
    "act",
    [
        lambda world: world.ask("anm", {}, AB, phase="choose"),
        lambda world: world.expose("anm", "card", 1),
        lambda world: world.pay("anm", 1.0),
    ],
)
def test_an_unknown_agent_is_named_with_the_nearest(act: Any) -> None:
    def rules(world: Toy) -> Play:
        yield world.wait(0)
        act(world)

    with pytest.raises(RuleError, match=r"no agent 'anm'; did you mean 'ann'\? \(agents: ann, bob\)"):
        ran(game(rules))


def test_an_observation_that_is_not_json_is_an_error() -> None:
    def rules(world: Toy) -> Play:
        yield world.ask("ann", {"cards": {1, 2}}, AB, phase="choose")

    with pytest.raises(RuleError, match="not JSON"):
        ran(game(rules))


# --- hidden values and claims -----------------------------------------------------------------------


def test_hidden_values_are_logged_with_the_decision_and_never_in_the_request() -> None:
    def rules(world: Toy) -> Play:
        hidden = {"type": Truth("bluffer", posterior=-1.5, visible=False, source="bayes")}
        yield world.ask("ann", {"round": 1}, AB, phase="choose", hidden=hidden)
        yield world.ask_all(("bob",), same({}), AB, phase="choose", hidden=same({"type": "honest"}))

    model, sink = FakeModel(), FakeSink()
    agents = {"ann": AsksModel(model), "bob": AsksModel(model)}
    play(game(rules, truth=TRUTH), {}, agents, sink=sink)
    rows = sink.rows("hidden")
    assert [(row.seq, row.agent, row.name, row.kind, row.value) for row in rows] == [
        (1, "ann", "type", "type", "bluffer"),
        (2, "bob", "type", "type", "honest"),
    ]
    assert [(row.numeric, row.posterior, row.source, row.visible) for row in rows] == [
        (None, -1.5, "bayes", 0),
        (None, None, "world", 0),
    ]
    asked = [agents[name].asked[0] for name in agents]
    assert "bluffer" not in repr(asked) + repr(model.asked) + "".join(sink.texts.values())


def test_a_hidden_variable_that_is_not_declared_is_refused() -> None:
    def rules(world: Toy) -> Play:
        yield world.ask("ann", {}, AB, phase="choose", hidden={"typ": "honest"})

    with pytest.raises(
        RuleError, match="hidden variable 'typ' is not declared in `truth`; did you mean 'type'"
    ):
        ran(game(rules, truth=TRUTH))


def test_a_number_that_is_hidden_is_kept_as_a_number_too() -> None:
    def rules(world: Toy) -> Play:
        yield world.ask("ann", {}, AB, phase="choose", hidden={"cards": 7})

    sink = FakeSink()
    ran(game(rules, truth={"cards": TruthSpec("state", "the sum of the cards")}), sink=sink)
    assert [(row.value, row.numeric) for row in sink.rows("hidden")] == [("7", 7.0)]


def test_a_claim_keeps_what_was_said_what_is_so_and_what_the_speaker_knew() -> None:
    def rules(world: Toy) -> Play:
        decision = yield world.ask("ann", {}, AB, phase="choose")
        cards = [4]
        world.claim(decision, "strength", said=decision.action, world=cards, private={"own": 4})
        cards.append(9)

    sink = FakeSink()
    played = ran(game(rules), sink=sink)
    (row,) = sink.rows("claims")
    assert row[1:] == (1, "ann", "strength", "a", "[4]", '{"own":4}')
    assert played.record.claims[0].world == [4]
    assert sink.progress[-1].unchained == 1


def test_a_decision_claims_one_thing_of_one_subject() -> None:
    def rules(world: Toy) -> Play:
        decision = yield world.ask("ann", {}, AB, phase="choose")
        for subject in ("strength", "type", "strength"):
            world.claim(decision, subject, said=1, world=1, private=1)

    with pytest.raises(RuleError, match="decision 1 claims 'strength' twice"):
        ran(game(rules))


# --- events, exposures, payoffs, measures -----------------------------------------------------------


def test_events_and_payoffs_are_rows_with_the_decision_they_belong_to() -> None:
    def rules(world: Toy) -> Play:
        decision = yield world.ask("ann", {}, AB, phase="choose")
        world.emit("message", agent="ann", target="bob", decision=decision, text="hi\0", tone=[1, 0.1 + 0.2])
        world.pay("ann", -0.0, decision=decision, why="nothing")
        world.pay("bob", 1 / 3)

    sink = FakeSink()
    ran(game(rules), sink=sink)
    rows = [tuple(row[1:-1]) for row in sink.rows("events")]
    words = rows[0][-1]
    assert sink.texts[words] == "hi\ufffd"
    assert rows == [
        (2, 0, "message", "ann", "bob", 1, None, '{"tone":[1,0.3]}', words),
        (3, 0, "payoff", "ann", None, 1, 0.0, '{"why":"nothing"}', None),
        (4, 0, "payoff", "bob", None, None, 0.333333333333, None, None),
    ]


def test_measures_see_the_events_that_the_log_holds() -> None:
    def rules(world: Toy) -> Play:
        pot = {"coins": [1]}
        world.emit("pot", text="a\0", pot=pot, share=1 / 3)
        pot["coins"].append(2)
        yield world.wait(1)

    (event,) = ran(game(rules)).record.events
    assert (event.payload, event.text) == ({"pot": {"coins": [1]}, "share": 0.333333333333}, "a\ufffd")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_payoff_is_a_finite_number(value: float) -> None:
    def rules(world: Toy) -> Play:
        yield world.wait(0)
        world.pay("ann", value)

    with pytest.raises(RuleError, match="a logged number must be finite"):
        ran(game(rules))


def test_what_an_agent_is_shown_counts_for_its_next_decision() -> None:
    def rules(world: Toy) -> Play:
        world.expose("ann", "card", 1, text="seven", rank=0)
        yield world.wait(1)
        world.expose("ann", "card", 2, rank=1)
        world.expose("bob", "card", 3)
        yield world.ask("ann", {}, AB, phase="choose")
        yield world.ask("bob", {}, AB, phase="choose")
        world.expose("ann", "result", "won")

    sink = FakeSink()
    ran(game(rules), sink=sink)
    rows = sink.rows("exposures")
    assert [(row.seq, row.tick, row.agent, row.item, row.rank, row.decision) for row in rows] == [
        (1, 0, "ann", "1", 0, 3),
        (2, 1, "ann", "2", 1, 3),
        (4, 1, "bob", "3", None, 5),
        (6, 1, "ann", "won", None, None),
    ]
    assert sink.texts[rows[0].text] == "seven"
    assert [(row.seq, row.agent) for row in sink.rows("decisions")] == [(3, "ann"), (5, "bob")]


def test_a_measure_of_the_world_is_a_row_and_an_undefined_one_has_a_reason() -> None:
    def rules(world: Toy) -> Play:
        yield world.ask("ann", {}, AB, phase="choose")
        world.measure("regret", 1 / 3, agent="ann")
        world.measure("regret", None, reason="nobody lost")

    sink = FakeSink()
    ran(game(rules), sink=sink)
    assert [tuple(row[1:]) for row in sink.rows("measures")] == [
        ("ann", "regret", 0.333333333333, None),
        ("", "regret", None, "nobody lost"),
    ]


def test_an_undefined_measure_without_a_reason_is_an_error() -> None:
    def rules(world: Toy) -> Play:
        yield world.wait(0)
        world.measure("regret", None)

    with pytest.raises(RuleError, match="measure 'regret' is undefined without a reason"):
        ran(game(rules))


# --- keyed draws ------------------------------------------------------------------------------------


def test_draws_of_the_world_are_keyed_by_seed_purpose_agent_and_tick() -> None:
    def rules(world: Toy) -> Play:
        for _ in range(2):
            for agent in (None, "ann", "bob"):
                draws.append(world.uniform("deal", agent))
                draws.append(world.rng("deal", agent).random())
            draws.append(world.uniform("luck"))
            yield world.wait(1)

    runs = []
    for seed in (1, 1, 2):
        draws: list[float] = []
        ran(game(rules), seed=seed)
        runs.append(draws)
    assert runs[0] == runs[1]
    assert len({*runs[0], *runs[2]}) == 28


def test_a_generator_goes_on_within_a_tick_and_starts_anew_with_the_next_whoever_else_draws() -> None:
    def draw(world: Toy, others: int) -> Play:
        first = world.rng("deal").random()
        world.rng("deal", "ann").random(others)
        world.rng("shuffle").random(others)
        second = world.rng("deal").random()
        world.rng("deal").random(others)
        yield world.wait(1)
        draws.append((first, second, world.rng("deal").random()))

    draws: list[tuple[float, float, float]] = []
    ran(game(lambda world: draw(world, others=0)))
    ran(game(lambda world: draw(world, others=100)))
    assert draws[0] == draws[1]
    assert len(set(draws[0])) == 3


def test_a_message_is_applied_as_it_is_logged() -> None:
    def rules(world: Toy) -> Play:
        decision = yield world.ask("ann", {}, Message(), phase="talk")
        assert decision.value == "a\ufffd"

    sink = FakeSink()
    play(game(rules), {}, {"ann": Says("a\ud800")}, sink=sink)
    assert sink.rows("decisions")[0].args == '{"text":"a\ufffd"}'


def test_a_process_that_never_lets_time_pass_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.engine.world.MAX_EVENTS_A_TICK", 100)

    def spin(world: Any) -> Any:
        while True:
            yield world.wait(0)

    with pytest.raises(RuleError, match="more than 100 events at tick 0: time stands still"):
        play(game(spin), {}, {"ann": Says("a")})
