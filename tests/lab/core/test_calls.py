"""Requests to models and their hashes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.core.calls import Artifact, ModelRequest, SegmentSpan
from lab.core.canonical import content_hash, parse
from lab.core.errors import RuleError

REQUEST = ModelRequest("mock/first", ({"role": "user", "content": "hi"},), {"temperature": 0.5}, seed=7)


def test_equal_requests_have_equal_hashes_whatever_the_order_of_keys() -> None:
    again = ModelRequest("mock/first", ({"content": "hi", "role": "user"},), {"temperature": 0.5}, seed=7)
    assert again.hash == REQUEST.hash == content_hash(REQUEST.text)


@pytest.mark.parametrize(
    "change",
    [
        {"model": "mock/uniform"},
        {"messages": ()},
        {"messages": ({"role": "system", "content": "hi"},)},
        {"sampling": {"temperature": 0.5, "top_p": 1}},
        {"seed": None},
        {"schema": {"type": "string"}},
        {"interventions": ({"kind": "steer"},)},
        {"messages": ({"role": "user", "content": "hi", "ids": [5]},)},
        {"decide": "score", "choices": ("a", "b")},
        {"decide": "both", "choices": ("a", "b")},
    ],
)
def test_every_part_of_a_request_is_in_its_hash(change: dict[str, Any]) -> None:
    assert replace(REQUEST, **change).hash != REQUEST.hash


def test_a_request_is_logged_in_full() -> None:
    assert parse(REQUEST.text) == {
        "model": "mock/first",
        "messages": [{"role": "user", "content": "hi"}],
        "sampling": {"temperature": 0.5},
        "seed": 7,
        "schema": None,
        "interventions": [],
    }


def test_scoring_is_logged_where_it_is_asked_for() -> None:
    scored = replace(REQUEST, decide="score", choices=("a", "b"))
    added = {"decide": "score", "choices": ["a", "b"]}
    assert parse(scored.text) == parse(REQUEST.text) | added
    assert replace(scored, choices=("b", "a")).hash != scored.hash
    assert replace(REQUEST, choices=("a", "b")).hash == REQUEST.hash


def test_where_the_parts_of_a_prompt_stand_changes_no_request() -> None:
    marked = replace(REQUEST, segments=(SegmentSpan("rules", 0, 0, 2),))
    assert marked == REQUEST
    assert marked.hash == REQUEST.hash


def test_a_request_that_is_not_json_is_refused() -> None:
    with pytest.raises(RuleError, match="not JSON"):
        _ = replace(REQUEST, sampling={"stop": {1, 2}}).hash


ARTIFACT = Artifact("local", "qwen", "f1", {"dtype": "float32", "layers": 2}, {"torch": "2"})


def test_equal_models_are_one_artifact_whatever_the_order_of_keys() -> None:
    again = Artifact("local", "qwen", "f1", {"layers": 2, "dtype": "float32"}, {"torch": "2"})
    assert again.id == ARTIFACT.id


@pytest.mark.parametrize(
    "change",
    [
        {"provider": "openai"},
        {"name": "llama"},
        {"fingerprint": None},
        {"config": {"dtype": "bfloat16", "layers": 2}},
        {"versions": {}},
    ],
)
def test_models_that_differ_in_anything_are_two_artifacts(change: dict[str, Any]) -> None:
    assert replace(ARTIFACT, **change).id != ARTIFACT.id
