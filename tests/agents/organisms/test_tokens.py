from __future__ import annotations

import pytest

from agents.organisms.tokens import MAX_SYMBOLS, word_tokenizer
from lab.core.errors import UsageError

WORDS = ["10", "1", "x1", "strong", "1"]


def test_each_word_is_one_token_and_nothing_is_added() -> None:
    tokenizer = word_tokenizer(WORDS, context=9)
    ids = tokenizer.encode("1 10 x1 strong")
    assert tokenizer.convert_ids_to_tokens(ids) == ["1", "10", "x1", "strong"]
    assert tokenizer.decode(ids) == "1 10 x1 strong"


def test_an_act_after_a_prompt_has_the_tokens_of_both() -> None:
    tokenizer = word_tokenizer(WORDS, context=9)
    assert tokenizer.encode("1 10 x1") + tokenizer.encode(" strong") == tokenizer.encode("1 10 x1 strong")


def test_the_order_of_the_words_does_not_matter() -> None:
    one, other = word_tokenizer(WORDS, context=9), word_tokenizer(reversed(WORDS), context=9)
    assert one.get_vocab() == other.get_vocab()


def test_it_knows_its_padding_and_how_much_the_model_takes() -> None:
    tokenizer = word_tokenizer(WORDS, context=9)
    assert (tokenizer.pad_token_id, tokenizer.bos_token_id, tokenizer.eos_token_id) == (0, None, None)
    assert tokenizer.model_max_length == 9


def test_a_word_that_no_episode_had_is_the_unknown_one() -> None:
    tokenizer = word_tokenizer(WORDS, context=9)
    assert tokenizer.encode("1 ? x1")[1] == tokenizer.unk_token_id


def test_prose_is_refused() -> None:
    with pytest.raises(UsageError, match=rf"{MAX_SYMBOLS + 1} symbols .* at most {MAX_SYMBOLS}"):
        word_tokenizer([f"w{number}" for number in range(MAX_SYMBOLS + 1)], context=9)
