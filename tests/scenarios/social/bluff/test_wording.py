from __future__ import annotations

import pytest

from scenarios.look import Look
from scenarios.social.bluff.rules import Bluff
from scenarios.social.bluff.wording import COMPACT, COVERS, WORDINGS
from tests.scenarios.social.readers import Fixed, Reader
from tests.support.worlds import play

SENTENCES = [Look(w, cover) for w, words in enumerate(WORDINGS) if words for cover in COVERS]


def _read(look: Look, rounds: int = 3) -> tuple[Reader, Reader]:
    ann = Reader(Fixed(claim=["strong", "weak", "strong"][:rounds]))
    bob = Reader(Fixed(answer=["call", "call", "fold"][:rounds]))
    play(Bluff, {"rounds": rounds}, {"ann": ann, "bob": bob}, look=look, seed=4)
    return ann, bob


def test_the_compact_line_is_card_card_stake_claim_answer() -> None:
    ann, _ = _read(Look(COMPACT))
    cards = [" ".join(map(str, request.observation["cards"])) for request in ann.requests]
    stakes = [f"x{request.observation['stake']}" for request in ann.requests]
    first = f"{cards[0]} {stakes[0]}"
    second = f"{first} strong call {cards[1]} {stakes[1]}"
    third = f"{second} weak call {cards[2]} {stakes[2]}"
    assert ann.texts == [first, second, third]


def test_the_compact_line_of_the_challenger_hides_the_cards() -> None:
    _, bob = _read(Look(COMPACT), rounds=2)
    x, y = (f"x{request.observation['stake']}" for request in bob.requests)
    assert bob.texts == [f"? ? {x} strong", f"? ? {x} strong call ? ? {y} weak"]


def test_a_whole_compact_game_of_the_claimant_has_sixteen_kinds_of_symbols() -> None:
    ann = Reader(Fixed(claim=["strong", "weak"] * 200))
    bob = Fixed(answer=["call", "fold", "fold"] * 200)
    play(Bluff, {"rounds": 200}, {"ann": ann, "bob": bob}, look=Look(COMPACT))
    symbols = ann.texts[-1].split()
    assert len(symbols) == 199 * 5 + 3
    assert len(set(symbols)) == 16


@pytest.mark.parametrize("look", SENTENCES, ids=str)
def test_every_look_tells_each_side_its_own(look: Look) -> None:
    ann, bob = _read(look)
    assert f"{ann.requests[0].observation['cards'][0]} and" in ann.texts[0]
    assert all(word in bob.texts[-1] for word in ("strong", "weak", "call", "fold"))
    assert "{" not in "".join(ann.texts + bob.texts)


def test_looks_differ_in_every_text() -> None:
    assert len({_read(look)[0].texts[0] for look in SENTENCES}) == len(SENTENCES) == 6


@pytest.mark.parametrize("wording", range(len(WORDINGS)))
def test_shuffled_labels_replace_the_options_everywhere(wording: int) -> None:
    labels = {"strong": "D", "weak": "B", "call": "A", "fold": "C"}
    ann, bob = _read(Look(wording, labels=labels))
    words = set("\n".join(ann.texts + bob.texts).replace(",", " ").replace(".", " ").split())
    assert words.isdisjoint(labels)
    assert {"D", "B", "A"} <= words


def test_points_are_told_from_the_readers_side() -> None:
    ann, bob = _read(Look())
    won = ann.requests[1].observation["past"][0]["won"]
    assert f"answer call, {won} points for you" in ann.texts[1]
    assert f"answer call, {-won} points for you" in bob.texts[1]
