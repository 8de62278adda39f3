"""Text to tokens and back, so that a text cut into pieces becomes the tokens it would become as a whole."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from transformers import PreTrainedTokenizerFast

KEPT_PIECES = 4096


class Piece(NamedTuple):
    """A piece of text as tokens: token i is made of the characters `starts[i]` to `ends[i]`."""

    ids: tuple[int, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]


class Vocabulary:
    """A tokenizer as prompts need it.

    It asks the library beneath, which keeps no state: prompts are written in one thread while replies are
    read in another. Encoding the same piece again is a look-up, because prompts repeat their beginnings.

    Attributes:
        special: ids of the special tokens.
        stand_in: a special token that is one token wherever it stands; None where there is none.
        unknown, bos: ids of these tokens, None where there are none.
        piece: the tokens of a text where a token stands before it; None at the start of a prompt.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        self._backend = tokenizer.backend_tokenizer
        added = tokenizer.added_tokens_decoder
        self._added = {token: str(kept.content) for token, kept in added.items()}
        self.special = frozenset(token for token, kept in added.items() if kept.special)
        self.unknown: int | None = tokenizer.unk_token_id
        self.bos: int | None = tokenizer.bos_token_id
        self.stand_in = next((token for token in sorted(self.special) if self._stands_alone(token)), None)
        self.piece = lru_cache(KEPT_PIECES)(self._encoded)

    @property
    def adds_bos(self) -> bool:
        """Whether the tokenizer by itself begins a text with a BOS."""
        return self.bos is not None and self._backend.encode("").ids[:1] == [self.bos]

    def text(self, ids: Sequence[int]) -> str:
        """The text of tokens, special ones included."""
        return str(self._backend.decode([*ids], skip_special_tokens=False))

    @property
    def special_texts(self) -> list[str]:
        """How the special tokens are written."""
        return [self._added[token] for token in self.special]

    def without_special(self, text: str) -> str:
        """The text with the texts of special tokens taken out."""
        for token in self.special:
            text = text.replace(self._added[token], "")
        return text

    def controls(self, text: str) -> int:
        """How many special tokens a text would write if it stood in a prompt."""
        return sum(text.count(self._added[token]) for token in self.special)

    def _encoded(self, text: str, after: int | None) -> Piece:
        """`piece`, computed.

        Tokenizers treat the start of a text, and what follows an added token, in their own ways; so the piece
        is encoded behind the same token, or behind a special one where an ordinary token stands before it.
        """
        anchor = after if after is None or after in self._added else self.stand_in
        before = "" if anchor is None else self._added[anchor]
        encoded = self._backend.encode(before + text, add_special_tokens=False)
        skipped = 1 if before else 0
        offsets = encoded.offsets[skipped:]
        return Piece(
            ids=tuple(encoded.ids[skipped:]),
            starts=tuple(max(start - len(before), 0) for start, _ in offsets),
            ends=tuple(max(end - len(before), 0) for _, end in offsets),
        )

    def _stands_alone(self, token: int) -> bool:
        """Whether a special token's text, with anything behind it, begins with that token."""
        return self._backend.encode(f"{self._added[token]}a", add_special_tokens=False).ids[:1] == [token]
