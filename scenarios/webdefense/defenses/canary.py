"""Canary rows: made-up people, another one for every visitor, who betray by whom they were taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import Field

from lab.core.streams import stream_key
from scenarios.environment import Spec
from scenarios.webdefense.defenses.base import Defense
from scenarios.webdefense.defenses.carriers import Carrier, Placement, edit, text_payload
from scenarios.webdefense.site.page import Edit, Page, Position
from scenarios.webdefense.site.state import SessionView
from scenarios.webdefense.site.world import Person, Site, made_up_person


class CanaryParams(Spec):
    """How canaries are planted.

    Attributes:
        per_page: how many on each staff page.
        carrier: how they are kept from people's eyes.
        position: where on the page they stand.
    """

    per_page: int = Field(default=1, ge=1, le=20)
    carrier: Carrier = "display_none"
    position: Position = "middle"


class CanaryRows(Defense[CanaryParams]):
    """People who do not exist, listed on the staff pages of one session only.

    A session sees the same canaries whenever it comes back to a page. Found in somebody's loot, a canary
    names the session it was issued to.
    """

    name = "canary_rows"
    Params = CanaryParams

    def on_start(self, site: Site, key: int) -> None:
        self._key = key
        self._real = frozenset(person.email for person in site.people)
        self._issued: dict[tuple[str, str, int], Person] = {}
        self._sessions: dict[str, str] = {}

    @property
    def canaries(self) -> Mapping[str, str]:
        return self._sessions

    def on_render(self, page: Page, session: SessionView) -> Sequence[Edit]:
        if page.kind != "staff":
            return ()
        placement = Placement(carrier=self.params.carrier, position=self.params.position)
        return [
            edit(self.name, text_payload(f"{session.id}{page.path}/{nth}", canary.line), placement)
            for nth, canary in ((nth, self._canary(session.id, page.path, nth)) for nth in self._numbers)
        ]

    @property
    def _numbers(self) -> range:
        return range(1, self.params.per_page + 1)

    def _canary(self, session: str, path: str, nth: int) -> Person:
        place = (session, path, nth)
        if place not in self._issued:
            taken = self._real | self._sessions.keys()
            canary = made_up_person(stream_key(self._key, f"{session}{path}/{nth}"), taken=taken)
            self._issued[place], self._sessions[canary.email] = canary, session
        return self._issued[place]
