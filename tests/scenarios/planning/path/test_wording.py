from __future__ import annotations

from typing import Any

import pytest

from lab.core.records import DecisionRequest
from lab.core.spaces import Choice
from scenarios.look import Look
from scenarios.planning.path.wording import COMPACT, compact, segments

SEEN: dict[str, Any] = {
    "task": 2,
    "tasks": 5,
    "nodes": 4,
    "source": "1",
    "target": "4",
    "walked": ["1", "3"],
    "max_steps": 12,
    "last": {"source": "1", "target": "3", "walked": ["1"], "outcome": "missing_edge", "named": "4"},
    "neighbors": ["4"],
    "edges": {"1": ["2", "3"], "3": ["4"]},
}
LABELS = {"1": "V", "2": "M", "3": "R", "4": "B"}


def _text(look: Look, **changes: Any) -> str:
    request = DecisionRequest("ann", None, 0, 0, "step", SEEN | changes, Choice("1", "2", "3", "4"))
    return "\n".join(segment.text for segment in segments(look, request))


def test_the_compact_line_is_the_pair_and_the_walk() -> None:
    assert _text(Look(wording=COMPACT)) == compact(Look(), SEEN) == "1 4 1 3"


def test_the_next_compact_line_begins_with_this_one_and_the_step() -> None:
    assert _text(Look(wording=COMPACT), walked=["1", "3", "4"]) == _text(Look(wording=COMPACT)) + " 4"


def test_prose_tells_task_walk_edges_and_how_the_last_task_ended() -> None:
    text = _text(Look())
    assert "Task 2 of 5: start 1, target 4." in text
    assert "Your way so far: 1 - 3. You are at 3." in text
    assert "from 1 to 2, 3\nfrom 3 to 4" in text
    assert "From here roads lead to 4." in text
    assert "it ended because no road leads from there to 4." in text
    assert "after 12 steps" in text


@pytest.mark.parametrize("outcome", ["solved", "missing_edge", "dead_end", "too_long", "no_answer"])
def test_every_outcome_has_its_words(outcome: str) -> None:
    last = {"source": "1", "target": "3", "walked": ["1", "2"], "outcome": outcome}
    assert "In the last task, from 1 to 3, you went 1 - 2; it " in _text(Look(), last=last)


def test_under_other_names_nothing_tells_the_order_of_the_nodes() -> None:
    text = _text(Look(labels=LABELS))
    assert "from R to B\nfrom V to M, R" in text
    assert "higher number" not in text
    assert not set("1234") & set(text.replace("Task 2 of 5", "").replace("5 tasks", "").split("These are")[1])
