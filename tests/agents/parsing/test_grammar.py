"""The forms that an answer in words may have."""

from __future__ import annotations

import pytest

from agents.parsing.grammar import grammar_of
from lab.core.spaces import Choice, Quantity

MOVE = Choice("north", "north-east", "A", "stay put")
CASES = Choice("go", "Go")
GIVE = Quantity("contribute", 0, 20, "points")


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("I choose north", "north"),
        ("I'll go north-east", "north-east"),
        ("My choice is **stay put**", "stay put"),
        ("**Answer:** A", "A"),
        ("So, given the map, I'd rather stay put", "stay put"),
        ("Ich wähle north", "north"),
        ("My decision: I will go for option A", "A"),
        ("The map is clear, so I pick \\boxed{north}", "north"),
    ],
)
def test_a_sentence_leads_to_its_answer(text: str, answer: str) -> None:
    found = grammar_of(MOVE).sentence.match(text)
    assert found
    assert found["answer"] == answer


@pytest.mark.parametrize(
    "text", ["I choose a way", "They choose north", "I chose north", "I choose not north", "Bob: A"]
)
def test_other_sentences_do_not(text: str) -> None:
    assert not grammar_of(MOVE).sentence.match(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("I contribute 8", "8"),
        ("My contribution: **12** points", "12"),
        ("I am contributing 3 points", "3"),
        ("Contribute -> 4", "4"),
    ],
)
def test_an_amount_follows_the_name_of_its_quantity(text: str, amount: str) -> None:
    found = grammar_of(GIVE).sentence.match(text)
    assert found
    assert found["answer"] == amount


@pytest.mark.parametrize(
    "text", ["I contribute 8%", "I contribute $8", "I contribute 1,000", "I keep 8", "I contribute on 8"]
)
def test_other_amounts_are_none(text: str) -> None:
    assert not grammar_of(GIVE).sentence.match(text)


def test_the_answer_as_verb_is_told_apart() -> None:
    verb, claim = (grammar_of(MOVE).sentence.match(text) for text in ("I stay put", "I pick north"))
    assert verb
    assert claim
    assert (bool(verb["verb"]), bool(claim["verb"])) == (True, False)


def test_names_that_differ_in_case_are_taken_as_written() -> None:
    found = grammar_of(CASES).line.fullmatch("Go")
    assert found
    assert found["answer"] == "Go"
    assert not grammar_of(CASES).line.fullmatch("GO")


def test_a_name_inside_a_longer_word_is_no_mention() -> None:
    assert [name[0] for name in grammar_of(MOVE).mention.finditer("northern north-east, A-ok, north")] == [
        "north-east",
        "north",
    ]


def test_a_tag_holds_an_answer() -> None:
    found = grammar_of(MOVE).tag.search("so <answer> north </answer>")
    assert found
    assert found["answer"] == "north"
