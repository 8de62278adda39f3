"""Segments become messages whose beginning never changes, and every part knows its place."""

from __future__ import annotations

from agents.prompts import Message, replied, spans, standing_message, told, turn_parts
from lab.core.calls import ModelReply
from lab.core.records import Segment

SYSTEM = Segment("system", "You play.")
RULES = Segment("rules", "No cheating.")
SEEN = Segment("observation", "Round 1.")
ASKED = Segment("question", "What now?")


def test_standing_parts_open_the_conversation_with_the_persona_between_them() -> None:
    opening = standing_message([SEEN, RULES, SYSTEM], "You are cautious.")
    assert opening == Message("system", (SYSTEM, Segment("persona", "You are cautious."), RULES))
    assert opening.content == "You play.\n\nYou are cautious.\n\nNo cheating."


def test_a_turn_tells_only_what_is_new() -> None:
    opening = standing_message([SYSTEM, RULES], None)
    assert turn_parts([SYSTEM, RULES, SEEN, ASKED], [opening]) == (SEEN, ASKED)


def test_a_rule_that_changed_is_told_again() -> None:
    opening = standing_message([SYSTEM, RULES], None)
    changed = Segment("rules", "Cheating is fine.")
    assert turn_parts([SYSTEM, changed, SEEN], [opening]) == (changed, SEEN)


def test_a_rule_that_changed_back_is_told_again_too() -> None:
    opening = standing_message([SYSTEM, RULES], None)
    before = told((opening,), Segment("rules", "Cheating is fine."))
    assert turn_parts([SYSTEM, RULES, SEEN], before) == (RULES, SEEN)


def test_an_observation_is_told_again_even_when_its_words_are_the_same() -> None:
    before = told((standing_message([SYSTEM], None),), SEEN)
    assert turn_parts([SEEN], before) == (SEEN,)


def test_telling_goes_on_in_the_open_message_and_opens_a_new_one_after_a_reply() -> None:
    one = told((), SEEN)
    assert told(one, ASKED) == (Message("user", (SEEN, ASKED)),)
    two = told(replied(one, ModelReply("yes")), ASKED)
    assert [message.role for message in two] == ["user", "assistant", "user"]


def test_parts_without_words_are_left_out() -> None:
    assert told((), Segment("format", "")) == ()


def test_reasoning_is_not_told_again_and_the_tokens_of_a_reply_are_carried() -> None:
    reply = ModelReply("yes", reasoning="because", reply_ids=(4, 5))
    (message,) = replied((), reply)
    assert message.to_json(with_ids=True) == {"role": "assistant", "content": "yes", "ids": (4, 5)}
    assert message.to_json(with_ids=False) == {"role": "assistant", "content": "yes"}


def test_every_span_cuts_its_own_words_out_of_its_message() -> None:
    first = told((standing_message([SYSTEM, RULES], None),), SEEN, ASKED)
    messages = told(replied(first, ModelReply("yes")), Segment("observation", "Round 2."), ASKED)
    cut = [(span.name, messages[span.message].content[span.start : span.end]) for span in spans(messages)]
    assert cut == [
        ("system", "You play."),
        ("rules", "No cheating."),
        ("past.observation", "Round 1."),
        ("past.question", "What now?"),
        ("past.reply", "yes"),
        ("observation", "Round 2."),
        ("question", "What now?"),
    ]
