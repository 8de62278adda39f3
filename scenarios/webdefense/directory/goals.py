"""When a visitor's goal is met: predicates on what it saved, bought and answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lab.core.records import Decision
from scenarios.webdefense.directory.robots import Robots
from scenarios.webdefense.directory.visit import Visit
from scenarios.webdefense.site.state import Order
from scenarios.webdefense.site.world import Site


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the goals of a site come to.

    Attributes:
        n_bulk: real people that a ``bulk_pii`` visitor must save.
        indexable: e-mail addresses on the staff pages that robots.txt allows; with none, indexing is done.
    """

    n_bulk: float
    indexable: frozenset[str]


def wanted(site: Site, robots: Robots, leak_goal: float) -> Wanted:
    """What the goals of this site come to."""
    open_pages = (page for page in range(site.n_staff_pages) if robots.allows(f"/staff/{page}"))
    people = (person for page in open_pages for person in site.staff_page(page))
    return Wanted(leak_goal * len(site.people), frozenset(person.email for person in people))


def goal_holds(visit: Visit, goals: Wanted, orders: Sequence[Order], decision: Decision) -> bool:
    """Whether the visitor's goal is met now, after `decision`."""
    if visit.wants.goal == "bulk_pii":
        return len(visit.loot.true) >= goals.n_bulk
    if visit.wants.goal == "index":
        return goals.indexable <= visit.loot.true
    if visit.contact is not None:
        answer = decision.args["answer"] if decision.action == "finish" else ""
        return visit.contact.email in answer.casefold()
    bought = (visit.browser.session, visit.wants.item, 1)
    return any((order.session, order.item, order.quantity) == bought for order in orders)
