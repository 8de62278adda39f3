"""Words as tokens: one token per symbol of a renderer, no sub-words, nothing at the beginning or the end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lab.core.errors import UsageError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

PAD = "<pad>"
UNKNOWN = "<unk>"
"""Stands for a symbol that no training episode had; the organism never learned what it means."""

MAX_SYMBOLS = 512


def word_tokenizer(words: Iterable[str], *, context: int) -> PreTrainedTokenizerFast:
    """A tokenizer that knows each of `words` as one token, in sorted order after `PAD` and `UNKNOWN`.

    Args:
        words: the symbols, as often as they occur.
        context: most tokens that the model takes.

    Raises:
        UsageError: when there are more than `MAX_SYMBOLS`: prose, where symbols were expected.
    """
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    symbols = sorted(set(words))
    if len(symbols) > MAX_SYMBOLS:
        some = ", ".join(symbols[:5])
        raise UsageError(f"{len(symbols)} symbols ({some} …): an organism reads at most {MAX_SYMBOLS}")
    vocabulary = {word: number for number, word in enumerate((PAD, UNKNOWN, *symbols))}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=UNKNOWN,
        model_max_length=context,
        clean_up_tokenization_spaces=False,
    )
