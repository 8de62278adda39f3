from __future__ import annotations

import pytest

from scenarios.look import Look
from scenarios.trading.dealer.policies import Random
from scenarios.trading.dealer.rules import Dealer
from scenarios.trading.dealer.wording import COMPACT
from tests.scenarios.social.readers import Fixed, Reader
from tests.support.worlds import play

SENTENCES = [0, 2]


def _read(wording: int, *, steps: int = 24, policy: object = None) -> Reader:
    reader = Reader(policy or Random())  # type: ignore[arg-type]
    play(Dealer, {"steps": steps}, {"dee": reader}, look=Look(wording), seed=3)
    return reader


def test_the_compact_line_is_price_fill_skew_and_each_begins_the_next() -> None:
    reader = _read(COMPACT, steps=400)
    line = reader.texts[-1].split()
    assert len(line) == 3 * 399 + 2
    assert set(line[::3]) == {"up", "flat", "down"}
    assert set(line[1::3]) == {"buy", "sell", "none"}
    assert set(line[2::3]) == {"-2", "-1", "0", "+1", "+2"}
    assert all(later.startswith(text) for text, later in zip(reader.texts, reader.texts[1:], strict=False))


@pytest.mark.parametrize("wording", SENTENCES)
def test_sentences_tell_every_fill_and_never_the_inventory(wording: int) -> None:
    reader = _read(wording)
    lines = reader.texts[-1].splitlines()
    told = [line for line in lines if line.lower().startswith(("step ", "in step"))]
    assert len(told) >= 23
    assert "{" not in reader.texts[-1]
    for number in ("35 %", "3 points", "6 "):
        assert number in reader.texts[0]


@pytest.mark.parametrize("wording", [0, 1, 2])
def test_a_step_without_an_answer_is_told_as_one(wording: int) -> None:
    reader = _read(wording, steps=2, policy=Fixed(quote=[None, None, "0"]))
    expected = {0: "no valid answer, so the skew was 0", 1: " ? ", 2: "No valid answer; skew 0 applied"}
    assert expected[wording] in reader.texts[-1]


@pytest.mark.parametrize("holding", [0, 1, 2])
def test_holding_is_priced_in_words(holding: int) -> None:
    reader = Reader(Random())
    play(Dealer, {"steps": 1, "holding": holding}, {"dee": reader})
    words = {0: "costs nothing", 1: "costs 1 point.", 2: "costs 2 points."}
    assert words[holding] in reader.texts[0]
