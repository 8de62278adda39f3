"""The gates of `lab bench engine`, as `make verify` records them: ratios from one interleaved run."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.bench.engine import measure
from tests.support.verified import Recorder


@pytest.mark.verify
def test_every_figure_is_on_the_right_side_of_its_gate(tmp_path: Path, verified: Recorder) -> None:
    figures = list(measure(tmp_path))
    for figure in figures:
        verified.record(f"bench: {figure.name}", f"{figure.value:.2f} {figure.unit}")
    assert [figure.name for figure in figures if not figure.holds] == []
