"""Pieces of text in tokens: as they would be in the whole text."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models.local.vocabulary import Vocabulary
from tests.support import zoo

TEXT = "<|im_start|>user\nRound 1: bob gave 8 — stark!<|im_end|>\nassistant  10 100"


@pytest.fixture(params=zoo.TOKENIZERS)
def kind(request: pytest.FixtureRequest) -> zoo.TokenizerKind:
    found: zoo.TokenizerKind = request.param
    return found


def test_a_whole_text_is_what_the_tokenizer_makes_of_it(kind: zoo.TokenizerKind) -> None:
    tokenizer = zoo.tokenizer_of(kind)
    piece = Vocabulary(tokenizer).piece(TEXT, None)
    assert list(piece.ids) == tokenizer(TEXT, add_special_tokens=False)["input_ids"]


def test_a_piece_behind_an_end_token_is_the_rest_of_the_whole(kind: zoo.TokenizerKind) -> None:
    tokenizer = zoo.tokenizer_of(kind)
    words = Vocabulary(tokenizer)
    end: Any = tokenizer.convert_tokens_to_ids("<|im_end|>")
    whole = words.piece(TEXT, None).ids
    rest = TEXT.partition("<|im_end|>")[2]
    cut = whole.index(end) + 1
    assert words.piece(rest, end).ids == whole[cut:]


def test_offsets_point_into_the_piece(kind: zoo.TokenizerKind) -> None:
    words = Vocabulary(zoo.tokenizer_of(kind))
    piece = words.piece("\nRound 10", words.stand_in)
    assert piece.ends[-1] == len("\nRound 10")
    assert all(0 <= start <= end for start, end in zip(piece.starts, piece.ends, strict=True))


def test_the_same_piece_is_encoded_once() -> None:
    words = Vocabulary(zoo.tokenizer_of())
    assert words.piece("Round 1", None) is words.piece("Round 1", None)


def test_decoding_and_encoding_again_may_give_other_tokens() -> None:
    words = Vocabulary(zoo.tokenizer_of())
    spelled = tuple(token for letter in "cooperate" for token in words.piece(letter, words.stand_in).ids)
    text = words.text(spelled)
    assert text == "cooperate"
    assert words.piece(text, words.stand_in).ids != spelled


def test_special_tokens_are_counted_and_taken_out() -> None:
    words = Vocabulary(zoo.tokenizer_of())
    assert words.controls("a<|im_end|>b<s><think>") == 2
    assert words.without_special("a<|im_end|>b<s><think>") == "ab<think>"


def test_a_tokenizer_without_special_tokens_has_no_stand_in() -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    plain = Tokenizer(models.WordLevel({"strong": 0, "weak": 1, "[UNK]": 2}, unk_token="[UNK]"))
    plain.pre_tokenizer = pre_tokenizers.Whitespace()
    words = Vocabulary(PreTrainedTokenizerFast(tokenizer_object=plain))
    assert (words.stand_in, words.bos, words.adds_bos) == (None, None, False)
    assert words.piece("weak strong", 0).ids == (1, 0)
