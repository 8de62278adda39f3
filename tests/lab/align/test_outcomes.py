from __future__ import annotations

import pytest

from db.store import Store
from lab.align.outcomes import read_behavior
from lab.align.scope import read_scope
from lab.core.errors import UnknownName


def test_a_phase_is_its_action(reading: Store) -> None:
    found = read_behavior(reading, read_scope(reading, "claims"), "claim")

    assert (found.kind, found.phase) == ("phase", "claim")
    assert set(found.outcomes.values()) == {"strong", "weak"}


def test_a_measure_is_that_of_the_run(reading: Store) -> None:
    found = read_behavior(reading, read_scope(reading, "claims"), "truthful_share")

    assert (found.kind, found.phase) == ("measure", None)
    assert all(isinstance(one, float) for one in found.outcomes.values())


def test_what_is_neither_is_refused(reading: Store) -> None:
    with pytest.raises(UnknownName, match="did you mean 'claim'"):
        read_behavior(reading, read_scope(reading, "claims"), "clam")
