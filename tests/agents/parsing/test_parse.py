"""Parsing a whole reply: the gold corpus, what holds for any text, and time."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from agents.parsing.parse import Parsed, parse_reply
from lab.core.errors import RuleError
from lab.core.menu import Menu
from lab.core.records import VALID, Status
from lab.core.spaces import Choice, Form, Message, Quantity, Space
from tests.agents.parsing.gold import Reply, corpus
from tests.lab.core.test_spaces import SPACES

REPLIES = corpus()
MIN_REPLIES = 300
MIN_AGREEMENT = 0.95
MAX_FALSE_INVALID = 0.11

MOVE = Choice("cooperate", "defect")
LETTERS = {"cooperate": "B", "defect": "A"}
GIVE = Quantity("contribute", 0, 20, "points")
SAY = Message("say", 40)
PUNISH = Form("punish", {"bob": Quantity("bob", 0, 5), "why": Choice("greed", "spite"), "note": SAY})
ORDERS = Menu(
    {
        "limit": {"side": Choice("buy", "sell"), "qty": Quantity("qty", 1, 10)},
        "say": {"text": SAY},
        "hold": {},
    }
)
EVERY_SPACE: tuple[Space, ...] = (MOVE, GIVE, SAY, PUNISH, ORDERS)

PIECES = (
    *"{}[]\":,.?!\n\\'`*<>()",
    *("{'", '{"answer": ', '"cooperate"', "defect", "A", "8", "-3", "1e1", "20 points", "bob: ", "note"),
    *(
        "I choose ",
        "I will not ",
        "Answer: ",
        "or ",
        "<think>",
        "</think>",
        "<answer>",
        "</answer>",
        "```json\n",
    ),
    *(
        "because ",
        "Actually, ",
        "\ufeff",
        "\u2003",
        "\ud800",
        "\0",
        "你好",
        "🤝",
        "//",
        "\\boxed{",
        "I'm sorry",
        "\nACT: ",
        "limit(buy, 3)",
        "say(",
    ),
)
TEXTS = st.text() | st.lists(st.sampled_from(PIECES), max_size=25).map("".join)


def parsed(reply: Reply) -> Parsed:
    return parse_reply(reply.text, reply.space, reply.labels)


def stands_for(value: Any, space: Space, fragment: str) -> bool:
    """Whether a fragment of canonical JSON is the value, without the quotes of a text."""
    text = json.dumps(value, ensure_ascii=False)
    return fragment == (text[1:-1] if isinstance(space, Choice | Message) else text)


def test_the_corpus_is_large_and_covers_every_space_and_outcome() -> None:
    assert len(REPLIES) >= MIN_REPLIES
    assert len({reply.id for reply in REPLIES}) == len(REPLIES)
    outcomes = Counter((type(reply.space), reply.status) for reply in REPLIES)
    assert all(
        outcomes[kind, status] >= 3
        for kind in (Choice, Quantity, Message, Form, Menu)
        for status in (Status.OK, Status.REPAIRED, Status.INVALID, Status.REFUSED)
        if (kind, status) != (Form, Status.REFUSED)
    )


def test_no_reply_is_read_as_something_it_does_not_say() -> None:
    wrong = {
        reply.id: (reply.text, one.value)
        for reply in REPLIES
        if (one := parsed(reply)).status in VALID and (not reply.answers or one.value != reply.value)
    }
    assert wrong == {}


def test_few_clear_answers_are_asked_for_again_and_most_statuses_are_those_of_a_reader() -> None:
    """At its last change: 1,182 replies, 95.4 % agreement, 54 of 543 clear answers asked for again."""
    results = [(reply, parsed(reply).status) for reply in REPLIES]
    missed = [reply for reply, status in results if reply.answers and status not in VALID]
    tags = Counter(tag for reply in missed for tag in reply.tags)
    assert len(missed) <= MAX_FALSE_INVALID * sum(reply.answers for reply in REPLIES), tags
    assert sum(reply.status == status for reply, status in results) >= MIN_AGREEMENT * len(results), tags


def test_no_answer_in_json_alone_is_missed() -> None:
    asked = [reply for reply in REPLIES if reply.status == Status.OK]
    assert [reply.id for reply in asked if parsed(reply).status != Status.OK] == []


@given(TEXTS, SPACES)
def test_any_text_is_parsed_and_what_is_valid_is_legal(text: str, space: Space) -> None:
    check(text, parse_reply(text, space), space)


@given(TEXTS, st.sampled_from(EVERY_SPACE), st.sampled_from([{}, LETTERS]))
@example("\u2003", SAY, {})
@example('{"answer": "\\ud83e\\udd1d"}', SAY, {})
def test_any_text_is_parsed_in_a_game(text: str, space: Space, labels: dict[str, str]) -> None:
    check(text, parse_reply(text, space, labels), space)


def check(text: str, result: Parsed, space: Space) -> None:
    assert result.status in {Status.OK, Status.REPAIRED, Status.REFUSED, Status.INVALID}
    if result.status not in VALID:
        assert (result.value, dict(result.spans)) == (None, {})
        assert result.problem
        return
    assert space.value_of(space.read(result.value)) == result.value
    assert result.problem is None
    assert set(result.spans) == (set(space.fields) if isinstance(space, Form) else {"answer"})
    assert all(0 <= start <= end <= len(text) for start, end in result.spans.values())


@given(SPACES, st.data())
def test_an_answer_as_asked_is_ok_and_stands_where_its_span_says(space: Space, data: st.DataObject) -> None:
    value = space.sample(lambda: data.draw(st.floats(0, 1, exclude_max=True)))
    answer = value if isinstance(space, Form) else {"answer": value}
    text = json.dumps(answer, ensure_ascii=False)
    result = parse_reply(text, space)
    assert (result.status, result.value) == (Status.OK, value)
    fields = space.fields if isinstance(space, Form) else {"answer": space}
    assert all(
        stands_for(answer[name], fields[name], text[start:end]) for name, (start, end) in result.spans.items()
    )


@given(st.permutations(["call", "fold", "A", "B"]), st.integers(0, 3))
def test_a_shown_name_means_its_option_alone(shown: list[str], chosen: int) -> None:
    space = Choice("call", "fold", "A", "B")
    labels = dict(zip(space.options, shown, strict=True))
    for text in (json.dumps({"answer": shown[chosen]}), shown[chosen]):
        assert parse_reply(text, space, labels).value == space.options[chosen]


@pytest.mark.parametrize(
    ("text", "space", "value", "stood"),
    [
        ("```json\n{'answer': 'Defect',}\n```", MOVE, "defect", "Defect"),
        ("I will go with **defect** this time.", MOVE, "defect", "defect"),
        ("We have 20 each. I contribute 8 points.", GIVE, 8, "8"),
        ("  Trust me.\n", SAY, "Trust me.", "Trust me."),
        ("<think>20?</think> 12 ", GIVE, 12, "12"),
        ('{"answer": "two \\"words\\""}', SAY, 'two "words"', 'two \\"words\\"'),
    ],
)
def test_the_span_is_where_the_value_stands(text: str, space: Space, value: Any, stood: str) -> None:
    result = parse_reply(text, space)
    start, end = result.spans["answer"]
    assert (result.value, text[start:end]) == (value, stood)


@pytest.mark.parametrize(
    ("text", "space", "problem"),
    [
        (" ", MOVE, "the reply was empty"),
        ('{"answer": "coo', MOVE, "the reply was cut before its JSON object ended"),
        ("<think>so", MOVE, "the reply ended inside its reasoning, before an answer"),
        ("<think>so</think> ", MOVE, "the reply holds no answer outside its reasoning"),
        ('{"answer": 25}', GIVE, "contribute: 25 is not between 0 and 20"),
        ("25", GIVE, "contribute: 25 is not between 0 and 20"),
        ("cooperate\ndefect", MOVE, "the reply states no clear answer"),
        ('{"answer": "cooperate"} {"answer": "defect"}', MOVE, "the reply gives two different answers"),
        ("{what?}", MOVE, "the JSON object in the reply cannot be read"),
        ('{"x": 1}', MOVE, "the JSON object in the reply holds no answer"),
        ("3", PUNISH, "the reply holds no JSON object with the fields bob, why, note"),
        ('{"bob": 3}', PUNISH, "punish: not filled in: why, note"),
        ("I cannot participate in this game.", MOVE, "the reply declined to answer"),
    ],
)
def test_the_problem_says_what_to_do_about(text: str, space: Space, problem: str) -> None:
    assert parse_reply(text, space).problem == problem


def test_a_problem_names_options_as_they_were_shown() -> None:
    result = parse_reply('{"answer": "cooperate"}', MOVE, LETTERS)
    assert (result.status, result.problem) == (Status.INVALID, '"cooperate" is not one of B, A')


def test_two_options_under_one_name_are_a_bug() -> None:
    with pytest.raises(RuleError, match="distinct"):
        parse_reply("A", MOVE, {"cooperate": "A", "defect": "A"})


@pytest.mark.parametrize("space", EVERY_SPACE)
@pytest.mark.parametrize(
    "piece", ["{", '{"a":[', "<think>", '{"answer": "defect"}', "I choose ", " ", "...", "8 "]
)
def test_a_hundred_thousand_characters_take_a_moment(piece: str, space: Space) -> None:
    start = time.process_time()
    parse_reply(piece * (100_000 // len(piece)), space)
    assert time.process_time() - start < 5
