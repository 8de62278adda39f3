from __future__ import annotations

import numpy as np

from agents.models.local.twin import Twin

IDS = (9, 8, 16, 14)


def rows(seed: int, span: str = "pre_choice", start: int = 2, end: int = 3) -> list[np.ndarray]:
    twin = Twin("organisms/bluff", seed=seed)
    return twin.read(IDS, span, start=start, end=end, site="resid_post", layers=(0, 1, 3))


def test_a_twin_has_new_weights_of_the_same_shape() -> None:
    one, same, other = rows(0), rows(0), rows(1)

    assert [row.shape for row in one] == [(64,)] * 3
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.allclose(one[2], other[2])


def test_a_span_of_several_tokens_becomes_one_row() -> None:
    each = [rows(0, start=at, end=at + 1)[0] for at in range(3)]

    assert np.allclose(rows(0, "action_mean", 0, 3)[0], np.mean(each, axis=0), atol=1e-6)
    assert np.allclose(rows(0, "action_max", 0, 3)[0], np.max(each, axis=0), atol=1e-6)
