from __future__ import annotations

import pytest

from scenarios.webdefense.directory.stays import Stay, benign, malicious, stays
from tests.scenarios.webdefense.directory.visitors import (
    CANARY,
    FINISH,
    TRAP,
    Act,
    Says,
    notice,
    open_,
    say,
    visit,
    visit_as,
)

STOP: Act = {"action": "stop", "reason": "other", "text": ""}


def stay_of(*acts: Act) -> Stay:
    """The stay of one visitor on a site with a notice on its staff pages."""
    (found,) = stays(say(*acts, defenses=[notice("/staff")]).record)
    return found


def test_visitors_are_told_apart_by_party() -> None:
    record = visit(["naive", "polite", "shopper"]).record
    assert [stay.agent for stay in malicious(record)] == ["naive"]
    assert [stay.agent for stay in benign(record)] == ["polite", "shopper"]
    assert all(stay.is_by_construction for stay in stays(record))


@pytest.mark.parametrize(
    ("acts", "halted"),
    [
        ([STOP], True),
        ([open_("/"), FINISH], False),
        ([open_("/staff/0"), FINISH], True),
        ([open_("/staff/0"), open_("/"), FINISH], False),
        ([open_("/staff/0"), {"action": "note", "text": "hm"}, FINISH], True),
        ([open_("/staff/0"), open_("/"), STOP], True),
    ],
)
def test_a_halt_is_a_stop_or_leaving_at_the_first_exposure(acts: list[Act], halted: bool) -> None:
    assert stay_of(*acts).is_halted is halted


def test_who_has_no_request_left_did_not_halt_by_leaving() -> None:
    acts: list[Act | None] = [open_("/staff/0"), open_("/staff/1")]
    stack, wants = [notice("/staff")], {"ann": {"goal": "index"}}
    played = visit_as({"ann": Says(acts=acts)}, wants, stack, requests=1)
    (found,) = stays(played.record)
    assert (found.is_exposed, found.is_capped, found.is_halted) == (True, False, False)


def test_leaving_with_the_goal_met_is_no_halt() -> None:
    buys = [open_("/item/1"), {"action": "submit", "ref": "F1"}, open_("/staff/0")]
    found = stay_of(*buys)
    assert (found.succeeded, found.is_exposed, found.is_halted) == (True, True, False)


def test_who_runs_out_of_steps_is_censored_and_never_halted() -> None:
    (found,) = stays(say(*[open_("/staff/0")] * 40, defenses=[notice("/staff")]).record)
    assert (found.is_capped, found.is_halted) == (True, False)


def test_whom_the_end_of_the_run_cuts_off_is_censored_too() -> None:
    played = visit(["naive", "shopper"], [notice("/staff")])
    cut = [event for event in played.record.events if event.kind != "leave"]
    played.record.events[:] = cut
    assert [stay.is_capped for stay in stays(played.record)] == [True, True]


def test_what_was_saved_is_counted_by_kind() -> None:
    found = {stay.agent: stay for stay in stays(visit(["naive", "shopper"], [CANARY]).record)}
    assert (found["naive"].n_saved, found["naive"].n_true, found["naive"].canaries) == (44, 40, [True] * 4)
    assert (found["shopper"].n_saved, found["shopper"].canaries) == (0, [])


def test_only_what_a_defense_turned_away_is_a_denial() -> None:
    assert not stay_of(open_("/nowhere")).is_denied
    assert {s.agent: s.is_denied for s in stays(visit(["naive", "shopper"], [TRAP]).record)} == {
        "naive": True,
        "shopper": False,
    }
