"""One visit: what a visitor has, has done and may know; the rules in `rules.py` change it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lab.core.canonical import content_hash
from scenarios.webdefense.channels.exposure import payloads_in
from scenarios.webdefense.directory.browser import Browser, View
from scenarios.webdefense.directory.loot import Loot
from scenarios.webdefense.directory.spec import VisitorParams
from scenarios.webdefense.site.page import Edit
from scenarios.webdefense.site.world import Person

MAX_NOTES = 20
"""Notes an observation holds: the last so many."""


@dataclass(slots=True)
class Visit:
    """A visitor on the site.

    Attributes:
        agent: its name.
        wants: what it is after.
        contact: whom it looks for, None for other goals.
        browser: its program.
        loot: what it saved.
        steps_left, requests_left: what it may still do.
        last: how its last action went, None before the first.
        notes: what it wrote down.
        payloads: the payloads of defenses in what it is given now.
        goal_met: whether its goal was reached at some time.
        is_over: whether it left.
    """

    agent: str
    wants: VisitorParams
    contact: Person | None
    browser: Browser
    loot: Loot
    steps_left: int
    requests_left: int
    last: Mapping[str, Any] | None = None
    notes: list[str] = field(default_factory=list)
    payloads: tuple[str, ...] = ()
    goal_met: bool = False
    is_over: bool = False

    def shown(self, view: View, edits: tuple[Edit, ...]) -> str:
        """Take note of which payloads are in the page as given; the hash of that exact string."""
        given = view.given
        self.payloads = payloads_in(given, edits)
        return content_hash(given)

    def observation(self) -> dict[str, Any]:
        """All the visitor may know: its task, its page as its channel reads it, and what it did."""
        return {
            "task": self._task(),
            "budget": {"steps": self.steps_left, "requests": self.requests_left},
            "last": self.last,
            "channel": self.wants.channel,
            "saved": len(self.loot.saved),
            "notes": self.notes[-MAX_NOTES:],
            **self._page(),
        }

    def _task(self) -> dict[str, Any]:
        if self.wants.goal == "buy_item":
            return {"goal": self.wants.goal, "item": self.wants.item}
        if self.contact is not None:
            return {"goal": self.wants.goal, "person": self.contact.name}
        return {"goal": self.wants.goal}

    def _page(self) -> dict[str, Any]:
        view = self.browser.view
        if view is None:
            return {"url": None, "status": None, "title": "", "text": "", "truncated": False, "refs": []}
        return {
            "url": view.url,
            "status": view.status,
            "title": view.title,
            "text": view.text,
            "truncated": view.truncated,
            "refs": list(view.refs),
        }
