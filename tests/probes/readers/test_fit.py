from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from lab.core.errors import UsageError
from probes.readers.assess import assess
from probes.readers.assessment import Settings
from probes.readers.estimators import DiffMeans
from probes.readers.files import load, save
from probes.readers.fit import Source, fit_probe
from probes.readers.table import table_of
from probes.readers.tasks import Task
from tests.support.planted import planted_table

SOURCE = Source("type", "resid_post", "pre_choice", "abc", tokenizer="t0")
QUICK = Settings(bootstraps=50, permutations=19, controls=1)


def test_a_probe_is_the_reader_fitted_on_every_run(tmp_path: Path) -> None:
    table = planted_table()
    mine = fit_probe(table, assess(table, settings=QUICK), SOURCE, layer=2, reader="diff_means")
    fitted = DiffMeans().fit(table.layers[2], table.y)
    again = load(save(mine, tmp_path))
    assert again.scores(table.layers[2]) == pytest.approx(fitted.decision_function(table.layers[2]))
    assert again.card.tokenizer == "t0"


def test_the_card_carries_what_was_measured_on_held_out_runs() -> None:
    table = planted_table()
    found = assess(table, settings=QUICK)
    card = fit_probe(table, found, SOURCE, layer=2).card
    assert card.reader == "logistic"
    assert card.metrics["auroc"] == found.at(2).reading.value
    assert card.metrics["brier"] == found.at(2).further["brier"]
    assert (card.data, card.folds) == (table.digest, found.fold_hash)
    assert set(card.versions) == {"numpy", "scikit-learn"}


def test_probabilities_are_calibrated_on_held_out_scores() -> None:
    table = planted_table(runs=100)
    mine = fit_probe(table, assess(table, settings=QUICK), SOURCE, layer=2)
    assert mine.probabilities(table.layers[2]).mean() == pytest.approx(table.y.mean(), abs=0.05)
    number = planted_table(0, "number")
    assert np.isnan(fit_probe(number, assess(number, settings=QUICK), SOURCE, layer=1).calibration).all()


def test_a_class_nobody_has_is_refused() -> None:
    names = [f"c{one % 3}" for one in range(120)]
    task = Task("classes", ("c0", "c1", "c2", "c3"))
    table = table_of({0: planted_table().layers[0][:120]}, names, np.repeat(np.arange(20), 6), task=task)
    with pytest.raises(UsageError, match="no decision has the value 'c3'"):
        fit_probe(table, assess(table, settings=QUICK), SOURCE, layer=0)
    with pytest.raises(UsageError, match=r"no layer 9 was read \(known: 0\)"):
        fit_probe(table, assess(table, settings=QUICK), SOURCE, layer=9)
