"""Messages to the tokens of a prompt, and tokens of a reply to its text.

The tokens that a model wrote are carried, not the text they decode to: the same text encoded again is
different tokens about half the time (probes.md T16). Everything is a pure function of the request.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from transformers import PreTrainedTokenizerFast

from agents.models.local.jobs import TokenPlace
from agents.models.local.options import LocalOptions
from agents.models.local.spans import token_place
from agents.models.local.template import Rendered, Span, Template
from agents.models.local.vocabulary import Piece, Vocabulary
from lab.core.calls import SegmentSpan
from lab.core.canonical import clean_text
from lab.core.captures import ActionPlace
from lab.core.errors import UsageError

_BYTES_PER_CHAR = 4
"""No tokenizer makes more than one token of a byte, and no character has more bytes."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt in tokens.

    Attributes:
        ids: what the model reads.
        segments: first token and end of each segment asked for; None where it does not stand in the text.
        facts: ``carried`` messages that stand as the tokens they were written with; of these ``moved``, which
            stand behind other tokens than the prompt they answered; ``re_encoded`` ones, whose text the
            template changed; ``merged`` messages; ``control_tokens`` that contents spell out.
        in_thinking: whether the reply begins inside a think block.
        last: the piece of text at the end of the prompt, in tokens, and as text behind the last content.
        past_thinking: whether an empty think block was asked for.
    """

    ids: tuple[int, ...]
    segments: tuple[tuple[int, int] | None, ...]
    facts: Mapping[str, Any]
    in_thinking: bool
    last: LastPiece
    past_thinking: bool


class LastPiece(NamedTuple):
    """The end of a prompt that was encoded in one go, and the token before it."""

    text: str
    tail: str
    after: int | None


class Reply(NamedTuple):
    """What a model wrote, thinking apart."""

    text: str
    reasoning: str | None


class _Carried(NamedTuple):
    """Tokens that stand for the characters `start` to `end` of a prompt's text."""

    start: int
    end: int
    ids: tuple[int, ...]
    moved: bool


class Prompts:
    """Writes prompts for one model and reads its replies.

    Args:
        tokenizer: the model's.
        ends: tokens that end a reply.
        options: template settings, reasoning markers, terminator.

    Attributes:
        terminator: the token that ends a scored reply: the end token that the template writes behind a reply,
            else the tokenizer's own; None where the model has none.
        ends: all tokens that end a reply.

    Raises:
        UsageError: when the template does not work, or begins a prompt with two BOS tokens.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, ends: frozenset[int], options: LocalOptions
    ) -> None:
        self._words = Vocabulary(tokenizer)
        self._template = Template(tokenizer, options, adds_bos=self._words.adds_bos)
        self._open, self._close = options.reasoning or ("", "")
        written = self._words.piece(self._template.after_reply, self._words.bos).ids
        known = ends | self._words.special
        fallback = tokenizer.eos_token_id if tokenizer.eos_token_id in ends else None
        self.terminator = next((token for token in written if token in known), fallback)
        self.ends = ends if self.terminator is None else ends | {self.terminator}
        if options.terminator == "none":
            self.terminator = None
        begin = self.prompt([{"role": "user", "content": "Hello"}]).ids
        if self._words.bos is not None and begin[:2] == (self._words.bos,) * 2:
            raise UsageError("the chat template begins a prompt with two BOS tokens")

    def prompt(
        self,
        messages: Sequence[Mapping[str, Any]],
        segments: Sequence[SegmentSpan] = (),
        *,
        past_thinking: bool = False,
    ) -> Prompt:
        """The tokens of a prompt.

        Args:
            messages: role, content and, of messages that this model wrote, `ids`.
            segments: named parts of contents to be found in the prompt.
            past_thinking: whether it ends behind an empty think block, as scored replies need it.

        Raises:
            UsageError: when the template refuses the messages.
        """
        rendered = self._template.render(messages, past_thinking=past_thinking)
        carried = list(self._carried(messages, rendered))
        pieces = list(self._pieces(rendered.text, carried))
        ids = tuple(token for _, piece in pieces for token in piece.ids)
        *_, (start, _) = pieces
        before = len(ids) - len(pieces[-1][1].ids)
        last = LastPiece(rendered.text[start:], rendered.tail, ids[before - 1] if before else None)
        return Prompt(
            ids=ids,
            segments=tuple(_tokens_of(segment, rendered, pieces) for segment in segments),
            facts=self._facts(messages, rendered, carried),
            in_thinking=rendered.in_thinking,
            last=last,
            past_thinking=past_thinking,
        )

    def choice_ids(self, prompt: Prompt, choices: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """The tokens of each reply behind the prompt, its terminator included.

        Raises:
            UsageError: when two replies could not be told apart, or one cannot be written in tokens.
        """
        lead = self._template.reply_lead(past_thinking=prompt.past_thinking)
        end = () if self.terminator is None else (self.terminator,)
        ids = tuple((*self._behind(prompt, lead + choice), *end) for choice in choices)
        for choice, tokens in zip(choices, ids, strict=True):
            if not tokens or (self._words.unknown is not None and self._words.unknown in tokens):
                raise UsageError(f"'{choice}' cannot be scored: the model has no tokens for it")
        by_tokens = sorted(zip(ids, choices, strict=True))
        for (one, shorter), (other, longer) in pairwise(by_tokens):
            if other[: len(one)] == one:
                raise UsageError(
                    f"'{shorter}' and '{longer}' cannot be scored: to the model one begins with the other"
                    + ("" if end else ", and it has no token that ends a reply")
                )
        return ids

    def reply(self, ids: Sequence[int], *, in_thinking: bool = False, stop: Sequence[str] = ()) -> Reply:
        """The text of a reply without its end, thinking apart; thinking that never ended is no text."""
        text = self._words.text(self._without_end(ids))
        text = text[: min((text.find(one) for one in stop if one in text), default=len(text))]
        began = in_thinking or (bool(self._open) and text.lstrip().startswith(self._open))
        if not began:
            return Reply(self._words.without_special(text), None)
        thought, _, said = text.partition(self._close)
        thought = thought if in_thinking else thought.lstrip().removeprefix(self._open)
        return Reply(self._words.without_special(said).strip(), thought.strip() or None)

    def place(self, ids: Sequence[int], text: str, place: ActionPlace) -> TokenPlace | None:
        """The tokens of a reply that hold its action, which stands at `place` in its text.

        None where the text is not that of the tokens.
        """
        return token_place(
            self._without_end(ids),
            text,
            place,
            decode=self._words.text,
            encode=lambda said: self._words.piece(said, self._words.stand_in).ids,
            special=self._words.special_texts,
        )

    def stops(self, texts: Sequence[str]) -> Callable[[Sequence[int]], bool] | None:
        """Says of a reply so far whether one of the stop texts has just been written; None without any."""
        if not texts:
            return None
        window = max(len(text) for text in texts) * _BYTES_PER_CHAR

        def stopped(ids: Sequence[int]) -> bool:
            recent = self._words.text(ids[-window:])
            return any(text in recent for text in texts)

        return stopped

    def _facts(
        self, messages: Sequence[Mapping[str, Any]], rendered: Rendered, carried: Sequence[_Carried]
    ) -> dict[str, Any]:
        known = sum(1 for message in messages if message.get("ids"))
        facts = {
            **rendered.facts,
            "carried": len(carried),
            "moved": sum(one.moved for one in carried),
            "re_encoded": known - len(carried),
            "control_tokens": sum(self._words.controls(message["content"]) for message in messages),
        }
        return {name: count for name, count in facts.items() if count}

    def _carried(self, messages: Sequence[Mapping[str, Any]], rendered: Rendered) -> Iterator[_Carried]:
        """What of the text stands as tokens that the model wrote."""
        for message, span, lead in zip(messages, rendered.spans, rendered.leads, strict=True):
            ids = message.get("ids")
            if ids and span is not None and message["role"] == "assistant":
                found = self._found(tuple(ids), rendered.text, span=span, lead=lead)
                if found is not None:
                    yield found

    def _found(self, ids: tuple[int, ...], text: str, *, span: Span, lead: str | None) -> _Carried | None:
        """The tokens in place of a content, with its end token where the text has that too."""
        body = self._without_end(ids)
        shown = text[span.start : span.end].strip()
        moved = lead is None
        if self._logged(body) != shown:
            body, moved = self._behind_thinking(body), True
            if self._logged(body) != shown:
                return None
        start = span.start - len(lead or "")
        rest = text[span.end :]
        last = self._words.text(ids[-1:]) if ids[-1] in self.ends else ""
        if last and rest.lstrip().startswith(last):
            end = len(text) - len(rest.lstrip()) + len(last)
            return _Carried(start, end, (*body, ids[-1]), moved)
        return _Carried(start, span.end, body, moved)

    def _logged(self, ids: tuple[int, ...]) -> str:
        """The text of tokens as the log keeps it, and as a later prompt therefore tells it."""
        return clean_text(self._words.without_special(self._words.text(ids))).strip()

    def _behind_thinking(self, body: tuple[int, ...]) -> tuple[int, ...]:
        """The tokens behind the end of thinking and its white space; all of them where there was none."""
        text = self._words.text(body)
        if not self._close or self._close not in text:
            return body
        behind = len(text) - len(text.partition(self._close)[2].lstrip())
        first = bisect_left(range(len(body)), behind, key=lambda n: len(self._words.text(body[:n])))
        return body[first:]

    def _pieces(self, text: str, carried: Sequence[_Carried]) -> Iterator[tuple[int, Piece]]:
        """(where it begins in the text, tokens) of everything carried and of the text between."""
        at, last = 0, None
        for one in carried:
            piece = self._words.piece(text[at : one.start], last)
            yield at, piece
            length = one.end - one.start
            yield one.start, Piece(one.ids, (0,) * len(one.ids), (length,) * len(one.ids))
            last = (*piece.ids[-1:], *one.ids)[-1]
            at = one.end
        yield at, self._words.piece(text[at:], last)

    def _behind(self, prompt: Prompt, said: str) -> tuple[int, ...]:
        """The tokens of a reply's text where it stands behind the prompt."""
        for context, after in (
            (prompt.last.tail, self._words.stand_in),
            (prompt.last.text, prompt.last.after),
        ):
            alone = self._words.piece(context, after).ids
            both = self._words.piece(context + said, after).ids
            if prompt.ids[len(prompt.ids) - len(alone) :] == alone == both[: len(alone)]:
                return both[len(alone) :]
        return self._words.piece(said, prompt.ids[-1]).ids

    def _without_end(self, ids: Sequence[int]) -> tuple[int, ...]:
        return tuple(ids[:-1] if ids and ids[-1] in self.ends else ids)


def _tokens_of(
    segment: SegmentSpan, rendered: Rendered, pieces: Sequence[tuple[int, Piece]]
) -> tuple[int, int] | None:
    """First token and end of a segment; None where it does not stand in the text as it is."""
    span = rendered.spans[segment.message]
    if span is None:
        return None
    start = span.start + segment.start - span.cut
    end = span.start + segment.end - span.cut
    if not span.start <= start < end <= span.end:
        return None
    first = stop = None
    count = 0
    for at, piece in pieces:
        for begins, ends in zip(piece.starts, piece.ends, strict=True):
            if at + ends > start and at + begins < end:
                first = count if first is None else first
                stop = count + 1
            count += 1
    return None if first is None or stop is None else (first, stop)
