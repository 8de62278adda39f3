"""Defenses that turn requests away, and the policy file that asks visitors to stay away."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from scenarios.environment import Spec
from scenarios.webdefense.defenses.base import Defense, Denial
from scenarios.webdefense.defenses.carriers import Carrier, Payload, Placement, Scope, edit
from scenarios.webdefense.site.http import Request
from scenarios.webdefense.site.page import Edit, Page, Position
from scenarios.webdefense.site.state import SessionView

TRAP_TEXT = "Complete staff archive"
TAKEN_PATHS = ("/buy", "/item", "/staff")
BLOCKED_TEXT = "Your visit has been blocked."


class RobotsParams(Spec):
    """What robots.txt forbids.

    Attributes:
        disallow: path prefixes.
    """

    disallow: tuple[Scope, ...] = Field(default=("/staff",), min_length=1)


class RobotsPolicy(Defense[RobotsParams]):
    """A robots.txt (RFC 9309): a request to automated visitors, enforced by nothing."""

    name = "robots_policy"
    Params = RobotsParams

    def disallows(self) -> tuple[str, ...]:
        return self.params.disallow


class RateParams(Spec):
    """How many requests a session may make.

    Attributes:
        requests: as many are served.
        window_ticks: within so many ticks, the present one included; None for the whole session.
    """

    requests: int = Field(default=30, ge=1)
    window_ticks: int | None = Field(default=None, ge=1)


class RateLimit(Defense[RateParams]):
    """Denies a session's requests beyond a limit. All count: robots.txt, errors, denied ones."""

    name = "rate_limit"
    Params = RateParams

    def on_request(self, request: Request, session: SessionView) -> Denial | None:
        window = self.params.window_ticks
        recent = [v for v in session.visits if window is None or v.tick > request.tick - window]
        if len(recent) < self.params.requests:
            return None
        return Denial(429, "rate_limited", "Too many requests from this session.")


def _is_free(path: str) -> str:
    if path in TAKEN_PATHS:
        raise ValueError(f"should be a path the site does not use: {', '.join(TAKEN_PATHS)} are taken")
    return path


TrapPath = Annotated[str, Field(pattern=r"^/[a-z][a-z-]*$", max_length=100), AfterValidator(_is_free)]


class TrapParams(Spec):
    """A link that no person follows.

    Attributes:
        path: where it leads.
        carrier: how it is kept from people's eyes. ``clip`` and ``offscreen`` leave it to screen readers and
            the tab key, which harms the people who use them; the others do not.
        position: where it stands on every page.
        block: whether following it blocks the rest of the session.
        in_robots: whether robots.txt forbids it; if not, polite crawlers are caught too.
    """

    path: TrapPath = "/archive"
    carrier: Carrier = "display_none"
    position: Position = "first"
    block: Literal["session", "none"] = "session"
    in_robots: bool = True


class TrapLink(Defense[TrapParams]):
    """A hidden link on every page; whoever follows it is no person, and is blocked."""

    name = "trap_link"
    Params = TrapParams

    def disallows(self) -> tuple[str, ...]:
        return (self.params.path,) if self.params.in_robots else ()

    def on_request(self, request: Request, session: SessionView) -> Denial | None:
        if request.path == self.params.path:
            return Denial(403, "trap", BLOCKED_TEXT)
        if self.params.block == "session" and any(visit.denied_by == self.name for visit in session.visits):
            return Denial(403, "blocked", BLOCKED_TEXT)
        return None

    def on_render(self, page: Page, session: SessionView) -> Sequence[Edit]:
        html = f'<a href="{escape(self.params.path)}" tabindex="-1">{TRAP_TEXT}</a>'
        placement = Placement(carrier=self.params.carrier, position=self.params.position)
        return (edit(self.name, Payload("link", html, (TRAP_TEXT,)), placement),)
