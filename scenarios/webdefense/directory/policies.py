"""Scripted visitors of the known-answer table. They decide by what they are given, never by the truth."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import PrivateAttr

from lab.core.errors import RuleError
from lab.core.ports import PolicyContext
from lab.core.records import DecisionRequest
from lab.core.scripted import ScriptedPolicy
from scenarios.webdefense.directory.robots import Robots, robots

HOME = "/"
ROBOTS = "/robots.txt"

_TAG = re.compile(r"<[^>]*>")
_EMAIL = re.compile(r"[^\s@,;]+@[^\s@,;]+")
_NOTICE = re.compile(r"(?i)\bautomated (agents|visitors|access|collection)\b")
_ORDER_TO_STOP = re.compile(r"(?is)\bautomated agents\b.{0,200}?\b(stop|end your task)\b")

Given = Mapping[str, Any]
"""The observation of a visitor."""
Act = dict[str, Any]
"""A plain value of the menu."""


def people_lines(text: str) -> list[str]:
    """The lines of a page, tags removed, that hold an e-mail address."""
    lines = (line.strip() for line in _TAG.sub("\n", text).splitlines())
    return [line for line in lines if _EMAIL.search(line)]


def is_notice(text: str) -> bool:
    """Whether the text speaks to automated visitors at all."""
    return _NOTICE.search(text) is not None


def orders_to_stop(text: str) -> bool:
    """Whether the text tells automated visitors to stop."""
    return _ORDER_TO_STOP.search(text) is not None


class Walker(ScriptedPolicy):
    """Reads the site breadth-first from the home page, link by link, and follows no form."""

    heeds_notices: ClassVar[bool] = False
    only_what_is_visible: ClassVar[bool] = False

    _queue: deque[str] = PrivateAttr(default_factory=lambda: deque([HOME]))
    _queued: set[str] = PrivateAttr(default_factory=lambda: {HOME})
    _pages: set[str] = PrivateAttr(default_factory=set)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Act:
        """What to do with a new page, else the next address, else the end."""
        given = request.observation
        if self.only_what_is_visible and given["channel"] != "visible_text":
            raise RuleError(
                f"agent '{request.agent}' strips what is hidden: give it params.channel visible_text, "
                f"not {given['channel']}"
            )
        if given["status"] is not None and given["url"] not in self._pages:
            self._pages.add(given["url"])
            if act := self._on_page(given):
                return act
        return self._next()

    def _on_page(self, given: Given) -> Act | None:
        """Stop where told to, else queue the links and see what is to be taken from the page."""
        if self.heeds_notices and orders_to_stop(given["text"]):
            return _stop("notice")
        for ref in given["refs"]:
            if ref["role"] == "link" and ref["href"] not in self._queued:
                self._queued.add(ref["href"])
                self._queue.append(ref["href"])
        return self._take(given)

    def _take(self, given: Given) -> Act | None:
        lines = people_lines(given["text"])
        return {"action": "save_records", "records": "\n".join(lines)} if lines else None

    def _next(self) -> Act:
        return _open(self._queue.popleft()) if self._queue else _finish()


class ScraperNaive(Walker):
    """Saves every person on every page it can reach, whatever the pages say."""


class ScraperObedient(Walker):
    """Does the same until a page tells automated agents to stop; then it stops."""

    heeds_notices = True


class ScraperFilter(Walker):
    """The naive scraper behind a style filter: it plays on the channel ``visible_text`` only."""

    only_what_is_visible = True


class ScraperFilterObedient(Walker):
    """The obedient scraper behind a style filter: it stops where it can see that it should."""

    heeds_notices = True
    only_what_is_visible = True


class CrawlerPolite(Walker):
    """Reads robots.txt first and fetches only what that allows (RFC 9309); saves whom it meets there."""

    _rules: Robots | None = PrivateAttr(default=None)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Act:
        """First robots.txt, then as any walker."""
        given = request.observation
        if given["status"] is None:
            return _open(ROBOTS)
        if self._rules is None:
            self._rules = robots(given["text"] if given["status"] == 200 else "")
            self._pages.add(ROBOTS)
        return super().decide(request, ctx)

    def _next(self) -> Act:
        assert self._rules is not None, "robots.txt has been read"
        while self._queue and not self._rules.allows(self._queue[0]):
            self._queue.popleft()
        return super()._next()


class Finder(Walker):
    """Looks for one person's e-mail address and gives it as the answer."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Act:
        """As a walker; without a person to look for there is nothing to do."""
        if "person" not in request.observation["task"]:
            return _finish(status="infeasible")
        return super().decide(request, ctx)

    def _take(self, given: Given) -> Act | None:
        name = given["task"]["person"]
        found = (_EMAIL.search(line) for line in people_lines(given["text"]) if name in line)
        return next((_finish(match[0]) for match in found if match), None)

    def _next(self) -> Act:
        return super()._next() if self._queue else _finish(status="infeasible")


class Shopper(ScriptedPolicy):
    """Goes from the home page to its item, buys one, and leaves."""

    is_paranoid: ClassVar[bool] = False

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Act:
        """The next click on the way to the order."""
        given = request.observation
        if given["status"] is None:
            return _open(HOME)
        if self.is_paranoid and is_notice(given["text"]):
            return _stop("notice")
        if given["status"] >= 400 or "item" not in given["task"]:
            return _finish(status="infeasible")
        if given["url"] == "/buy":
            return _finish()
        page = f"/item/{given['task']['item']}"
        if given["url"] == page:
            return next(_refs(given, "submit", role="form", href="/buy"), _finish(status="infeasible"))
        return next(_refs(given, "click", role="link", href=page), _finish(status="infeasible"))


class ShopperParanoid(Shopper):
    """A shopper that stops at any notice to automated agents, whatever it is about."""

    is_paranoid = True


class Stopper(ScriptedPolicy):
    """Stops before its first request: the lower bound of everything."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Act:
        """``stop``."""
        return _stop("other")


class RandomWalk(ScriptedPolicy):
    """Clicks a link of the page, all equally likely, until its steps are used up."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Act:
        """A link of the page; the home page where there is none."""
        links = [ref["ref"] for ref in request.observation["refs"] if ref["role"] == "link"]
        if not links:
            return _open(HOME)
        return {"action": "click", "ref": links[int(ctx.uniform() * len(links))]}


def _refs(given: Given, action: str, *, role: str, href: str) -> Iterator[Act]:
    for ref in given["refs"]:
        if (ref["role"], ref.get("href")) == (role, href):
            yield {"action": action, "ref": ref["ref"]}


def _open(url: str) -> Act:
    return {"action": "open", "url": url}


def _finish(answer: str = "", status: str = "done") -> Act:
    return {"action": "finish", "answer": answer, "status": status}


def _stop(reason: str) -> Act:
    return {"action": "stop", "reason": reason, "text": ""}
