"""The gates of `lab bench probes`, as `make verify` records them."""

from __future__ import annotations

import pytest

from lab.bench.probes import figures
from tests.support.verified import Recorder


@pytest.mark.verify
def test_every_figure_is_on_the_right_side_of_its_gate(verified: Recorder) -> None:
    measured = list(figures())
    for figure in measured:
        verified.record(f"bench: {figure.name}", f"{figure.value:.2f} {figure.unit}")
    assert [figure.name for figure in measured if not figure.holds] == []
