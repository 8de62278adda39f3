from __future__ import annotations

from typing import Any

import pytest

from lab.core.canonical import canonical, unlabel
from lab.runner.conformance import play as play_scenario
from scenarios.planning.acting.policies import Greedy, NoisyOptimal, Optimal, RandomLegal
from scenarios.planning.blocksworld.rules import Blocksworld
from scenarios.planning.pddl.rules import Pddl
from tests.scenarios.planning.acting.puzzles import BRIDGE_DOMAIN, BRIDGE_PROBLEM, Script, shipped
from tests.scenarios.social.readers import Kept, Reader
from tests.support.worlds import Played, play

OWN = "tests.scenarios.planning.acting.own_graphs"


def _bridge(*lines: str | None, sink: Kept | None = None, **params: Any) -> Played:
    given = {"domain": BRIDGE_DOMAIN, "problem": BRIDGE_PROBLEM, "budget": {"steps": 4}} | params
    return play(Pddl, given, {"ann": Script(*lines)}, sink=sink)


def _payloads(played: Played, kind: str, agent: str = "ann") -> list[dict[str, Any]]:
    return [
        {**event.payload, "value": event.value}
        for event in played.record.events
        if (event.kind, event.agent) == (kind, agent)
    ]


def test_each_step_is_logged_with_its_reason_and_regret() -> None:
    steps = _payloads(_bridge("go(ford, far)", None, "go(bank, ford)", "go(ford, far)"), "step")
    told = [(step["action"], step["ok"], step["why"], step["cost"], step["value"]) for step in steps]
    assert told == [
        ("go(ford, far)", False, "precondition(at(ford))", 1, 1),
        (None, False, "invalid", 1, 1),
        ("go(bank, ford)", True, "ok", 2, 0),
        ("go(ford, far)", True, "ok", 1, 0),
    ]
    assert [(step["before"], step["after"]) for step in steps] == [(3, 3), (3, 3), (3, 1), (1, 0)]


def test_solving_a_task_pays_for_the_step_that_did_it() -> None:
    played = _bridge("go(bank, far)")
    (paid,) = [event for event in played.record.events if event.kind == "payoff"]
    assert (paid.value, paid.decision) == (1, played.record.decisions[-1].seq)
    assert _payloads(played, "task_end") == [
        {"task": 1, "ended": "solved", "steps": 1, "reachable": True, "value": None}
    ]


def test_a_dead_end_is_played_to_the_last_step_and_told_as_lost() -> None:
    played = _bridge("go(bank, pit)")
    (end,) = _payloads(played, "task_end")
    assert (end["ended"], end["steps"], end["reachable"]) == ("budget", 4, False)
    assert played.measures["lost_rate"] == 1
    assert not any(event.kind == "payoff" for event in played.record.events)


def test_a_loop_ends_the_task_and_the_reason_is_recorded() -> None:
    lines = ("go(bank, ford)", "go(ford, bank)") * 3
    played = _bridge(*lines, revisits=1, budget={"steps": 6})
    (end,) = _payloads(played, "task_end")
    assert (end["ended"], end["steps"]) == ("loop", 2)


def test_the_solver_is_logged_at_every_decision_as_what_was_to_be_seen() -> None:
    kept = Kept()
    _bridge("go(bank, pit)", sink=kept)
    assert [unlabel(row.value) for row in kept.truths("hstar")] == [3, 6, 6, 6]
    assert [unlabel(row.value) for row in kept.truths("optimal_action")] == ["go(bank, ford)"]
    assert {row.visible for row in kept.truths("hstar")} == {1}


def test_agents_get_the_same_tasks_and_do_not_meet() -> None:
    alone = play(Blocksworld, {}, {"ann": Optimal()}, seed=5)
    together = play(Blocksworld, {}, {"ann": Optimal(), "bob": RandomLegal()}, seed=5)
    assert _payloads(alone, "step") == _payloads(together, "step")
    assert _payloads(together, "task") == _payloads(together, "task", "bob")


def test_tasks_follow_each_other_a_step_a_tick() -> None:
    played = play(Blocksworld, {"tasks": 4}, {"ann": Optimal(), "bob": Greedy()}, seed=2)
    for agent in ("ann", "bob"):
        ticks = [decision.tick for decision in played.record.decisions if decision.agent == agent]
        assert ticks == list(range(len(ticks)))
    assert [end["task"] for end in _payloads(played, "task_end")] == [1, 2, 3, 4]


def test_the_task_event_marks_the_feedback_and_the_budget() -> None:
    params = {"feedback": "oracle", "allow_oracle": True, "budget": {"factor": 2}, "tasks": 2}
    for task in _payloads(play(Blocksworld, params, {"ann": Optimal()}), "task"):
        assert task["feedback"] == "oracle"
        assert task["budget"] == 2 * task["optimal"] == 2 * task["hstar"]


def test_an_obfuscated_run_plays_the_twin_of_the_plain_one() -> None:
    runs = [
        play(Blocksworld, {"obfuscate": how}, {"ann": Optimal()}, seed=4, sink=Kept())
        for how in ("none", "random")
    ]
    plain, hidden = (
        [(task["optimal"], task["goals"], task["met"]) for task in _payloads(run, "task")] for run in runs
    )
    assert plain == hidden
    assert "stack" not in canonical([decision.value for decision in runs[1].record.decisions])


def test_no_request_holds_the_distance_nor_the_best_action() -> None:
    shown = []
    for seed in (1, 2):
        reader = Reader(Optimal())
        play(Blocksworld, {"feedback": "legal_list"}, {"ann": reader}, seed=seed)
        shown.append(reader.shown)
    assert not any(word in text for text in shown for word in ("hstar", "optimal", "regret", "distance"))


def test_past_requests_are_told_as_they_were() -> None:
    reader = Reader(NoisyOptimal(eps=0.5))
    environment = play(Blocksworld, {"tasks": 1}, {"ann": reader}).world.environment
    again = ["\n".join(part.text for part in environment.rendered(request)) for request in reader.requests]
    assert again == reader.texts
    assert len(reader.texts) > 1


@pytest.mark.parametrize("name", ["blocksworld", "pddl-ferry"])
def test_a_cognition_of_the_users_own_asks_the_tools_and_solves_every_task(name: str) -> None:
    policy = f"{{kind: llm, model: 'mock/{OWN}:obey', cognition: '{OWN}:advised'}}"
    scenario = shipped(name, f"agents.ann.policy={policy}")
    measures = {(one.name, one.agent): one.value for one in play_scenario(scenario).outcome.measures}
    assert measures["success", "ann"] == measures["validity", "ann"] == 1
    assert measures["regret", "ann"] == 0


NONSENSE = {
    "empty": "",
    "prose": "I would rather stack the red block somewhere nice.",
    "long": "x" * 100_000,
    "look_alike": "ACT: pick-up(а)",  # noqa: RUF001  the letter is Cyrillic
    "object": "ACT: pick-up(zebra)",
    "arity": "ACT: pick-up(a, b)",
    "code": "ACT: __import__('os').system('true')",
    "format": "ACT: {0.__class__}",
}


def _talk(name: str) -> Any:
    return lambda request: NONSENSE[name]


say_empty, say_prose, say_long, say_look_alike, say_object, say_arity, say_code, say_format = map(
    _talk, NONSENSE
)


@pytest.mark.parametrize("name", list(NONSENSE))
def test_nonsense_is_a_step_that_achieves_nothing_and_is_not_echoed(name: str) -> None:
    policy = f"{{kind: llm, model: 'mock/{__name__}:say_{name}'}}"
    settings = (f"agents.ann.policy={policy}", "params.tasks=1", "params.budget={steps: 2}")
    trial = play_scenario(shipped("blocksworld", *settings))
    own = [decision for decision in trial.ledger.record.decisions if decision.agent == "ann"]
    assert [decision.action for decision in own] == [None, None]
    steps = [e.payload for e in trial.ledger.record.events if (e.kind, e.agent) == ("step", "ann")]
    assert [(step["action"], step["reason"], step["cost"]) for step in steps] == [(None, "invalid", 1)] * 2
