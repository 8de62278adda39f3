"""From the parts of a reply to its tokens: where the spans of a capture stand. Pure; needs no torch.

Positions count from the first token of the prompt. The state at position p has read token p, and token p + 1
is drawn from its logits.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from agents.models.local.jobs import Job, JobCapture, Said, TokenPlace
from lab.core.captures import SPANS, ActionPlace, CapturedSpan, CaptureSpec, Locate
from lab.core.errors import UnknownName

NO_ALTERNATIVE = "no place tells the legal actions apart: any text is legal, or just one"
_CONTEXT = 16
"""Characters behind an action that decide how its end is cut into tokens."""

_UNFINISHED = "\ufffd"
"""What decoders write for the bytes of an unfinished character: some once for all, some for each."""

_SEGMENT = re.compile(r"segment\((?P<name>.+)\)")


def job_capture(
    spec: CaptureSpec,
    segments: Mapping[str, tuple[int, int] | None],
    *,
    choices: Sequence[str],
    read: Callable[[Sequence[int]], str],
    locate: Locate | None,
    find: Callable[[Sequence[int], str, ActionPlace], TokenPlace | None],
) -> JobCapture:
    """A capture as a job takes it.

    Args:
        spec: what is asked for.
        segments: first token and end of each named part of the prompt.
        choices: text of every choice.
        read: the text of a reply that was generated.
        locate: finds the action in the text of a reply; None where nothing can.
        find: finds the tokens of a place in a text, as `Prompts.place` does.
    """

    def place(said: Said) -> TokenPlace | str:
        if locate is None:
            return "nothing says where an action stands in this reply"
        text = read(said.ids) if said.choice is None else choices[said.choice]
        found = locate(text)
        if found is None:
            return "the reply states no action"
        return find(said.ids, text, found) or "the reply's text is not that of its tokens"

    return JobCapture(spec, segments, place)


def spans_of(job: Job, said: Said) -> tuple[CapturedSpan, ...]:
    """Every span that a job asks for, in order: its tokens, or why it has none.

    Raises:
        UnknownName: for a span that there is none of that name.
    """
    assert job.capture is not None, "only jobs that capture have spans"
    place = job.capture.place(said)
    return tuple(_span(name, job, said, place) for name in job.capture.spec.spans)


def _span(name: str, job: Job, said: Said, place: TokenPlace | str) -> CapturedSpan:
    found = _tokens(name, job, said, place)
    if isinstance(found, str):
        return CapturedSpan(name, reason=found)
    start, end = found
    ids = (*job.ids, *said.ids)
    return CapturedSpan(name, start, end, ids[start] if end == start + 1 else None)


def _tokens(name: str, job: Job, said: Said, place: TokenPlace | str) -> tuple[int, int] | str:
    """First position and end of a span, or why it does not exist."""
    prompt = len(job.ids)
    if name == "pre_action":
        return prompt - 1, prompt
    if name == "post":
        end = prompt + len(said.ids)
        return (end - 1, end) if said.ids else "the reply has no tokens"
    if name == "pre_choice":
        drawn = _separating(job, said, place)
        return drawn if isinstance(drawn, str) else (prompt + drawn - 1, prompt + drawn)
    if name in ("action_first", "action_mean", "action_max"):
        if isinstance(place, str):
            return place
        if place.start == place.end:
            return "the action is an empty text"
        end = place.start + 1 if name == "action_first" else place.end
        return prompt + place.start, prompt + end
    if segment := _SEGMENT.fullmatch(name):
        return _segment(segment["name"], job)
    raise UnknownName("span", name, (*SPANS, "segment(NAME)"))


def _separating(job: Job, said: Said, place: TokenPlace | str) -> int | str:
    """Number of the reply's token that first separates the legal actions."""
    if said.choice is not None:
        return common_tokens(job.choices) if len(job.choices) > 1 else NO_ALTERNATIVE
    if isinstance(place, str):
        return place
    if place.separates is None:
        return NO_ALTERNATIVE
    if place.separates >= len(said.ids):
        return "the reply ends before another action could have been told from it"
    return place.separates


def _segment(name: str, job: Job) -> tuple[int, int] | str:
    assert job.capture is not None, "only jobs that capture have segments"
    segments = job.capture.segments
    if name not in segments:
        known = ", ".join(segments) or "none"
        return f"the prompt has no segment '{name}' (segments: {known})"
    return segments[name] or f"segment '{name}' does not stand in the prompt as it is"


def common_tokens(choices: Sequence[tuple[int, ...]]) -> int:
    """How many tokens all choices begin with in common."""
    first, last = min(choices), max(choices)  # what these share, all between them do
    return next((n for n, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))


def token_place(
    ids: Sequence[int],
    text: str,
    place: ActionPlace,
    *,
    decode: Callable[[Sequence[int]], str],
    encode: Callable[[str], Sequence[int]] | None = None,
    special: Collection[str] = (),
) -> TokenPlace | None:
    """The tokens of a reply that hold its action; None where the text is not that of the tokens.

    Options that begin alike may be cut into tokens differently before their characters differ (``re|ject``
    and ``report``); the choice then falls at the first token that differs, which needs `encode`.

    Args:
        ids: tokens of the reply, without its end.
        text: the reply as it was read: what the tokens say, without thinking, special tokens and white space
            around it.
        place: of the action, in characters of the text.
        decode: tokens to text, special ones included.
        encode: text in the middle of a reply to tokens.
        special: texts of special tokens.
    """
    written = decode(ids)
    chars = _characters(written, text, special)
    if chars is None:
        return None

    def said(count: int) -> int:
        """How many characters so many tokens say; bytes that make none yet are one, though each may show."""
        begun = decode(ids[:count])
        whole = begun.rstrip(_UNFINISHED)
        return len(whole) + (whole != begun)

    def token(char: int) -> int:
        """The first token that makes a character of the text; behind the text, the next one."""
        at = chars[char] if char < len(chars) else (chars[-1] + 1 if chars else len(written))
        return bisect_right(range(len(ids)), at, key=lambda token: said(token + 1))

    start, end, separates, options = place
    first = token(start)
    last = first if start == end else token(end - 1) + 1
    if separates is None:
        return TokenPlace(first, last, None)
    parted = token(separates)
    if options and encode and start < end:
        lead, behind = written[said(first) : chars[start]], written[chars[end - 1] + 1 :][:_CONTEXT]
        own = text[start:end]
        others = (encode(lead + other + behind) for other in _instead(own, options))
        parted = min(
            [parted, *(first + common_tokens([tuple(ids[first:]), tuple(other)]) for other in others)]
        )
    return TokenPlace(first, last, parted)


def _instead(own: str, options: Sequence[str]) -> Iterator[str]:
    """What could stand in place of an action that is written `own`, be it a whole call or just its name."""
    named = [option for option in options if own.casefold().startswith(option.casefold())]
    written = max(named, key=len, default="")
    return (option + own[len(written) :] for option in options if option != written)


def _characters(written: str, text: str, special: Collection[str]) -> list[int] | None:
    """Where each character of a text stands in what was written; None where it is not in there."""
    at = written.rfind(text)  # thinking, which comes first, may say it too
    if at >= 0:
        return [*range(at, at + len(text))]
    hidden = re.compile("|".join(map(re.escape, sorted(special, key=len, reverse=True))) or "(?!)")
    gaps = {n for one in hidden.finditer(written) for n in range(*one.span())}
    kept = [n for n in range(len(written)) if n not in gaps]
    offset = "".join(written[n] for n in kept).rfind(text)
    return None if offset < 0 else kept[offset : offset + len(text)]
