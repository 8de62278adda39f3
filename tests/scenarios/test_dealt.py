from __future__ import annotations

from types import SimpleNamespace

import pytest

from lab.core.errors import RuleError
from lab.core.ports import Seat
from lab.core.records import DecisionRequest, Truth
from lab.core.spaces import Choice
from scenarios.dealt import Dealt, deal, own_type

TYPES = ("bold", "wary")


def _seat(given: str, policy: str = "scripted") -> Seat:
    return Seat("vic", None, SimpleNamespace(type=given), policy)


def _request(dealt: Dealt) -> DecisionRequest:
    return DecisionRequest("vic", None, 1, 0, "step", {}, Choice("go"), tools=dealt.tools())


@pytest.mark.parametrize(("drawn", "value"), [(0.0, "bold"), (0.49, "bold"), (0.5, "wary"), (0.99, "wary")])
def test_a_drawn_type_is_either_with_chance_one_half(drawn: float, value: str) -> None:
    assert deal(_seat("drawn"), TYPES, lambda: drawn).value == value


def test_a_named_type_is_dealt_and_none_is_not() -> None:
    assert deal(_seat("wary"), TYPES, lambda: 0.0).value == "wary"
    assert deal(_seat("none"), TYPES, lambda: 0.0).value is None


def test_who_is_no_script_has_no_type() -> None:
    assert deal(_seat("wary", policy="llm"), TYPES, lambda: 0.0).value is None


def test_the_agent_reads_its_type_from_a_tool_that_says_that_it_reads_the_truth() -> None:
    request = _request(Dealt("wary"))
    assert [(tool.name, tool.reads_truth) for tool in request.tools] == [("own_type", True)]
    assert own_type(request, "visitor", TYPES) == "wary"


def test_without_a_type_there_is_no_tool_no_truth_and_a_clear_sentence() -> None:
    nothing = Dealt(None)
    assert (nothing.tools(), nothing.truth()) == ((), {})
    with pytest.raises(RuleError, match=r"'vic' has none: drop its params\.type or set it to drawn, bold or"):
        own_type(_request(nothing), "visitor", TYPES)


def test_evidence_adds_up_to_the_logged_odds() -> None:
    dealt = Dealt("bold")
    dealt.learn(1.5)
    dealt.learn(-0.25)
    assert dealt.truth() == {"type": Truth("bold", posterior=1.25)}
