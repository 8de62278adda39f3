from __future__ import annotations

from pathlib import Path

import pytest

from db.store import Store
from lab.align.climb import Climbed
from lab.align.report import curve_of, write_findings


def test_the_curve_has_every_layer_and_baseline(strong: Climbed) -> None:
    curve = curve_of(list(strong.findings), strong.measured[0])

    assert {one.layer for one in curve.readings} == {0, 1, 2, 3}
    assert {one.kind for one in curve.baselines} == {"text", "twin", "control", "bayes"}
    assert (curve.basis.n_runs, curve.basis.n_decisions, curve.basis.split) == (48, 192, "5 folds by seed")


@pytest.fixture(scope="module")
def written(fitted: Store, strong: Climbed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    write_findings(fitted, strong, page=folder / "report.html", figures=folder / "figures")
    return folder


def test_the_report_says_the_verdict_and_what_may_not_be_said(written: Path, strong: Climbed) -> None:
    page = (written / "report.html").read_text()

    assert strong.headlines[0].verdict in page
    assert "being readable is not being used" in page
    assert "https://" not in page.partition("<script")[0]


def test_the_report_draws_layers_a_run_and_its_tokens(written: Path) -> None:
    page = (written / "report.html").read_text()

    assert page.count("<figure>") == 3
    assert "of all runs the one with the median range of scores" in page
    assert len(page) < 3_000_000


def test_every_figure_has_its_files(written: Path) -> None:
    names = {
        f"strong-{name}.{kind}"
        for name in ("layers", "timeline", "tokens")
        for kind in ("html", "png", "csv")
    }
    assert {path.name for path in (written / "figures").iterdir()} == names
