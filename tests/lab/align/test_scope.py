from __future__ import annotations

import pytest

from db.store import Store
from lab.align.scope import read_scope
from lab.core.errors import UnknownName


def test_a_scope_holds_what_models_decided_in_finished_runs(reading: Store) -> None:
    scope = read_scope(reading, "claims")

    assert len(scope.runs) == 48
    assert {one.agent for one in scope.decisions.values()} == {"ann"}
    assert scope.phases == ("claim",)
    assert scope.unfinished == 0


def test_steps_count_an_agents_decisions_and_tell_the_one_before(reading: Store) -> None:
    decisions = list(read_scope(reading, "claims").decisions.values())[:4]

    assert [one.step for one in decisions] == [0, 1, 2, 3]
    assert [one.before for one in decisions] == [None, *(one.action for one in decisions[:3])]


def test_a_scope_shrinks_to_a_phase_and_to_environments(reading: Store) -> None:
    scope = read_scope(reading, "claims", environment="social/bluff", agent="ann")

    assert scope.only(phase="answer").decisions == {}
    assert scope.only(environments=frozenset()).runs == {}


@pytest.mark.parametrize("given", [{"agent": "bob"}, {"environment": "social/bluf"}])
def test_names_that_are_not_there_are_refused(reading: Store, given: dict[str, str]) -> None:
    with pytest.raises(UnknownName):
        read_scope(reading, "claims", **given)


def test_what_is_declared_of_a_variable_is_found(reading: Store) -> None:
    found = read_scope(reading, "claims").truth("type")

    assert found is not None
    assert found.positive == "bluffer"
