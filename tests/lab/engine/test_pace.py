"""The collector's pace changes inside the block only."""

from __future__ import annotations

import gc

import pytest

from lab.engine.pace import YOUNG_OBJECTS, fewer_collections


def test_the_pace_returns_even_after_an_error() -> None:
    before = gc.get_threshold()
    with pytest.raises(ZeroDivisionError), fewer_collections():
        assert gc.get_threshold()[0] == YOUNG_OBJECTS
        raise ZeroDivisionError
    assert gc.get_threshold() == before
