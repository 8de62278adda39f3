from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from lab.api import get_study
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


def test_a_run_and_its_tokens_are_drawn_into_a_folder(
    claims: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(claims, tmp_path / "copy")
    place = ("--db", str(tmp_path / "copy" / "lab.db"))
    quick = ("--permutations", "20", "--bootstraps", "50")
    main(["probe", "fit", "--study", "claims", "--variable", "strong", *quick, *place])
    capsys.readouterr()
    run, seq = get_study("claims", db=place[1]).decisions().filter(agent="ann").select("run", "seq").row(-1)
    show = ("probe", "show", "last", *place)

    assert main([*show, "--run", run, "--at", str(seq), "-o", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    assert "strong: score over time" in told
    assert f"run {run}, decision {seq}, ann" in told
    assert Counter(path.suffix for path in (tmp_path / "out").iterdir()) == {".csv": 2, ".html": 2, ".png": 2}
    assert main([*show, "--run", run, "--around", "nothing", "-o", str(tmp_path / "out")]) == 2
    assert "unknown event 'nothing'" in capsys.readouterr().err
    assert main([*show, "--at", str(seq)]) == 2
    assert "--at says what is drawn of a run: name one with --run RUN" in capsys.readouterr().err
