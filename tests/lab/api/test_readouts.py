from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from lab.api import get_study
from lab.api.readouts import (
    align_study,
    fit_probes,
    get_finding,
    get_probe,
    list_probes,
    picture_probe,
    score_runs,
)
from tests.lab.align.conftest import ask, claims

__all__ = ["claims"]


@pytest.fixture
def database(claims: Path, tmp_path: Path) -> str:
    shutil.copytree(claims, tmp_path / "copy")
    return str(tmp_path / "copy" / "lab.db")


def test_a_question_is_answered_and_found_again(database: str) -> None:
    answer = align_study(ask("strong", level="L1", layer=1), db=database)
    (headline,) = answer.headlines

    assert answer.new == 4
    assert get_finding(headline.id[:10], db=database).finding.to_json() == headline.to_json()
    assert get_finding("last", db=database).finding.headline


def test_a_study_answers_for_itself(database: str) -> None:
    found = get_study("claims", db=database).align("strong", "claim", level="L0", layer=-1)

    assert [one.headline for one in found] == [False, False, False, True]


def test_probes_are_fitted_listed_and_applied(database: str) -> None:
    fitted = fit_probes(ask("strong", level="L1"), db=database)

    assert {one.id for one in list_probes("claims", db=database)} == {one.id for one in fitted}
    assert get_probe("last", db=database).study == "claims"
    assert score_runs(fitted[0].id, "claims", db=database).new == 0

    (run, *_) = get_study("claims", db=database).decisions()["run"]
    (timeline,) = picture_probe(fitted[0].id, run, db=database)
    assert timeline.figure.table.filter(part="decision").height == 4
