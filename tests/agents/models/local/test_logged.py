"""A row of the log as an answer to be read again."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models.local.logged import LoggedAnswer, logged_answer
from lab.core.calls import SegmentSpan
from lab.core.canonical import canonical
from lab.core.captures import ActionPlace
from lab.core.rows import CallRow

REQUEST = {
    "messages": [{"role": "user", "content": "Yes or no?"}],
    "choices": ["yes", "no"],
    "decide": "score",
}
TEXTS = {"q": canonical(REQUEST), "r": "yes", "p": "[1,2]", "i": "[3]"}
ROW = CallRow(
    "run", 7, 0, 1, 2, "ann", 3, "vote", 0, "answer#0", "tiny", "q", "q", "r", None, "stop", 5, None, None,
    None, None, None, None,
    artifact="a", prompt_ids="p", reply_ids="i", segments=canonical([["rules", 0, 0, 3, 0, 2]]),
    parsed=canonical({"place": [0, 3, 0]}), choice_logprobs=canonical({"yes": -0.25, "no": -1.5}),
)  # fmt: skip


def read(row: CallRow = ROW) -> LoggedAnswer:
    answer = logged_answer(row, TEXTS)
    assert answer is not None
    return answer


def test_an_answer_has_its_key_its_tokens_and_where_it_says_its_action() -> None:
    answer = read()
    assert answer.key == ("run", 7, 0, 1, 2)
    assert (answer.prompt_ids, answer.reply_ids) == ((1, 2), (3,))
    assert answer.place == ActionPlace(0, 3, 0)
    assert (answer.named, answer.segments) == ((SegmentSpan("rules", 0, 0, 3),), {"rules": (0, 2)})
    assert answer.words == "decision 7 of run run, attempt 1"


def test_of_a_scored_answer_the_whole_replys_log_probability_is_known() -> None:
    answer = read()
    assert (answer.choices, answer.decide, answer.total) == (("yes", "no"), "score", -0.25)


@pytest.mark.parametrize("decide", ["generate", "both"])
def test_a_generated_answer_is_compared_token_by_token(decide: str) -> None:
    texts = TEXTS | {"q": canonical(REQUEST | {"decide": decide})}
    answer = logged_answer(ROW._replace(reply_logprobs="[-0.5]"), texts)
    assert answer is not None
    assert (answer.total, answer.reply_logprobs) == (None, (-0.5,))


@pytest.mark.parametrize("changed", [{"reply": None}, {"parsed": None}])
def test_a_failed_try_and_a_thought_are_no_answers(changed: dict[str, Any]) -> None:
    assert logged_answer(ROW._replace(**changed), TEXTS) is None


def test_what_a_server_did_not_tell_is_none() -> None:
    answer = read(
        ROW._replace(prompt_ids=None, reply_ids=None, segments=canonical([["rules", 0, 0, 3, None, None]]))
    )
    assert (answer.prompt_ids, answer.reply_ids, answer.segments) == (None, None, {"rules": None})
