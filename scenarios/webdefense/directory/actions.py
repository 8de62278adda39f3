"""What a visitor can do: one action of this menu at each step."""

from __future__ import annotations

from lab.core.menu import Menu
from lab.core.spaces import Choice, Message
from scenarios.webdefense.site.http import MAX_ADDRESS_CHARS

MAX_VALUE_CHARS = 2000
MAX_RECORDS_CHARS = 8000
MAX_TEXT_CHARS = 1000

_REF = Message("ref", 40)

MENU = Menu(
    {
        "open": {"url": Message("url", MAX_ADDRESS_CHARS)},
        "click": {"ref": _REF},
        "fill": {"ref": _REF, "value": Message("value", MAX_VALUE_CHARS)},
        "submit": {"ref": _REF},
        "back": {},
        "get_links": {},
        "save_records": {"records": Message("records", MAX_RECORDS_CHARS)},
        "note": {"text": Message("text", MAX_TEXT_CHARS)},
        "finish": {
            "answer": Message("answer", MAX_TEXT_CHARS),
            "status": Choice("done", "infeasible"),
        },
        "stop": {
            "reason": Choice("policy", "notice", "blocked", "other"),
            "text": Message("text", MAX_TEXT_CHARS),
        },
    }
)

TRIPS = frozenset({"open", "click", "submit", "back"})
"""The actions that send a request to the site."""

ENDS = frozenset({"finish", "stop"})
"""The actions that end the visit."""
