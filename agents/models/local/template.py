"""A model's chat template: messages to text, and where in the text each message's content stands.

The template runs once per prompt. Where contents stand is found by running it on stand-ins for the contents,
once for every sequence of roles, and checked against the text: a template that does something else with a
message only makes that message's place unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from transformers import PreTrainedTokenizerFast

from agents.models.local.options import OURS, LocalOptions
from lab.core.errors import UsageError, suggestion

PLAIN = "{%- for message in messages %}{{- message.content + '\\n' }}{%- endfor %}"
"""For models without a chat template: every content on a line, the reply on the next one."""

DATE = (
    "{%- macro strftime_now(format) %}"
    "{{- format | replace('%d', '26') | replace('%b', 'Jul') | replace('%B', 'July') | replace('%m', '07')"
    " | replace('%Y', '2024') | replace('%y', '24') }}"
    "{%- endmacro %}"
)
"""Templates that ask for today's date get 26 July 2024: equal requests must be equal prompts."""

NO_THINKING: Mapping[str, Any] = {"enable_thinking": False, "thinking": False}
"""What templates call the switch that makes them write an empty think block."""

_THEIRS = frozenset({"raise_exception", "strftime_now"})
"""What transformers gives every template besides jinja's own globals and the names of special tokens."""

_GENERATION = re.compile(r"\{%[-+]?\s*(end)?generation\s*[-+]?%\}")
"""Marks what a model wrote, for training; jinja alone does not know these tags."""

_GAP = "\n\n"
"""Stands between two messages made one."""

Roles = tuple[str, ...]


class Span(NamedTuple):
    """Characters `start` to `end` of a text are a content without its first `cut` characters."""

    start: int
    end: int
    cut: int


class Rendered(NamedTuple):
    """Messages as text.

    Attributes:
        text: what the model reads.
        spans: where each message's content stands; None where the template changed it.
        leads: what the template writes between a prompt and a reply of its own when it shows both, for every
            message; None where a reply would not stand right behind the prompt it answered.
        tail: the end of the text, behind the last content.
        in_thinking: whether the text ends inside a think block that the template opened.
        facts: what was done to the messages to fit them in.
    """

    text: str
    spans: tuple[Span | None, ...]
    leads: tuple[str | None, ...]
    tail: str
    in_thinking: bool
    facts: Mapping[str, Any]


class _Fitted(NamedTuple):
    """Messages as the template takes them; message i is `parts[i]` = (new message, offset in it, length)."""

    roles: Roles
    contents: list[str]
    parts: list[tuple[int, int, int]]
    facts: dict[str, Any]


class Template:
    """The chat template of a tokenizer with the options of a scenario; a pure function of the messages.

    Raises:
        UsageError: when it cannot even render one user message, or reads not all of the options.
    """

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, options: LocalOptions, *, adds_bos: bool = False
    ) -> None:
        source = tokenizer.get_chat_template() if tokenizer.chat_template else None
        self.is_plain = source is None
        self._tokenizer = tokenizer
        self._source = _with_fixed_date(source or ("{{- bos_token }}" if adds_bos else "") + PLAIN)
        self._settings = options.template
        self._open, self._close = options.reasoning or ("", "")
        self._skeleton = lru_cache(1024)(self._skeleton_of)
        if self._skeleton(("user",), True, False) is None:
            raise UsageError(f"the chat template cannot render a user message: {self._complaint(('user',))}")
        if self._settings:
            self._check_settings()
        takes_system = self._skeleton(("system", "user"), True, False) is not None
        self._merges_system = options.system == "merge" or (options.system == "auto" and not takes_system)
        self._merges_runs = self._skeleton(("user", "user"), True, False) is None

    def render(self, messages: Sequence[Mapping[str, Any]], *, past_thinking: bool = False) -> Rendered:
        """The messages as a prompt for the next one.

        Args:
            messages: each with role and content.
            past_thinking: whether the prompt ends behind an empty think block, where the model has such.

        Raises:
            UsageError: when the template refuses the messages.
        """
        fitted = self._fitted(messages)
        chat = [{"role": r, "content": c} for r, c in zip(fitted.roles, fitted.contents, strict=True)]
        try:
            text = self._apply(chat, generation=True, past_thinking=past_thinking)
        except (TemplateError, TypeError) as error:
            raise UsageError(f"the chat template refuses these messages: {error}") from error
        literals = self._skeleton(fitted.roles, True, past_thinking)
        found = None if literals is None else _located(text, literals, fitted.contents)
        spans = found or [None] * len(fitted.contents)
        tail = text[_end_of_contents(spans) :]
        return Rendered(
            text=text,
            spans=tuple(_part_of(spans[new], offset, length) for new, offset, length in fitted.parts),
            leads=tuple(
                self._lead(fitted.roles, literals, new, past_thinking) if literals else None
                for new, _, _ in fitted.parts
            ),
            tail=tail,
            in_thinking=bool(self._open) and tail.rfind(self._open) > tail.rfind(self._close),
            facts=fitted.facts,
        )

    def reply_lead(self, *, past_thinking: bool) -> str:
        """White space that the template writes before a reply, behind the prompt; mostly empty."""
        roles = ("user", "assistant")
        literals = self._skeleton(roles, False, False)
        lead = None if literals is None else self._lead(roles, literals, 1, past_thinking)
        return lead or ""

    @property
    def after_reply(self) -> str:
        """What the template writes behind a reply; its end token stands first."""
        literals = self._skeleton(("user", "assistant"), False, False)
        return "" if literals is None else literals[-1]

    def _lead(self, roles: Roles, literals: Sequence[str], index: int, past_thinking: bool) -> str | None:
        """White space between the prompt for message `index` and its content; None if more stands there."""
        asked = self._skeleton(roles[:index], True, past_thinking) if index else None
        if asked is None or not literals[index].startswith(asked[-1]):
            return None
        lead = literals[index][len(asked[-1]) :]
        return lead if not lead.strip() else None

    def _fitted(self, messages: Sequence[Mapping[str, Any]]) -> _Fitted:
        """The messages with the system text and runs of one role merged, where the template needs that."""
        fitted = _Fitted((), [], [], {})
        roles: list[str] = []
        merges_next = False
        for message in messages:
            role, content = message["role"], message["content"]
            is_system = role == "system" and self._merges_system
            role = "user" if is_system else role
            runs_on = bool(roles) and roles[-1] == role
            if runs_on and (merges_next or is_system or self._merges_runs):
                offset = len(fitted.contents[-1]) + len(_GAP)
                fitted.contents[-1] += _GAP + content
                fitted.facts["merged"] = fitted.facts.get("merged", 0) + 1
            else:
                offset = 0
                roles.append(role)
                fitted.contents.append(content)
            fitted.parts.append((len(roles) - 1, offset, len(content)))
            merges_next = is_system
        return fitted._replace(roles=tuple(roles))

    def _skeleton_of(self, roles: Roles, generation: bool, past_thinking: bool) -> tuple[str, ...] | None:
        """What the template writes before, between and behind contents of these roles; None if unknown."""
        contents = [f"\ue000{index}\ue001" for index in range(len(roles))]
        chat = [{"role": r, "content": c} for r, c in zip(roles, contents, strict=True)]
        try:
            rest = self._apply(chat, generation=generation, past_thinking=past_thinking)
        except (TemplateError, TypeError):
            return None
        literals = []
        for content in contents:
            literal, found, rest = rest.partition(content)
            if not found or content in rest:
                return None
            literals.append(literal)
        return (*literals, rest)

    def _apply(self, chat: list[dict[str, Any]], *, generation: bool, past_thinking: bool) -> str:
        settings = {**self._settings, **NO_THINKING} if past_thinking else self._settings
        text = str(
            self._tokenizer.apply_chat_template(
                chat,
                chat_template=self._source,
                tokenize=False,
                add_generation_prompt=generation,
                **settings,
            )
        )
        if past_thinking and generation and self._open and text.rstrip().endswith(self._open):
            return f"{text.rstrip()}\n\n{self._close}\n\n"
        return text

    def _check_settings(self) -> None:
        """Refuse options that nothing reads, which jinja passes over in silence."""
        known = () if self.is_plain else self._variables()
        unread = sorted(self._settings.keys() - known)
        if unread and self.is_plain:
            raise UsageError(f"options.template: there is no chat template that would read '{unread[0]}'")
        if unread:
            hint = f"{suggestion(unread[0], known)} (it reads: {', '.join(known) or 'none'})"
            raise UsageError(f"options.template: the chat template reads no '{unread[0]}'{hint}")

    def _variables(self) -> tuple[str, ...]:
        """What the template reads and the lab does not set, sorted."""
        parser = ImmutableSandboxedEnvironment(extensions=["jinja2.ext.loopcontrols"])
        read = meta.find_undeclared_variables(parser.parse(_GENERATION.sub("", self._source)))
        set_by_us = OURS | _THEIRS | parser.globals.keys() | self._tokenizer.special_tokens_map.keys()
        return tuple(sorted(read - set_by_us))

    def _complaint(self, roles: Roles) -> str:
        try:
            shown = self._apply(
                [{"role": role, "content": "Hello"} for role in roles], generation=True, past_thinking=False
            )
        except (TemplateError, TypeError) as error:
            return str(error)
        return f"it writes {shown!r}"


def _with_fixed_date(source: str) -> str:
    return DATE + source if "strftime_now" in source else source


def _located(text: str, literals: Sequence[str], contents: Sequence[str]) -> list[Span | None] | None:
    """Where each content stands in `text`, None for one that was changed; None if nothing fits."""
    if not text.startswith(literals[0]):
        return None
    at = len(literals[0])
    spans: list[Span | None] = []
    for content, after in zip(contents, literals[1:], strict=True):
        is_last = len(spans) == len(contents) - 1
        end = _end_of(text, at, content=content, after=after, is_last=is_last)
        if end is None:
            return None
        cut = content.find(text[at:end])
        spans.append(Span(at, end, cut) if cut >= 0 else None)
        at = end + len(after)
    return spans


def _end_of(text: str, at: int, *, content: str, after: str, is_last: bool) -> int | None:
    """Where the content that begins at `at` ends: it stands there as it is, trimmed, or changed."""
    if is_last:
        return len(text) - len(after) if text.endswith(after) and len(text) - len(after) >= at else None
    for shown in (content, content.strip(), content.rstrip(), content.lstrip()):
        if text.startswith(shown + after, at):
            return at + len(shown)
    end = text.find(after, at) if after else -1
    return end if end >= 0 else None


def _end_of_contents(spans: Sequence[Span | None]) -> int:
    """Where the last content ends; the start of the text if that is unknown."""
    last = spans[-1] if spans else None
    return 0 if last is None else last.end


def _part_of(span: Span | None, offset: int, length: int) -> Span | None:
    """The place of `length` characters from `offset` of the content that stands at `span`."""
    if span is None:
        return None
    start = span.start + max(offset - span.cut, 0)
    end = min(span.end, span.start + offset + length - span.cut)
    return Span(start, end, max(span.cut - offset, 0)) if end >= start else None
