"""Words that deny, doubt, quote, take back."""

from __future__ import annotations

import re

import pytest

from agents.parsing.cues import (
    ALTERNATIVE,
    BUT,
    CONTRAST,
    DOUBT,
    ENDS,
    EXAMPLE,
    NEGATION,
    NUMERAL,
    OTHER_TIME,
    OTHERS,
    RETRACTION,
    SPEECH,
    TURN,
    any_word,
    without_fences,
)


@pytest.mark.parametrize(
    ("cue", "text"),
    [
        (NEGATION, "I won’t"),
        (NEGATION, "keinesfalls nie"),
        (SPEECH, "Bob said so"),
        (DOUBT, "it depends"),
        (DOUBT, "Maybe"),
        (CONTRAST, "the opposite"),
        (BUT, "yet"),
        (EXAMPLE, "e.g. this"),
        (OTHERS, "my opponent's likely move"),
        (OTHERS, "what the other player would do"),
        (OTHER_TIME, "Last round"),
        (RETRACTION, "On second thought"),
        (RETRACTION, "No, wait"),
        (RETRACTION, "其实"),
        (TURN, "Good. However, no"),
        (ALTERNATIVE, " or 8"),
        (NUMERAL, "Twelve"),
        (NUMERAL, "1,5"),
    ],
)
def test_a_cue_is_found(cue: re.Pattern[str], text: str) -> None:
    assert cue.search(text)


@pytest.mark.parametrize(
    ("cue", "text"),
    [
        (NEGATION, "notable knots"),
        (DOUBT, "orbit"),
        (RETRACTION, "not bad"),
        (TURN, "good but late"),
        (ALTERNATIVE, "orbit"),
        (NUMERAL, "often"),
        (OTHERS, "my move"),
    ],
)
def test_a_word_that_only_looks_like_a_cue_is_let_be(cue: re.Pattern[str], text: str) -> None:
    assert not cue.search(text)


def test_words_are_whole_and_in_any_case() -> None:
    word = any_word("of|in case")
    assert (bool(word.search("IN CASE")), bool(word.search("often"))) == (True, False)


def test_a_number_with_a_point_does_not_end_a_sentence() -> None:
    text = "I give 8.5. Really?! Yes。No\n"
    assert [end[0] for end in ENDS.finditer(text)] == [".", "?!", "。", "\n"]


def test_marks_of_code_are_blanked_in_place() -> None:
    assert without_fences("a```json\nb```") == "a       \nb   "
