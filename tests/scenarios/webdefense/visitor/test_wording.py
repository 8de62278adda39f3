from __future__ import annotations

import pytest

from scenarios.look import Look
from scenarios.webdefense.visitor.policies import Random
from scenarios.webdefense.visitor.rules import Visitor
from scenarios.webdefense.visitor.wording import COMPACT
from tests.scenarios.social.readers import Fixed, Reader
from tests.support.worlds import play

SENTENCES = [0, 2]


def _read(look: Look, *, steps: int = 24, policy: object = None, strictness: float = 1.0) -> Reader:
    reader = Reader(policy or Random())  # type: ignore[arg-type]
    play(Visitor, {"steps": steps, "strictness": strictness}, {"vic": reader}, look=look, seed=3)
    return reader


def test_the_compact_line_is_page_answer_act_and_each_begins_the_next() -> None:
    reader = _read(Look(COMPACT), steps=400)
    line = reader.texts[-1].split()
    assert len(line) == 3 * 399 + 2
    assert set(line[::3]) == {"home", "search", "list", "profile"}
    assert set(line[1::3]) == {"plain", "limit", "captcha", "decoy"}
    assert set(line[2::3]) == {"go", "slow", "stop"}
    assert all(later.startswith(text) for text, later in zip(reader.texts, reader.texts[1:], strict=False))


@pytest.mark.parametrize("wording", SENTENCES)
def test_sentences_tell_every_step_and_the_chances(wording: int) -> None:
    reader = _read(Look(wording), strictness=0.5)
    text = reader.texts[-1]
    assert "{" not in text
    assert sum(line.startswith(("Step ", "Choice ")) for line in text.splitlines()) == 24
    assert all(percent in text for percent in ("7 %", "6 %", "5 %", "3.5 %", "1.5 %", "0 %"))


@pytest.mark.parametrize("wording", [0, 1, 2])
def test_shuffled_labels_replace_the_options_everywhere(wording: int) -> None:
    labels = {"go": "D", "slow": "B", "stop": "A"}
    words = set()
    for text in _read(Look(wording, labels=labels)).texts:
        words |= set(text.replace(",", " ").replace(".", " ").replace(":", " ").replace("?", " ").split())
    assert words.isdisjoint(labels)
    assert set(labels.values()) <= words


@pytest.mark.parametrize("wording", [0, 1, 2])
def test_a_step_without_an_answer_is_told_as_one(wording: int) -> None:
    reader = _read(Look(wording), steps=2, policy=Fixed(step=[None, None, "go"]))
    expected = {
        0: "no valid answer, so you left",
        1: " ? home",
        2: "No valid choice, which counted as leaving",
    }
    assert expected[wording] in reader.texts[-1]
