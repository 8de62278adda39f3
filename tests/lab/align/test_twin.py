from __future__ import annotations

import numpy as np

from db.store import Store
from lab.align.twin import OUT_OF_TIME, twin_layers
from tests.lab.align.test_tables import aligned


def test_an_untrained_copy_is_read_at_the_same_places(reading: Store) -> None:
    found = aligned(reading)
    once = twin_layers(reading, found, seed=0, in_time=lambda: True)
    again = twin_layers(reading, found, seed=0, in_time=lambda: True)

    assert isinstance(once, dict)
    assert isinstance(again, dict)
    assert {layer: x.shape for layer, x in once.items()} == dict.fromkeys(range(4), (192, 64))
    assert all(np.array_equal(once[layer], again[layer]) for layer in once)


def test_without_time_there_is_none(reading: Store) -> None:
    assert twin_layers(reading, aligned(reading), seed=0, in_time=lambda: False) == OUT_OF_TIME
