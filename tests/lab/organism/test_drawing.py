from __future__ import annotations

import subprocess
import sys

from lab.organism.drawing import Bars, Heat, draw

PANELS = (
    Heat(title="t", rows="r", columns="c", table=[[0.0, 1.0], [2.0, -3.0]], diverging=True),
    Heat(title="t", rows="r", columns="c", table=[[1.0]]),
    Bars(title="t", names="n", shares={"0": 0.5, "1": None}),
)


def test_equal_panels_give_the_same_png() -> None:
    drawn = draw("two tables and bars", PANELS, columns=2)
    assert drawn.startswith(b"\x89PNG")
    assert len(drawn) > 10_000
    assert draw("two tables and bars", PANELS, columns=2) == drawn
    assert draw("two tables and bars", PANELS[:2], columns=2) != drawn


def test_matplotlib_is_loaded_only_to_draw() -> None:
    told = "import sys, lab.organism.drawing; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", told], check=False).returncode == 0
