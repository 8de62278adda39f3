"""Every family by every kind of agent: a server's schema, a local model's scores, cognition with tools."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import lab
from agents.models.mock import _sample
from lab.core.streams import uniform
from scenarios.catalog import ROOT
from tests.support import zoo
from tests.support.chat_server import ChatServer, chat_server
from tests.support.studies import count

FINITE = {
    "trading/lob-news.yaml": "insider",
    "trading/contest.yaml": "trader",
    "trading/dealer.yaml": "dee",
    "planning/blocksworld.yaml": "ann",
    "planning/pddl-ferry.yaml": "ann",
    "planning/path.yaml": "ann",
    "planning/keydoor.yaml": "ann",
    "webdefense/visitor.yaml": "vic",
}
"""Scenarios in which all an agent may do can be counted, and an agent of each."""

FREE = {"trading/lob.yaml": "vera", "webdefense/directory.yaml": "mallory"}
SHORT = ("limits.decisions=8",)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama with a chat template, and room for a page of words."""
    folder = zoo.build("llama", tmp_path_factory.mktemp("tiny"))
    zoo.edit_json(folder / "config.json", max_position_embeddings=8192)
    zoo.edit_json(folder / "tokenizer_config.json", model_max_length=8192)
    return folder


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    monkeypatch.setenv("FAMILIES_TEST_KEY", "sk-any")
    with chat_server(reply=any_legal) as server:
        yield server


def any_legal(body: Mapping[str, Any]) -> str:
    """A reply that the schema sent along allows."""
    draws = iter(range(1000))
    schema = body["response_format"]["json_schema"]["schema"]
    return json.dumps(_sample(schema, lambda: uniform(body["seed"], next(draws))))


def with_server(scenario: Path, served: ChatServer, folder: Path) -> Path:
    """A copy of a scenario that knows the server as a model, its other files beside it."""
    for other in scenario.parent.iterdir():
        if other != scenario:
            (folder / other.name).symlink_to(other)
    alias = f"{{model: openai/x, base_url: '{served.base_url}', api_key_env: FAMILIES_TEST_KEY}}"
    copy = folder / scenario.name
    copy.write_text(f"{scenario.read_text()}\nmodels: {{served: {alias}}}\n")
    return copy


@pytest.mark.parametrize("scenario", FINITE)
def test_a_local_model_scores_what_can_be_counted_in_every_family(
    scenario: str, tiny: Path, tmp_path: Path
) -> None:
    database = tmp_path / "log.db"
    agent = FINITE[scenario]
    policy = f"agents.{agent}.policy={{kind: llm, model: 'local/{tiny}', decide: score}}"
    run = lab.run(ROOT / scenario, set_=[policy, *SHORT], db=str(database))
    assert lab.replay(run.id, db=str(database)).same
    assert count(database, "select count(*) from v_decision where policy = 'llm'") > 0
    assert count(database, "select count(*) from v_decision where policy = 'llm' and status <> 'ok'") == 0
    assert count(database, "select count(*) from v_call where choice_logprobs is null") == 0


@pytest.mark.parametrize("scenario", FREE | FINITE)
def test_a_server_that_constrains_replies_plays_every_family(
    scenario: str, served: ChatServer, tmp_path: Path
) -> None:
    database = tmp_path / "log.db"
    agent = (FREE | FINITE)[scenario]
    policy = f"agents.{agent}.policy={{kind: llm, model: served}}"
    file = with_server(ROOT / scenario, served, tmp_path)
    run = lab.run(file, set_=[policy, *SHORT], db=str(database))
    assert run.status in ("done", "limited")
    assert count(database, "select count(*) from v_decision where policy = 'llm' and not valid") == 0
    assert lab.replay(run.id, db=str(database)).same
