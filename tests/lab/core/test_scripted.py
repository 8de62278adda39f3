"""The base of scripted policies."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import PrivateAttr, ValidationError

from lab.core.ports import PolicyContext
from lab.core.records import Decision, DecisionRequest
from lab.core.scripted import ScriptedPolicy
from tests.support.toys import rounds
from tests.support.worlds import decisions_of, play


class Alternate(ScriptedPolicy):
    start: str = "a"
    _last: str | None = PrivateAttr(None)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        return {"a": "b", "b": "a", None: self.start}[self._last]

    def observe(self, request: DecisionRequest, decision: Decision) -> None:
        self._last = decision.action


@pytest.mark.parametrize("options", [{"strat": "a"}, {"start": 1}])
def test_options_are_checked(options: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Alternate(**options)


def test_a_policy_may_remember_what_it_observed() -> None:
    played = play(rounds(3), {}, {"ann": Alternate(start="b"), "bob": Alternate()})
    assert decisions_of(played, "ann") == ["b", "a", "b"]
    assert decisions_of(played, "bob") == ["a", "b", "a"]
