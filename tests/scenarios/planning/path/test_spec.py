from __future__ import annotations

import pytest
from pydantic import ValidationError

from scenarios.planning.path.spec import GraphSpec, PathParams


def test_the_default_is_the_published_split_tried_on_test_pairs() -> None:
    params = PathParams()
    assert (params.graph.nodes, params.graph.p, params.graph.train_share, params.split) == (
        100,
        0.1,
        0.5,
        "test",
    )


@pytest.mark.parametrize(
    "wrong", [{"nodes": 1}, {"nodes": 1000}, {"p": 1.5}, {"train_share": -0.1}, {"edges": 3}]
)
def test_a_graph_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        GraphSpec.model_validate(wrong)
