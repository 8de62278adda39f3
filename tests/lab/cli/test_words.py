from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from lab.cli.words import act_words, plain_facts, quoted, signed, value_words
from lab.core.records import NOTHING, Decision, Status
from lab.core.spaces import Choice, Form, Message, Quantity, Space

POINTS = Quantity("give", 0, 20, "points")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "none"),
        (True, "yes"),
        (0.1 + 0.2, "0.3"),
        ("two words", "“two words”"),
        ([], "none"),
        ([4, 3], "4 3"),
        ([[4, 4], [0, 3]], "4,4 0,3"),
        ({"a": 1, "b": {"c": 2}}, "a 1, b (c 2)"),
    ],
)
def test_json_data_reads_as_words(value: Any, words: str) -> None:
    assert value_words(value) == words


@pytest.mark.parametrize(
    ("space", "value", "words"),
    [
        (Choice("stag", "hare"), "stag", "chooses stag"),
        (POINTS, 8, "give 8 points"),
        (Message(), "hello", "“hello”"),
        (Message(), "", "says nothing"),
        (Form("punish", {"bob": POINTS, "eve": POINTS}), {"bob": 2, "eve": 0}, "punish bob 2"),
        (Form("punish", {"bob": POINTS}), {"bob": 0}, "punish nothing"),
    ],
)
def test_every_kind_of_act_reads_as_what_was_done(space: Space, value: Any, words: str) -> None:
    act = space.read(value)
    assert act_words(_decision(act.action, act.args), space.to_json()) == words


def test_an_act_that_never_was_says_its_status() -> None:
    words = act_words(_decision(None, NOTHING, Status.TIMEOUT), POINTS.to_json())
    assert words == "no valid answer (timeout)"


def test_facts_are_the_short_ones_that_the_params_do_not_fix() -> None:
    seen = {"round": 2, "rounds": 10, "cards": [4, 3], "past": [{"x": 1}], "last": None, "story": "x" * 500}
    assert plain_facts(seen, {"rounds": 10}) == {"round": "2", "cards": "4 3"}


def test_a_long_text_is_cut_and_stays_on_one_line() -> None:
    text = quoted("a\nb " + "x" * 1000)
    assert text.startswith("“a b x")
    assert text.endswith("…”")
    assert len(text) < 310


@pytest.mark.parametrize(("value", "text"), [(3.0, "+3"), (-2.5, "-2.5"), (0.0, "0"), (0.1 + 0.2, "+0.3")])
def test_a_payoff_has_its_sign(value: float, text: str) -> None:
    assert signed(value) == text


def _decision(action: str | None, args: Mapping[str, Any], status: Status = Status.OK) -> Decision:
    return Decision("ann", 1, 0, 0, "give", action, args, status)
