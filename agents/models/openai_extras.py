"""Parameters that a server may do without, and what it was seen to take of them."""

from __future__ import annotations

from collections.abc import Iterable

WORDS = {
    "response_format": ("response_format", "json_schema", "schema", "grammar", "structured output"),
    "seed": ("seed",),
}
"""The parameters, and words that an error uses when it is about one of them."""


class Extras:
    """Which parameters of `WORDS` an endpoint is sent: all that are wanted, until it refuses one.

    An endpoint that took a parameter once keeps being sent it: a later refusal is about that one request,
    such as a schema too large.
    """

    def __init__(self, wanted: Iterable[str]) -> None:
        self._wanted = set(wanted)
        self._taken: set[str] = set()

    @property
    def offered(self) -> frozenset[str]:
        """The parameters to send."""
        return frozenset(self._wanted)

    def blamed(self, message: str, sent: frozenset[str]) -> frozenset[str]:
        """Which of the parameters sent a refusal is about: those it names, else a schema never yet taken."""
        said = message.casefold()
        named = frozenset(name for name in sent if any(word in said for word in WORDS[name]))
        return named or (sent & {"response_format"}) - self._taken

    def went_well(self, sent: frozenset[str], without: frozenset[str]) -> None:
        """A request was answered with some of them sent, after it had been refused with others."""
        self._taken |= sent
        self._wanted -= without - self._taken
