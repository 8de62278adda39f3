"""Canary scan: nothing private to one agent stands in another's prompt, in any shipped scenario."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from agents.models.mock import any_legal
from lab.core.calls import ModelReply, ModelRequest
from lab.runner.conformance import play
from scenarios.spec import Scenario
from tests.conformance.test_shipped import SCENARIOS, loaded
from tests.support.toys import FakeSink

CANARY = re.compile(r"canary-of-([\w-]+)\.")


def speak(request: ModelRequest) -> ModelReply:
    """A legal reply of an agent that thinks aloud about what only it knows."""
    own = CANARY.search(str(request.messages[0]["content"]))
    assert own is not None, "the persona opens the conversation"
    thought = f"I must never tell of thought-{own[0]}"
    if request.schema is None:
        return ModelReply(thought, cost_usd=0.0)
    return ModelReply(any_legal(request), reasoning=thought, cost_usd=0.0)


def with_canaries(scenario: Scenario) -> Scenario:
    """The scenario with every agent a model that has a secret persona."""
    model = f"mock/{__name__}:speak"
    policy = {"kind": "llm", "model": model, "cognition": "react"}
    data: dict[str, Any] = scenario.to_json()
    for agent in data["agents"]:
        agent |= {"policy": policy, "persona": f"You keep canary-of-{agent['name']}. to yourself."}
    return Scenario.from_json(data)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_no_prompt_holds_the_canary_of_another_agent(path: Path) -> None:
    sink = FakeSink()
    scenario = with_canaries(loaded(path))
    play(scenario, sink=sink)
    met: dict[str, set[str]] = defaultdict(set)
    for call in sink.calls:
        met[call.agent] |= set(CANARY.findall(sink.texts[call.request]))
    assert met == {agent.name: {agent.name} for agent in scenario.agents}


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_reply_of_a_shipped_scenario_is_asked_for_in_words(path: Path) -> None:
    sink = FakeSink()
    scenario = with_canaries(loaded(path))
    play(scenario, sink=sink)
    for call in sink.calls:
        last = json.loads(sink.texts[call.request])["messages"][-1]
        assert last["role"] == "user"
        assert last["content"].strip()
