from __future__ import annotations

from typing import Any

import pytest

from agents.organisms.train import Episode, Settings, train
from agents.organisms.trained import Trained
from agents.organisms.weights import attention_on, word_tables
from lab.core.errors import UsageError

WORDS = ("a", "b", "c", "d")
NEXT = {"a": "b", "b": "c", "c": "d", "d": "a"}
EPISODES = [Episode((one, other, NEXT[other]), (2,)) for one in WORDS for other in WORDS]


def _trained(**size: Any) -> Trained:
    given = {"steps": 60, "batch": 16, "rate": 5e-3, "warmup": 5, "layers": 1, "width": 24, "heads": 1} | size
    return train(EPISODES, Settings(**given))


@pytest.fixture(scope="module")
def successor() -> Trained:
    """An organism that names the successor of the word at hand, whatever stood before."""
    return _trained()


def test_the_table_of_the_word_at_hand_shows_what_was_learned(successor: Trained) -> None:
    at_hand = word_tables(successor, WORDS).at_hand
    likeliest = {word: WORDS[row.index(max(row))] for word, row in zip(WORDS, at_hand, strict=True)}
    assert likeliest == NEXT


def test_tables_come_in_the_order_of_the_words_asked_for(successor: Trained) -> None:
    whole, part = word_tables(successor, WORDS), word_tables(successor, ("c", "a"))
    for table, some in ((whole.at_hand, part.at_hand), (whole.attended, part.attended)):
        picked = [[table[2][2], table[2][0]], [table[0][2], table[0][0]]]
        assert some == [pytest.approx(row, abs=1e-4) for row in picked]


def test_attention_is_the_models_own_and_sums_to_one(successor: Trained) -> None:
    import torch

    prompts = ["a b", "c d", "a b c", "d"]
    successor.model.set_attn_implementation("eager")
    own = []
    for prompt in prompts[:2]:
        ids = torch.tensor([successor.tokenizer.encode(prompt)])
        own.append(successor.model(ids, output_attentions=True).attentions[0][0, 0, -1, 0].item())
    assert attention_on(successor, prompts[:2], place=0) == pytest.approx(sum(own) / 2, abs=1e-5)
    shares = [attention_on(successor, ["a b c"], place=place) for place in range(3)]
    assert sum(shares) == pytest.approx(1, abs=1e-5)
    assert attention_on(successor, ["d"], place=0) == pytest.approx(1)


def test_other_shapes_and_unknown_words_are_refused(successor: Trained) -> None:
    for size in ({"layers": 2}, {"heads": 2}):
        with pytest.raises(UsageError, match="tables are read of one of one"):
            word_tables(_trained(steps=1, **size), WORDS)
    with pytest.raises(UsageError, match="'e' is no word of the organism"):
        word_tables(successor, ("a", "e"))
