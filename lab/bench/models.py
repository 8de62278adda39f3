"""`lab bench models`: local execution, the API path, and both through `lab batch`."""

from __future__ import annotations

from collections.abc import Iterator

from lab.bench import api_path, cached_path, local_path, through_lab
from lab.bench.engine import Figure


def figures() -> Iterator[Figure]:
    """Every figure, measured now."""
    yield from local_path.figures()
    yield from cached_path.figures()
    yield from through_lab.figures()
    yield from api_path.api_path(through_lab.api_agents)
