from __future__ import annotations

import json

import pytest

from lab.core.errors import UsageError
from probes.readers.assess import assess
from probes.readers.assessment import Settings
from tests.support.planted import planted_table


def test_the_numbers_are_json_and_what_is_undefined_is_null() -> None:
    found = assess(planted_table(), settings=Settings(bootstraps=20, permutations=9, controls=1))
    content = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert content["task"] == {"kind": "binary", "classes": ["false", "true"]}
    assert content["settings"]["bootstraps"] == 20
    assert content["layers"][2]["reading"] == list(found.at(2).reading)
    assert content["layers"][2]["twin"] is None
    assert "held_out" not in content


def test_a_layer_that_was_not_read_is_named_with_those_that_were() -> None:
    found = assess(planted_table(), settings=Settings(bootstraps=20, permutations=9, controls=1))
    with pytest.raises(UsageError, match=r"no layer 7 was read \(known: 0, 1, 2\)"):
        found.at(7)
