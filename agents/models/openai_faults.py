"""What went wrong with a try at an endpoint: a kind, a line without the key, and whether to ask again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

from agents.models.openai_wire import error_message
from agents.models.retry import Again

MESSAGE_CHARS = 300
SECRET_CHARS = 12
"""Keys shorter than this are placeholders such as ``lm-studio``, which may also be words of a reply."""

_OVERFLOW = re.compile(
    r"context.?(length|window|size)|too many tokens|(prompt|input).{0,20}too (long|large)|"
    r"(prompt|input).{0,40}exceeds",
    re.IGNORECASE,
)


class Secret:
    """A key that never shows itself."""

    def __init__(self, key: str | None) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "Secret(***)"

    def hidden_in_error(self, text: str) -> str:
        """An error's text without the key, in one line of bounded length."""
        clean = text.replace(self._key, "***") if self._key else text
        line = " ".join(clean.split())
        return line if len(line) <= MESSAGE_CHARS else f"{line[: MESSAGE_CHARS - 1]}…"

    def hidden_in_reply(self, text: str) -> str:
        """A reply without the key, should a server repeat what it was sent."""
        if self._key is None or len(self._key) < SECRET_CHARS:
            return text
        return text.replace(self._key, "***")


def kind_of(status: int, message: str, code: object = None) -> tuple[str, Again]:
    """(kind of `ModelFailure`, whether to ask again) for an HTTP status of 300 or more."""
    if status == 429:
        return "rate_limit", Again.NEVER if code == "insufficient_quota" else Again.LATER
    if status >= 500 or status == 409:
        return "server", Again.LATER
    if status == 408:
        return "timeout", Again.LATER
    if status in (401, 403):
        return "key", Again.NEVER
    if status == 413 or code == "context_length_exceeded" or _OVERFLOW.search(message):
        return "overflow", Again.NEVER
    return "refused_request", Again.NEVER


def status_message(status: int, body: object) -> str:
    """An error response in one line."""
    return f"{status}: {error_message(body) or 'no message'}"


def asked_wait_s(headers: Mapping[str, str]) -> float | None:
    """Seconds that a response asks to wait, None when it does not or not understandably.

    ``Retry-After`` is seconds or a date (RFC 9110 §10.2.3); a date counts from the response's own.
    """
    for name, unit_s in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        seconds = _number(headers.get(name))
        if seconds is not None:
            return seconds * unit_s
    try:
        until = parsedate_to_datetime(headers.get("retry-after", ""))
        return max(0.0, (until - parsedate_to_datetime(headers.get("date", ""))).total_seconds())
    except (ValueError, TypeError):  # no date, or one with and one without a zone
        return None


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None
