from __future__ import annotations

from typing import Any

import pytest

from lab.core.canonical import canonical
from scenarios.planning.acting.spec import ActingParams
from scenarios.planning.acting.views import view
from scenarios.planning.strips.model import Task
from scenarios.planning.strips.plans import parse_action
from tests.scenarios.planning.acting.puzzles import TOWER, board, bridge


def _seen(level: str, *lines: str | None, task: Task = TOWER) -> dict[str, Any]:
    played = board(task)
    for line in lines:
        played.take(parse_action(line) if line else None, "invalid")
    params = ActingParams.model_validate({"feedback": level, "allow_oracle": True})
    return view(params, played, tasks=2)


def test_what_is_told_grows_with_the_level() -> None:
    told = {level: set(_seen(level)) for level in ("none", "accept_reject", "reason", "legal_list", "oracle")}
    assert told["none"] - told["reason"] == {"asked"}
    assert told["accept_reject"] == told["reason"]
    assert told["legal_list"] - told["reason"] == {"legal"}
    assert told["oracle"] - told["legal_list"] == {"oracle"}


def test_without_feedback_only_the_beginning_and_what_was_asked_is_seen() -> None:
    seen = _seen("none", "pick-up(b)", "stack(a, b)", None)
    fresh = _seen("none")
    assert seen["asked"] == ["pick-up(b)", "stack(a, b)", None]
    assert seen["step"] == 4
    assert {key: seen[key] for key in seen if key not in ("asked", "step")} == {
        key: fresh[key] for key in fresh if key not in ("asked", "step")
    }


def test_a_rejection_is_told_with_its_reason_or_without() -> None:
    failed = {"atom": ["holding", "a"], "holds": True}
    assert _seen("accept_reject", "stack(a, b)")["last"] == {"action": "stack(a, b)", "ok": False}
    assert _seen("reason", "stack(a, b)")["last"] == {
        "action": "stack(a, b)",
        "ok": False,
        "reason": "precondition",
        "failed": failed,
    }
    assert _seen("reason", "pick-up(a)")["last"] == {"action": "pick-up(a)", "ok": True}


def test_a_reply_without_an_action_is_not_echoed() -> None:
    assert _seen("reason", None)["last"] == {"action": None, "ok": False, "reason": "invalid", "failed": None}


def test_the_list_has_what_can_be_done_now() -> None:
    assert _seen("legal_list", "pick-up(b)")["legal"] == ["put-down(b)", "stack(b, a)", "stack(b, c)"]


@pytest.mark.parametrize(
    ("lines", "oracle"),
    [
        ((), {"reachable": True, "nearer": None}),
        (("go(bank, ford)",), {"reachable": True, "nearer": True}),
        (("go(ford, far)",), {"reachable": True, "nearer": False}),
        (("go(bank, pit)",), {"reachable": False, "nearer": False}),
    ],
)
def test_the_oracle_knows_whether_there_is_a_way_and_a_gain(
    lines: tuple[str, ...], oracle: dict[str, Any]
) -> None:
    assert _seen("oracle", *lines, task=bridge())["oracle"] == oracle


def test_costs_are_told_where_actions_have_them() -> None:
    seen = _seen("reason", task=bridge())
    (action,) = seen["actions"]
    assert action["cost"] == [["length", "?p", "?q"]]
    assert [["length", "bank", "far"], 5] in seen["costs"]
    assert _seen("reason")["costs"] == []


def test_an_observation_is_json_in_one_order() -> None:
    assert canonical(_seen("oracle", "pick-up(a)")) == canonical(_seen("oracle", "pick-up(a)"))
    assert _seen("reason")["state"] == sorted(_seen("reason")["state"])


def test_the_first_step_of_a_task_tells_how_the_one_before_ended() -> None:
    before = board(TOWER)
    before.take(parse_action("pick-up(b)"), "ok")
    params = ActingParams.model_validate({"feedback": "reason"})
    assert view(params, board(TOWER), before, tasks=2)["previous"] == {"ended": before.ended, "steps": 1}
    assert "previous" not in _seen("reason")
    blind = ActingParams.model_validate({"feedback": "none"})
    assert "previous" not in view(blind, board(TOWER), before, tasks=2)
