"""The hooks of a defense; a subclass overrides those it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from scenarios.environment import NoParams, Spec
from scenarios.webdefense.site.http import Request, Response
from scenarios.webdefense.site.page import Edit, Page
from scenarios.webdefense.site.state import SessionView, Visit
from scenarios.webdefense.site.world import Site

P = TypeVar("P", bound=Spec)


@dataclass(frozen=True, slots=True)
class Denial:
    """A request turned away: HTTP status (403, 429), a code for the log and a sentence for the visitor."""

    status: int
    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Cost:
    """What one defense did to all who came: edits made, bytes they added, requests it denied."""

    edits: int
    n_bytes: int
    denials: int


class Defense(Generic[P]):
    """One thing a site's owner does; one instance serves one run and keeps its own memory.

    Attributes:
        name: what it is called in YAML and in the log.
        Params: its options.
    """

    name: ClassVar[str]
    Params: ClassVar[type[Spec]] = NoParams

    def __init__(self, params: P) -> None:
        self.params = params

    def on_start(self, site: Site, key: int) -> None:
        """Get ready for one run; `key` is the stream that all this defense's draws come from."""

    @property
    def canaries(self) -> Mapping[str, str]:
        """E-mail addresses of made-up people, each with the session it was issued to."""
        return {}

    def disallows(self) -> tuple[str, ...]:
        """Path prefixes that robots.txt is to forbid."""
        return ()

    def on_request(self, request: Request, session: SessionView) -> Denial | None:
        """Why the request is turned away, or None to let it pass; asked before anything is served."""
        return None

    def on_render(self, page: Page, session: SessionView) -> Sequence[Edit]:
        """What to put into a page about to be served."""
        return ()

    def on_response(self, response: Response, session: SessionView) -> Response:
        """The response that leaves the site."""
        return response


def cost(name: str, visits: Sequence[Visit]) -> Cost:
    """What the defense of this name did in `visits`."""
    edits = [edit for visit in visits for edit in visit.edits if edit.plugin == name]
    return Cost(
        edits=len(edits),
        n_bytes=sum(len((edit.html + edit.style).encode()) for edit in edits),
        denials=sum(visit.denied_by == name for visit in visits),
    )
