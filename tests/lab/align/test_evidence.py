from __future__ import annotations

from lab.align.evidence import Estimate, Transfer, estimate_of
from tests.lab.align.evidences import evidence


def test_an_interval_counts_only_whole() -> None:
    assert Estimate(0.6, 0.54, 0.7).above(0.53)
    assert not Estimate(0.6, None, None).above(0.0)


def test_undefined_ends_are_none() -> None:
    nan = float("nan")

    assert estimate_of((0.5, nan, nan)) == Estimate(0.5)
    assert estimate_of((nan, nan, nan)) is None


def test_numbers_are_cut_so_that_a_second_process_finds_the_same() -> None:
    found = evidence(permutation_p=1 / 3, layer={"control": 2 / 3}).to_json()

    assert found["permutation_p"] == 0.333333
    assert found["layers"][0]["control"] == 0.666667
    assert found["layers"][0]["transfer"]["by_scenario"]["a"]["low"] == 0.7


def test_what_is_lacking_is_said() -> None:
    less = evidence().lacking("L3", "budget")

    assert less.untested == {"L3": "budget"}
    assert less.with_transfer({2: Transfer({})}).at(2).transfer == Transfer({})
