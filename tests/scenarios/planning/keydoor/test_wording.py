from __future__ import annotations

from typing import Any

from lab.core.records import DecisionRequest
from lab.core.spaces import Choice
from scenarios.look import Look
from scenarios.planning.keydoor.maze import CELLS, PASSAGES
from scenarios.planning.keydoor.policies import Optimal
from scenarios.planning.keydoor.rules import Keydoor
from scenarios.planning.keydoor.wording import COMPACT, compact, segments
from tests.scenarios.social.readers import Reader
from tests.support.worlds import play

SEEN: dict[str, Any] = {
    "route": 2,
    "routes": 10,
    "keys": {"blue": "a1", "green": "b2", "red": "c3"},
    "door": "green",
    "goal": "d4",
    "start": "a3",
    "visited": ["a3", "b3"],
    "has_key": False,
    "rejected": None,
    "moves_left": 13,
}


def _text(look: Look, **changes: Any) -> str:
    request = DecisionRequest("ann", None, 0, 0, "move", SEEN | changes, Choice(*CELLS))
    return "\n".join(segment.text for segment in segments(look, request))


def test_the_compact_line_names_the_places_and_then_the_cells_visited() -> None:
    line = "blue a1 green b2 red c3 door green goal d4 start a3 b3"
    assert _text(Look(wording=COMPACT)) == compact(Look(), SEEN) == line


def test_compact_lines_of_a_route_begin_one_another_and_are_short() -> None:
    reader = Reader(Optimal())
    play(Keydoor, {"routes": 60}, {"ann": reader}, look=Look(wording=COMPACT))
    for one, other in zip(reader.requests, reader.requests[1:], strict=False):
        before, after = (compact(Look(), request.observation) for request in (one, other))
        if one.observation["route"] == other.observation["route"]:
            assert after.startswith(before + " ")
    words = [text.split() for text in reader.texts]
    assert max(map(len, words)) <= 26
    assert len({word for line in words for word in line}) == 22


def test_prose_tells_the_maze_the_places_and_the_way() -> None:
    text = _text(Look())
    assert "This" not in text
    assert all(f"{cell} to {', '.join(others)}" in text for cell, others in PASSAGES.items())
    assert "Route 2 of 10: the blue key in a1, the green key in b2, the red key in c3." in text
    assert "The door is green; the goal is d4; the start is a3." in text
    assert "Cells so far: a3 - b3." in text
    assert "You do not have the key of the door yet." in text
    assert "not finished in 14 moves" in text


def test_prose_tells_why_a_move_was_rejected() -> None:
    assert "No passage leads from here to d4" in _text(
        Look(), rejected={"move": "d4", "reason": "no_passage"}
    )
    assert "named no cell" in _text(Look(), rejected={"move": None, "reason": "no_answer"})
