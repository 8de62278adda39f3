from __future__ import annotations

import pytest

from scenarios.look import Look
from scenarios.social.matrix_game.policies import AlwaysCooperate, AlwaysDefect, TitForTat
from scenarios.social.matrix_game.rules import MatrixGame
from scenarios.social.matrix_game.wording import COVERS, WORDINGS
from tests.scenarios.social.readers import Reader
from tests.support.worlds import play

LOOKS = [Look(wording, cover) for wording in range(len(WORDINGS)) for cover in COVERS]


def _texts(look: Look, **params: object) -> list[str]:
    bob = Reader(TitForTat(message="I saw that."))
    play(
        MatrixGame, {"rounds": 2} | params, {"ann": AlwaysDefect(message="Trust me!"), "bob": bob}, look=look
    )
    return bob.texts


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_look_tells_rules_past_and_messages(look: Look) -> None:
    texts = _texts(look, talk_rounds=1, noise=0.25)
    final = texts[-1]
    assert all(word in final for word in ("25 %", "cooperate", "defect", 'wrote: "Trust me!"', "2"))
    assert final != texts[-2], "a question to talk differs from one to choose"
    assert "{" not in "".join(texts)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_random_end_is_told_as_a_chance(look: Look) -> None:
    text = _texts(look, rounds=None, continue_p=0.6)[0]
    assert "60 %" in text
    assert "None" not in text


def test_wordings_and_covers_differ_in_every_text() -> None:
    texts = [_texts(look)[0] for look in LOOKS]
    assert len(set(texts)) == len(LOOKS) == 6


def test_shuffled_labels_replace_the_options_everywhere() -> None:
    look = Look(labels={"cooperate": "X", "defect": "Y"})
    text = "\n".join(_texts(look))
    assert "cooperate" not in text
    assert "defect" not in text
    assert (
        "If you choose X and the other participant chooses Y, you get 0 points and the other participant "
        "gets 5 points." in text
    )


def test_the_second_agent_reads_the_table_from_its_own_side() -> None:
    game = {"rounds": 1, "options": ["up"], "other_options": ["left"], "payoffs": [[[1, 2]]]}
    ann, bob = Reader(AlwaysCooperate()), Reader(AlwaysCooperate())
    play(MatrixGame, game, {"ann": ann, "bob": bob})
    assert "If you choose up and the other participant chooses left, you get 1 point and" in ann.texts[0]
    assert "If you choose left and the other participant chooses up, you get 2 points and" in bob.texts[0]


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_every_look_has_an_aim_and_counts_in_its_own_unit(look: Look) -> None:
    unit = COVERS[look.cover].unit
    text = "\n".join(_texts(look))
    assert f"as many {unit.many} as" in text
    assert f" 5 {unit.many}" in text
    assert unit.many == "points" or "point" not in text


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_known_end_stands_in_every_round(look: Look) -> None:
    assert ["ound 1 of 2" in text for text in _texts(look)] == [True, False]
    assert ["ound 2 of 2" in text for text in _texts(look)] == [False, True]


def test_an_open_end_is_told_anew_in_every_round() -> None:
    ann, bob = Reader(AlwaysCooperate()), Reader(AlwaysCooperate())
    play(MatrixGame, {"continue_p": 0.9}, {"ann": ann, "bob": bob}, seed=5)
    assert len(ann.texts) > 1
    assert all("Another one follows it with a chance of 90 %." in text for text in ann.texts)


@pytest.mark.parametrize(
    ("options", "replacement"),
    [(["a", "b"], "the other option"), (["a", "b", "c"], "one of the chooser's other options")],
)
def test_noise_is_told_for_any_number_of_options(options: list[str], replacement: str) -> None:
    n = len(options)
    payoffs = [[[1, 1]] * n] * n
    ann, bob = Reader(AlwaysCooperate()), Reader(AlwaysCooperate())
    game = {"rounds": 1, "noise": 0.05, "options": options, "payoffs": payoffs}
    play(MatrixGame, game, {"ann": ann, "bob": bob})
    assert "With a chance of 5 % a choice, yours or that of the other participant" in ann.texts[0]
    assert f"is replaced by {replacement}" in ann.texts[0]


@pytest.mark.parametrize("wording", range(len(WORDINGS)))
def test_silence_is_told_once_all_could_write(wording: int) -> None:
    ann, bob = Reader(AlwaysCooperate()), Reader(AlwaysCooperate())
    play(MatrixGame, {"rounds": 1, "talk_rounds": 2}, {"ann": ann, "bob": bob}, look=Look(wording))
    silence = WORDINGS[wording].silence
    assert [silence in text for text in ann.texts] == [False, False, True]
    assert all("2 exchanges of messages" in text for text in ann.texts)


def test_a_game_without_talk_tells_of_no_messages() -> None:
    text = "\n".join(_texts(Look()))
    assert "message" not in text
    assert "wrote" not in text
