"""What `lab bench models` is put together from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab.bench import models
from lab.bench.engine import Figure


def test_the_suite_measures_local_execution_the_api_path_and_both_through_the_lab(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def one(name: str) -> Iterator[Figure]:
        yield Figure(name, 1.0, "x")

    for part in ("local_path", "cached_path", "through_lab"):
        monkeypatch.setattr(getattr(models, part), "figures", lambda part=part: one(part))
    monkeypatch.setattr("lab.bench.api_path.api_path", lambda through: one(f"api, {through.__name__}"))
    assert [figure.name for figure in models.figures()] == [
        "local_path",
        "cached_path",
        "through_lab",
        "api, api_agents",
    ]
