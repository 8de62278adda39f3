"""The table of policy kinds."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from agents.catalog import KINDS, Catalog
from agents.scripted import First, Uniform
from tests.lab.core.test_scripted import Alternate

GAME = SimpleNamespace(policies={"alternate": "tests.lab.core.test_scripted:Alternate"})


@pytest.mark.parametrize(
    "policy",
    [
        {"kind": "scripted", "name": "uniform"},
        {"kind": "scripted", "name": "alternate", "start": "b"},
        {"kind": "scripted", "name": "tests.lab.core.test_scripted:Alternate"},
    ],
)
def test_a_good_policy_has_no_problems(policy: dict[str, Any]) -> None:
    assert list(Catalog().problems(policy, GAME)) == []


@pytest.mark.parametrize(
    ("policy", "path", "message"),
    [
        ({}, "kind", "a policy needs a kind (known: scripted)"),
        ({"kind": 7}, "kind", "a policy needs a kind"),
        ({"kind": "scriptd"}, "kind", "unknown policy kind 'scriptd'; did you mean 'scripted'?"),
        ({"kind": "scripted", "name": "altrnate"}, "name", "did you mean 'alternate'?"),
        ({"kind": "scripted", "name": "alternate", "strt": "b"}, "strt", "did you mean 'start'?"),
    ],
)
def test_what_is_wrong_with_a_policy_is_said_with_its_path(
    policy: dict[str, Any], path: str, message: str
) -> None:
    ((found, says),) = Catalog().problems(policy, GAME)
    assert found == path
    assert message in says


def test_building_gives_every_agent_a_policy_of_its_own() -> None:
    block = {"kind": "scripted", "name": "alternate", "start": "b"}
    one, other = Catalog().build(block, GAME), Catalog().build(block, GAME)
    assert isinstance(one, Alternate)
    assert one is not other
    assert one.start == "b"
    assert block == {"kind": "scripted", "name": "alternate", "start": "b"}


def test_two_policies_play_any_game() -> None:
    none = SimpleNamespace(policies={})
    assert isinstance(Catalog().build({"kind": "scripted", "name": "uniform"}, none), Uniform)
    assert isinstance(Catalog().build({"kind": "scripted", "name": "first"}, none), First)


@pytest.mark.parametrize("kind", list(KINDS))
def test_every_kind_of_the_table_can_be_loaded(kind: str) -> None:
    assert callable(KINDS.load(kind)().build)
