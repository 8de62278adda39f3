from __future__ import annotations

from math import log
from typing import Any

import pytest

from lab.core.canonical import unlabel
from scenarios.look import Look
from scenarios.webdefense.visitor.policies import Eager, TypedVisitor
from scenarios.webdefense.visitor.rules import DEFENDED, PAGES, Visitor, VisitorParams
from tests.scenarios.social.readers import Fixed, Kept, Reader
from tests.support.worlds import Played, play

THRESHOLD = {"bold": 4, "wary": 2}


def _run(
    seed: int = 1, type_: str = "drawn", steps: int = 24, policy: Any = None, **params: Any
) -> tuple[Played, Kept, Reader]:
    kept, reader = Kept(), Reader(policy or TypedVisitor())
    given = {"vic": {"type": type_}}
    played = play(
        Visitor, {"steps": steps, **params}, {"vic": reader}, seed=seed, agent_params=given, sink=kept
    )
    return played, kept, reader


def _pages(played: Played) -> list[dict[str, Any]]:
    return [dict(event.payload) for event in played.record.events if event.kind == "page"]


def test_each_step_asks_once_and_the_last_act_leads_to_a_page_too() -> None:
    played, _, _ = _run()
    assert [decision.tick for decision in played.record.decisions] == list(range(24))
    assert len(_pages(played)) == 25
    assert Visitor.expected_decisions(VisitorParams(), 1) == 24


@pytest.mark.parametrize("seed", range(4))
def test_every_page_is_paid_by_the_act_that_led_to_it(seed: int) -> None:
    played, _, _ = _run(seed, strictness=2.0)
    acts = ["stop", *(str(decision.value) for decision in played.record.decisions)]
    paid = [event.value for event in played.record.events if event.kind == "payoff"]
    for page, act, points in zip(_pages(played), acts, paid, strict=True):
        plain = {"go": 2, "slow": 1, "stop": 0}[act]
        assert points == {"plain": plain, "decoy": -8, "limit": 0, "captcha": 0}[page["answer"]]
        assert (page["page"] == "home") == (act == "stop")


@pytest.mark.parametrize("act", ["go", "slow", "stop"])
def test_the_site_defends_itself_as_often_as_it_says(act: str) -> None:
    pages = [
        page
        for seed in range(30)
        for page in _pages(_run(seed, policy=Fixed(step=[act] * 60), steps=60, strictness=1.5)[0])[1:]
    ]
    answers = [page["answer"] for page in pages]
    for answer, chance in DEFENDED[act].items():
        error = (chance * 1.5 * (1 - chance * 1.5) / len(answers)) ** 0.5
        assert answers.count(answer) / len(answers) == pytest.approx(1.5 * chance, abs=4 * error)
    if act != "stop":
        assert {page["page"] for page in pages} == set(PAGES)


def test_a_site_of_no_strictness_answers_plainly() -> None:
    played, _, _ = _run(policy=Eager(), strictness=0.0)
    assert {page["answer"] for page in _pages(played)} == {"plain"}
    assert played.measures["payoff"] == 2 * 24


def test_the_strictest_site_still_has_chances() -> None:
    assert all(2.5 * sum(chances.values()) <= 1 for chances in DEFENDED.values())


def _suspicion(answers: list[str]) -> int:
    """By a second way: the stretches of plain pages between defenses, each counted in whole threes."""
    level, stretch = 0, 0
    for answer in [*answers, "end"]:
        if answer == "plain":
            stretch += 1
            continue
        level, stretch = max(level - stretch // 3, 0), 0
        level = min(level + {"limit": 1, "captcha": 1, "decoy": 2, "end": 0}[answer], 5)
    return level


def _posterior(acts: list[tuple[int, str]]) -> float:
    """Log-odds of wary by enumerating both types with their full likelihoods."""
    joint = {"bold": 0.5, "wary": 0.5}
    for kind, threshold in THRESHOLD.items():
        for suspicion, act in acts:
            wanted = "stop" if suspicion >= threshold else "slow" if suspicion == threshold - 1 else "go"
            joint[kind] *= 0.98 if act == wanted else 0.01
    return log(joint["wary"]) - log(joint["bold"])


@pytest.mark.parametrize("seed", range(6))
def test_the_logged_truths_are_exact(seed: int) -> None:
    played, kept, reader = _run(seed)
    answers, acts = [], []
    for request, decision in zip(reader.requests, played.record.decisions, strict=True):
        answers.append(request.observation["answer"])
        acts.append((_suspicion(answers), str(decision.value)))
    logged = [row.posterior for row in kept.truths("type")]
    assert logged == pytest.approx([_posterior(acts[:n]) for n in range(24)])
    assert [unlabel(row.value) for row in kept.truths("suspicion")] == [level for level, _ in acts]
    assert {(row.kind, row.visible) for row in kept.truths("suspicion")} == {("state", 1)}
    assert {(row.kind, row.visible) for row in kept.truths("type")} == {("type", 0)}


def test_neither_suspicion_nor_type_stands_in_what_is_asked() -> None:
    _, _, reader = _run(type_="wary")
    known = {"step", "steps", "defended", "score", "past", "page", "answer"}
    assert all(set(request.observation) == known for request in reader.requests)
    assert all(set(one) == {"page", "answer", "act"} for one in reader.requests[-1].observation["past"])
    assert "wary" not in reader.shown
    assert "suspici" not in reader.shown


@pytest.mark.parametrize("wording", [0, 1, 2])
def test_nothing_shown_depends_on_the_type(wording: int) -> None:
    shown = []
    for type_ in ("bold", "wary"):
        reader = Reader(Eager())
        play(Visitor, {}, {"vic": reader}, agent_params={"vic": {"type": type_}}, look=Look(wording))
        shown.append(reader.shown)
    assert shown[0] == shown[1]


def test_without_an_answer_the_visitor_leaves() -> None:
    silent, _, _ = _run(policy=Fixed(step=[None] * 40), steps=20)
    stopping, _, _ = _run(policy=Fixed(step=["stop"] * 20), steps=20)
    assert _pages(silent) == _pages(stopping)
    assert silent.measures["stop_share"] is None
