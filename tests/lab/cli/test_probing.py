from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lab.cli.app import main
from tests.lab.align.conftest import claims

__all__ = ["claims"]


def test_probes_are_fitted_listed_shown_and_applied(
    claims: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(claims, tmp_path / "copy")
    place = ("--db", str(tmp_path / "copy" / "lab.db"))
    quick = ("--permutations", "20", "--bootstraps", "50")

    assert main(["probe", "fit", "--study", "claims", "--variable", "strong", *quick, "--json", *place]) == 0
    fitted = json.loads(capsys.readouterr().out)
    assert len(fitted) == 8
    assert main(["probe", "list", *place]) == 0
    assert "diff_means  resid_post[3]  pre_choice  auroc" in capsys.readouterr().out
    assert main(["probe", "show", fitted[0]["id"][:8], *place]) == 0
    assert "reader: logistic" in capsys.readouterr().out
    assert main(["probe", "score", "last", "claims", *place]) == 0
    assert "192 decisions of runs that it was fitted on" in capsys.readouterr().out
    assert main(["probe", "score", "zz", "claims", *place]) == 2
    assert "unknown probe 'zz'" in capsys.readouterr().err
