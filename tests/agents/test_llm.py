"""The `llm` kind: what it refuses before anything runs, and what it builds."""

from __future__ import annotations

from typing import Any

import pytest

from agents import llm
from agents.capture_options import CaptureOptions
from agents.catalog import Catalog
from agents.conversation import Conversation, Speaker
from agents.llm import card_of
from agents.models.spec import ModelSpec
from lab.core.ports import AgentFacts
from scenarios.catalog import load_environment

ALIASES: dict[str, dict[str, Any]] = {
    "thinker": {"model": "openai/gpt-5-mini"},
    "warm": {"model": "mock/uniform", "options": {"temperature": 1.5}},
}
BLUFF = load_environment("social/bluff")
CLAIMANT = AgentFacts("ann", seat="claimant", environment="social/bluff", aliases=ALIASES)
CHALLENGER = CLAIMANT._replace(name="bob", seat="challenger")
ORGANISM = "local/organisms/bluff"


def problems(agent: AgentFacts = CLAIMANT, **options: Any) -> list[tuple[str, str]]:
    return list(Catalog().problems({"kind": "llm", **options}, BLUFF, agent))


@pytest.mark.parametrize(
    ("options", "path", "words"),
    [
        ({}, "model", "should be given"),
        ({"model": "mock/unifrm"}, "model", "did you mean 'uniform'"),
        ({"model": "locl/x"}, "model", "did you mean 'local/"),
        ({"model": "mock/first", "cognition": "reakt"}, "cognition", "did you mean 'react'"),
        ({"model": "mock/first", "cognitio": "react"}, "cognitio", "did you mean 'cognition'"),
        ({"model": "mock/first", "memory": {"mode": "last_k", "kk": 3}}, "memory.kk", "unknown option"),
        ({"model": "mock/first", "sampling": {"temperature": -1}}, "sampling.temperature", "not -1"),
        ({"model": "thinker", "sampling": {"temperature": 0.5}}, "sampling.temperature", "does not take"),
        ({"model": "thinker", "decide": "score"}, "decide", "cannot score replies"),
        ({"model": ORGANISM, "cognition": "react"}, "cognition", "works with 'direct' only"),
        ({"model": ORGANISM, "memory": {"mode": "none"}}, "memory", "has no memory to set"),
        ({"model": "local/organisms/blufff"}, "model", "did you mean 'bluff'"),
        ({"model": "mock/first", "capture": {}}, "capture", "mock/first gives no activations"),
        ({"model": "thinker", "capture": {}}, "capture", "`lab capture` can read its tokens later"),
        ({"model": ORGANISM, "capture": {"spanss": []}}, "capture.spanss", "did you mean 'spans'"),
        ({"model": ORGANISM, "capture": {"layers": [4]}}, "capture.layers", "this model has layers 0 to 3"),
    ],
)
def test_a_wrong_option_is_told_with_its_path(options: dict[str, Any], path: str, words: str) -> None:
    ((found, message),) = problems(**options)
    assert found == path
    assert words in message


def test_an_organism_is_refused_in_another_seat_and_in_another_game() -> None:
    ((path, message),) = problems(CHALLENGER, model=ORGANISM)
    assert (path, message) == ("model", "organism 'bluff' plays the claimant; 'bob' is the challenger")
    elsewhere = CLAIMANT._replace(environment="social/public_goods")
    ((_, message),) = problems(elsewhere, model=ORGANISM)
    assert message == "organism 'bluff' plays social/bluff, not social/public_goods"


@pytest.mark.parametrize("model", ["mock/uniform", "warm", "thinker", ORGANISM])
def test_a_good_block_has_no_problems_and_builds_a_policy_without_opening_a_model(model: str) -> None:
    assert problems(model=model) == []
    built = Catalog().build({"kind": "llm", "model": model}, BLUFF, CLAIMANT)
    assert isinstance(built, Conversation)


def test_only_a_local_model_below_organisms_has_a_card() -> None:
    assert card_of(ModelSpec("x", "local", "somewhere/else")) is None
    assert card_of(ModelSpec("x", "mock", "organisms/bluff")) is None
    own = card_of(ModelSpec("x", "local", "organisms/bluff"))
    assert own is not None
    assert (own.environment, own.seat, own.decide) == ("social/bluff", "claimant", "score")


@pytest.mark.parametrize("capture", [None, {}, {"sites": ["z"], "spans": "post"}])
def test_what_is_captured_is_asked_of_the_model_and_nothing_without_a_word(
    capture: dict[str, Any] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoken: list[Speaker] = []
    monkeypatch.setattr(llm, "Conversation", lambda speaker, *_, **__: spoken.append(speaker))
    options = {} if capture is None else {"capture": capture}
    Catalog().build({"kind": "llm", "model": ORGANISM, **options}, BLUFF, CLAIMANT)
    spec = None if capture is None else CaptureOptions(**capture).spec()
    assert [one.capture for one in spoken] == [spec]
