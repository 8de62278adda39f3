"""Requests to models and their hashes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lab.core.calls import ModelRequest
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


def test_a_request_that_is_not_json_is_refused() -> None:
    with pytest.raises(RuleError, match="not JSON"):
        _ = replace(REQUEST, sampling={"stop": {1, 2}}).hash
