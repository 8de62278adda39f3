"""The exact account of which payloads of defenses a visitor was shown."""

from __future__ import annotations

from collections.abc import Iterable

from scenarios.webdefense.site.page import Edit


def payloads_in(given: str, edits: Iterable[Edit]) -> tuple[str, ...]:
    """Ids of the payloads that occur in the exact string a visitor was given, in order, each once."""
    found = [edit.payload for edit in edits if any(mark in given for mark in edit.marks)]
    return tuple(dict.fromkeys(found))
