from __future__ import annotations

from typing import Any

import pytest

from scenarios.look import Look
from scenarios.trading.contest.policies import BuyHold, Cash
from scenarios.trading.contest.rules import Contest
from scenarios.trading.contest.wording import WORDINGS
from tests.scenarios.social.readers import Reader
from tests.support.worlds import play

LOOKS = [Look(wording) for wording in range(len(WORDINGS))]


def _read(look: Look, **params: Any) -> Reader:
    reader = Reader(BuyHold())
    given = {"sessions": 12, "warmup": 2, "world": "no_skill", **params}
    play(Contest, given, {"ann": reader, "bob": Cash()}, look=look)
    return reader


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_wording_tells_market_results_and_capital(look: Look) -> None:
    reader = _read(look, cost_bp=7.5, news={"per_tick": 0.5, "delays": {"public": 1}})
    text, seen = reader.texts[-1], reader.requests[-1].observation
    prices = " ".join(f"{cents / 100:.2f}" for cents in seen["prices"]["elm"])
    assert prices in text
    assert f"{seen['results'][0]['return_bp']:+.1f} basis points" in text
    assert "session 12 of 12" in text.replace("Session", "session")
    assert f"{100 * seen['weight']:.4g} percent" in text
    assert "7.5 basis points" in text
    assert seen["news"][0]["body"] in text
    assert "{" not in "".join(reader.texts)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_first_session_has_no_results_and_no_position_yet(look: Look) -> None:
    text = _read(look).texts[0]
    assert "known yet" in text or "not known" in text
    assert "ast session" not in text
    assert "50 percent" in text


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_what_is_not_there_is_not_spoken_of(look: Look) -> None:
    text = "\n".join(_read(look).texts)
    assert "news" not in text.lower()
    assert "purchase" not in text
    assert "Trading costs" not in text


def test_the_aim_depends_on_the_mode() -> None:
    texts = {_read(look, mode=mode).texts[0] for look in LOOKS for mode in ("fund", "league")}
    assert len(texts) == 4


@pytest.mark.parametrize("wording", range(len(WORDINGS)))
def test_shuffled_labels_replace_the_options_everywhere(wording: int) -> None:
    labels = {"cash": "M", "long ash": "R", "short ash": "V", "long bay": "G", "short bay": "P"}
    text = "\n".join(_read(Look(wording, labels=labels), assets=2).texts)
    assert not any(option in text for option in labels)
    assert all(f"\n{letter}" in text for letter in labels.values())
