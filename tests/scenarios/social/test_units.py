from __future__ import annotations

import pytest

from scenarios.social.units import POINTS, THOUSAND_EUROS


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 points"),
        (1, "1 point"),
        (-1.0, "-1 point"),
        (0.4, "0.4 points"),
        (0.1 + 0.2, "0.3 points"),
        (1234567, "1234567 points"),
    ],
)
def test_a_count_is_told_with_its_unit_in_the_right_number(count: float, text: str) -> None:
    assert POINTS.of(count) == text


def test_a_unit_may_be_the_same_for_one_and_for_many() -> None:
    assert (THOUSAND_EUROS.of(1), THOUSAND_EUROS.of(2)) == ("1 thousand euros", "2 thousand euros")
