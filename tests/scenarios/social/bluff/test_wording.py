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
    assert abs(won) > 1
    assert f"answer call, {won} points for you" in ann.texts[1]
    assert f"answer call, {-won} points for you" in bob.texts[1]


def test_each_side_is_told_what_it_pays_and_gets() -> None:
    ann, bob = _read(Look(), rounds=1)
    assert "the challenger pays you twice the stake when your claim is true, and you pay" in ann.texts[0]
    assert "answer fold, you pay the claimant the stake" in bob.texts[0]
    assert "you pay the claimant twice the stake when the claim is true" in bob.texts[0]
    assert "the claimant pays you twice the stake when it is false" in bob.texts[0]


@pytest.mark.parametrize("look", SENTENCES, ids=str)
def test_a_weak_claim_is_said_to_leave_nothing_to_decide(look: Look) -> None:
    _, bob = _read(look)
    strong, weak, _ = (bob.requests[n].observation["claim"] for n in range(3))
    assert (strong, weak) == ("strong", "weak")
    questions = [text.splitlines()[-1] for text in bob.texts]
    assert "whatever you" in questions[1]
    assert "whatever you" not in questions[0]


@pytest.mark.parametrize("look", SENTENCES, ids=str)
def test_every_look_has_an_aim_and_counts_in_its_own_unit(look: Look) -> None:
    unit = COVERS[look.cover].unit
    text = "\n".join(_read(look)[0].texts)
    assert f"as many {unit.many} as" in text
    assert f"0 {unit.many}" in text
    assert f" 1 {unit.one}" in text
    if unit.one != unit.many:
        assert f" 1 {unit.many}" not in text
        assert "point" not in text or look.cover == "neutral"


@pytest.mark.parametrize("look", SENTENCES, ids=str)
def test_a_round_without_a_claim_is_told_as_not_played(look: Look) -> None:
    ann, bob = Reader(Fixed(claim=["strong", None, None, "strong"])), Reader(Fixed(answer=["call", "fold"]))
    play(Bluff, {"rounds": 3}, {"ann": ann, "bob": bob}, look=look)
    for text in (ann.texts[-1], bob.texts[-1]):
        lines = [line for line in text.splitlines() if "ound 2" in line]
        assert len(lines) == 1
        assert "not" in lines[0]
