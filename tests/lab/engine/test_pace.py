"""The collector's pace changes inside the block only."""

from __future__ import annotations

import gc

import pytest

from lab.engine.pace import YOUNG_OBJECTS, fewer_collections


def test_the_pace_returns_even_after_an_error() -> None:
    before = gc.get_threshold()
    with pytest.raises(ZeroDivisionError):
        divide_slowly(0)
    assert gc.get_threshold() == before


def divide_slowly(number: int) -> float:
    """One over a number, at the pace of worlds."""
    with fewer_collections():
        assert gc.get_threshold()[0] == YOUNG_OBJECTS
        return 1 / number
