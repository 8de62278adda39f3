"""Ids of runs."""

from __future__ import annotations

from lab.core.ids import run_id


def test_equal_identities_have_equal_ids_in_every_process() -> None:
    assert run_id("study", "punish=3", 0) == "5d9b8f01d5cc"


def test_every_part_of_an_identity_counts() -> None:
    ids = {
        run_id("a", "b", 1),
        run_id("a", "b", 2),
        run_id("ab", "", 1),
        run_id("b", "a", 1),
        run_id("a", "b", "1"),
    }
    assert len(ids) == 5
    assert all(len(each) == 12 for each in ids)
