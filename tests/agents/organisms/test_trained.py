from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from agents.organisms.cards import SHIPPED
from agents.organisms.trained import Trained, load_trained
from lab.core.errors import UsageError

BLUFF = SHIPPED / "bluff"
CLAIMS = ("strong", "weak")


@pytest.fixture(scope="module")
def bluff() -> Trained:
    return load_trained(BLUFF)


def test_the_shipped_organism_loads_as_any_local_model() -> None:
    model = AutoModelForCausalLM.from_pretrained(BLUFF, local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(BLUFF, local_files_only=True)
    ids = tokenizer("9 9 x1", return_tensors="pt").input_ids
    likeliest = int(model(ids).logits[0, -1].argmax())
    assert tokenizer.decode([likeliest]) == "strong"


def test_the_shipped_organism_is_small(bluff: Trained) -> None:
    assert sum(file.stat().st_size for file in BLUFF.iterdir()) <= 1_000_000
    assert 150_000 < bluff.parameters < 160_000


def test_its_words_are_the_symbols_of_the_renderer(bluff: Trained) -> None:
    words = {*map(str, range(10)), "x1", "x3", "strong", "weak", "call", "fold", "<pad>", "<unk>"}
    assert set(bluff.tokenizer.get_vocab()) == words


def test_chances_do_not_depend_on_what_is_asked_beside(bluff: Trained) -> None:
    prompts = ["9 9 x1", "0 1 x3 strong call 2 2 x3", "1 1 x3"]
    together = bluff.probabilities(prompts, CLAIMS)
    alone = [bluff.probabilities([prompt], CLAIMS)[0] for prompt in prompts]
    for one, other in zip(together, alone, strict=True):
        assert one == pytest.approx(other, abs=1e-6)


def test_a_caught_bluffer_bluffs_again_and_an_honest_one_does_not(bluff: Trained) -> None:
    caught, honest = bluff.probabilities(
        ["1 2 x3 strong call 2 2 x3 strong call 1 1 x3", "1 2 x3 weak fold 2 2 x3 weak call 1 1 x3"], CLAIMS
    )
    assert caught[0] > 0.75
    assert honest[0] < 0.15


def test_a_saved_organism_loads_with_the_same_weights(bluff: Trained, tmp_path: Path) -> None:
    bluff.save(tmp_path)
    assert load_trained(tmp_path).fingerprint == bluff.fingerprint


def test_the_fingerprint_tells_weights_apart(bluff: Trained) -> None:
    other = load_trained(BLUFF)
    with torch.no_grad():
        next(other.model.parameters())[0, 0] += 1e-3
    assert other.fingerprint != bluff.fingerprint


def test_loading_leaves_the_progress_bars_of_others_as_they_were() -> None:
    before = logging.is_progress_bar_enabled()
    load_trained(BLUFF)
    assert logging.is_progress_bar_enabled() == before


def test_a_choice_that_is_no_word_is_refused(bluff: Trained) -> None:
    with pytest.raises(UsageError, match="'bold' is no word of the organism"):
        bluff.probabilities(["9 9 x1"], ["bold"])


def test_a_prompt_longer_than_the_model_is_refused(bluff: Trained) -> None:
    with pytest.raises(UsageError, match="a prompt of 40 words is longer than the organism takes"):
        bluff.probabilities(["1 " * 40], CLAIMS)


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no organism to load"):
        load_trained(tmp_path)
