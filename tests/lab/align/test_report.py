from __future__ import annotations

from pathlib import Path

from lab.align.climb import Climbed
from lab.align.report import curve_of, write_findings


def test_the_curve_has_every_layer_and_baseline(strong: Climbed) -> None:
    curve = curve_of(list(strong.findings), strong.measured[0])

    assert {one.layer for one in curve.readings} == {0, 1, 2, 3}
    assert {one.kind for one in curve.baselines} == {"text", "twin", "control", "bayes"}
    assert (curve.basis.n_runs, curve.basis.n_decisions, curve.basis.split) == (48, 192, "5 folds by seed")


def test_the_report_says_the_verdict_and_what_may_not_be_said(strong: Climbed, tmp_path: Path) -> None:
    page = write_findings(tmp_path / "report.html", strong, "sqlite:///lab.db").read_text()

    assert strong.headlines[0].verdict in page
    assert "being readable is not being used" in page
    assert "https://" not in page.partition("<script")[0]
