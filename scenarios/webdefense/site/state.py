"""What a site remembers: its sessions, its orders, and every visit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from scenarios.webdefense.site.http import Method
from scenarios.webdefense.site.page import Edit, Page, site_pages
from scenarios.webdefense.site.world import Site

if TYPE_CHECKING:
    from scenarios.webdefense.defenses.base import Defense


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request and what came of it.

    Attributes:
        session: the cookie of the visitor; the site knows visitors by nothing else.
        tick: simulated time of the request.
        method, path: what was asked for.
        status: of the response.
        denied_by: name of the defense that denied it, or None.
        code: why it was not served, such as ``rate_limited`` or ``not_found``; None when it was.
        n_bytes: size of the body.
        edits: what defenses put into the page, in stack order.
    """

    session: str
    tick: int
    method: Method
    path: str
    status: int
    denied_by: str | None = None
    code: str | None = None
    n_bytes: int = 0
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """Something bought in the shop."""

    session: str
    item: int
    quantity: int
    tick: int


@dataclass(frozen=True, slots=True)
class SessionView:
    """A visitor as a real site sees it: a cookie and its past visits, never an aim or a role."""

    id: str
    visits: Sequence[Visit]


@dataclass(slots=True)
class SiteState:
    """A site in use: everything that requests change, together with its data and its defenses.

    Attributes:
        site: the data; never changes.
        defenses: in stack order; each keeps its own memory.
        pages: every page by path, before any defense edits it.
        sessions: cookie to the visits under it, in order.
        orders: what was bought, in order.
    """

    site: Site
    defenses: Sequence[Defense[Any]] = ()
    pages: Mapping[str, Page] = field(init=False)
    sessions: dict[str, list[Visit]] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.pages = site_pages(self.site)

    def latest(self, session: str) -> Visit:
        """The last visit under this cookie; its `edits` are what defenses put into the page just served."""
        return self.sessions[session][-1]

    @property
    def canaries(self) -> Mapping[str, str]:
        """E-mail addresses of made-up people that defenses planted, each with its session."""
        return {email: who for defense in self.defenses for email, who in defense.canaries.items()}

    def snapshot(self) -> dict[str, Any]:
        """Everything requests have changed, as JSON data: equal for equal histories in either mode."""
        return {
            "visits": [[_summary(visit) for visit in visits] for visits in self.sessions.values()],
            "orders": [asdict(order) for order in self.orders],
            "canaries": dict(self.canaries),
        }


def _summary(visit: Visit) -> dict[str, Any]:
    facts = {name: getattr(visit, name) for name in Visit.__slots__ if name != "edits"}
    return facts | {"payloads": [edit.payload for edit in visit.edits]}
