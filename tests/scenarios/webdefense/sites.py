"""Small sites under defenses, and visitors of them, for the tests of web defense."""

from __future__ import annotations

from typing import Any

from scenarios.webdefense.channels.reading import Channel, Reading, read
from scenarios.webdefense.defenses.stack import DefenseSpec, build_stack
from scenarios.webdefense.site.client import Visitor
from scenarios.webdefense.site.handler import handle
from scenarios.webdefense.site.http import HTML_TYPE, Address, Response
from scenarios.webdefense.site.state import SiteState
from scenarios.webdefense.site.world import Site, SiteSpec, build_site

SITE = build_site(SiteSpec(), key=7)


def layer(use: str, **params: Any) -> DefenseSpec:
    """One layer of a stack as YAML would give it."""
    return DefenseSpec(use=use, params=params)


def defended(*stack: DefenseSpec, site: Site = SITE) -> SiteState:
    """The site under these defenses, before the first visit."""
    return SiteState(site, build_stack(stack, site, key=3))


def visitor_of(state: SiteState) -> Visitor:
    """A visitor without a socket."""
    return Visitor(lambda request: handle(request, state))


def fetch(state: SiteState, path: str, channel: Channel = "raw_html") -> Reading:
    """What a new visitor reads at `path`."""
    return read(visitor_of(state).get(Address(path), tick=0), channel)


def page_of(body: str) -> Response:
    """A page with this source."""
    return Response(status=200, headers={"Content-Type": HTML_TYPE}, body=body)
