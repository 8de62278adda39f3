from __future__ import annotations

import subprocess
import sys

from lab.reporting.inputs import Basis


def test_filling_the_inputs_loads_no_drawing_library() -> None:
    code = "import sys, lab.reporting.inputs; print(*{'altair', 'polars', 'vl_convert'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "")


def test_a_basis_without_marks_has_none() -> None:
    assert Basis(model="m", n_runs=1, n_decisions=1, split="none").marks == ()
