"""The checks find what they say they look for."""

from __future__ import annotations

from pathlib import Path

import pytest

import lab
from lab.runner.conformance import check_environment, check_policy
from scenarios.spec import Scenario

GAME = """\
import itertools

from lab.core.records import Measured, MeasureSpec, Segment, Truth, TruthSpec
from lab.core.spaces import Choice
from lab.core.scripted import ScriptedPolicy
from scenarios.environment import Environment, Spec

COUNTER = itertools.count()


class Params(Spec):
    flaw: str = "none"


class Counting(ScriptedPolicy):
    def decide(self, request, ctx):
        return "ab"[next(COUNTER) % 3 % 2]


class Illegal(ScriptedPolicy):
    def decide(self, request, ctx):
        return "z"


def measured(record):
    flaw = record.params["flaw"]
    name, reason = "extra" if flaw == "undeclared" else "known", None if flaw == "reason" else "why"
    yield Measured(name, None, reason=reason)


class Flawed(Environment[Params]):
    Params = Params
    policies = {"counting": MODULE + ":Counting", "illegal": MODULE + ":Illegal"}
    truth = {
        "mood": TruthSpec("type", "how it feels", ("sunny", "gloomy")),
        "goal": TruthSpec("plan", "where it is bound"),
    }
    measures = (MeasureSpec("known", "a number", "points", measured),)
    non_response = {"choose": "nothing happens"}

    def play(self):
        flaw = self.params.flaw
        seen = {"n": next(COUNTER)} if flaw == "unseeded" else {}
        mood = {"mood": Truth("gloomy"), "goal": Truth("harbor")}
        phase = "other" if flaw == "phase" else "choose"
        decision = yield self.ask(self.agents[0], seen, Choice("a", "b"), phase=phase, hidden=mood)
        if flaw == "fragile":
            self.emit("upper", text=decision.action.upper())

    def render(self, request):
        text = "You feel gloomy." if self.params.flaw == "leak" else "Feel sunny or gloomy, and choose."
        text += " The harbor waits." if self.params.flaw == "told" else ""
        return (Segment("rules", "" if self.params.flaw == "silent" else text),)
"""

SCENARIO = """\
schema: 1
name: flawed
environment: MODULE:Flawed
params: {flaw: FLAW}
agents: [{name: ann, policy: {kind: scripted, name: POLICY}}]
"""


@pytest.fixture
def flawed(tmp_path: Path) -> object:
    """A function that makes a scenario with a flaw and a policy."""

    def make(flaw: str = "none", policy: str = "uniform") -> Scenario:
        module = f"flawed_{tmp_path.name}"
        (tmp_path / f"{module}.py").write_text(GAME.replace("MODULE", f'"{module}"'))
        text = SCENARIO.replace("MODULE", module).replace("FLAW", flaw).replace("POLICY", policy)
        (tmp_path / "flawed.yaml").write_text(text)
        scenario = lab.load(tmp_path / "flawed.yaml")
        assert isinstance(scenario, Scenario)
        return scenario

    return make


def test_a_sound_environment_has_no_problems(flawed: object) -> None:
    assert check_environment(flawed()) == []  # type: ignore[operator]


@pytest.mark.parametrize(
    ("flaw", "problem"),
    [
        ("unseeded", "the same seed gave two digests"),
        ("phase", "non_response does not say what happens in phase 'other'"),
        ("leak", "'gloomy', the value of hidden 'mood', stands in a text shown to 'ann'"),
        ("told", "'harbor', the value of hidden 'goal', stands in a text shown to 'ann'"),
        ("silent", "render gave no text"),
        ("undeclared", "measure 'extra' is computed and not declared"),
        ("reason", "measure 'known' is undefined without a reason"),
        ("fragile", "an agent without a valid answer broke it"),
    ],
)
def test_each_flaw_is_found(flawed: object, flaw: str, problem: str) -> None:
    assert any(problem in found for found in check_environment(flawed(flaw)))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("policy", "problem"),
    [("counting", "it decides differently"), ("illegal", "in phase 'choose' is invalid: ")],
)
def test_a_policy_that_breaks_its_promises_is_found(flawed: object, policy: str, problem: str) -> None:
    assert any(problem in found for found in check_policy(flawed(policy=policy), "ann"))  # type: ignore[operator]
