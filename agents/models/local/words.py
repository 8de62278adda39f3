"""Tokens of logged answers as text: what each of them says, and which say a part of the reply."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from transformers import PreTrainedTokenizerFast

from agents.models.local.loading import load_tokenizer, quiet
from agents.models.local.logged import LoggedAnswer
from agents.models.local.options import options_of
from agents.models.local.places import folder_of
from agents.models.local.spans import token_place
from agents.models.local.vocabulary import Vocabulary
from agents.models.spec import ModelSpec
from lab.core.captures import ActionPlace

_BEFORE = 8
"""Tokens decoded before a token, because its spaces, or the rest of its letter, may depend on them."""


def open_words(spec: ModelSpec) -> Words:
    """The tokenizer of `spec`; its weights need not be here.

    Raises:
        UsageError: when there is no such folder, or no tokenizer in it.
    """
    folder = folder_of(spec.target, options_of(spec.options).revision)
    with quiet():
        return Words(load_tokenizer(folder, spec.target))


class Words:
    """Reads tokens as text.

    Args:
        tokenizer: of the model whose tokens they are.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self._words = Vocabulary(tokenizer)

    def texts(self, ids: Sequence[int]) -> list[str]:
        """What each token adds to the text of those before it [len(ids)].

        A letter of several tokens is U+FFFD at all but its last.
        """
        return [self._text(ids[max(0, at - _BEFORE) : at], token) for at, token in enumerate(ids)]

    def place(self, answer: LoggedAnswer, start: int, end: int) -> range | None:
        """Tokens, counted from the first of the prompt, that say the characters `start` to `end` of a reply.

        None where the reply's text is not that of its tokens, or it has none.
        """
        prompt, reply = answer.prompt_ids or (), answer.reply_ids or ()
        found = token_place(
            reply,
            answer.text,
            ActionPlace(start, end, None),
            decode=self._words.text,
            special=self._words.special_texts,
        )
        return None if found is None else range(len(prompt) + found.start, len(prompt) + found.end)

    def _text(self, before: Sequence[int], token: int) -> str:
        prior, whole = self._words.text(before), self._words.text((*before, token))
        same = takewhile(lambda pair: pair[0] == pair[1], zip(prior, whole, strict=False))
        return whole[sum(1 for _ in same) :]
