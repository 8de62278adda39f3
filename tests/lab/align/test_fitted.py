from __future__ import annotations

from pathlib import Path

from db.captures import captures_root
from db.probes import list_probes
from db.store import Store
from lab.align.fitted import fit_all, keep_probes, tokenizer_of
from lab.align.measuring import measure
from lab.align.question import Budget
from lab.analysis.rows import rows
from probes.readers.files import load
from tests.lab.align.conftest import ask


def test_probes_are_kept_with_their_held_out_scores(log: Store) -> None:
    measured = measure(log, ask("strong", level="L1"), Budget(None))
    probes = fit_all(log, measured)
    scores = keep_probes(log, measured, probes)

    kept = list_probes(log, "claims")
    file = Path(captures_root(log.location)) / str(kept[0].path)
    assert len(kept) == len(probes) == 8
    assert scores == 8 * 192
    assert load(file).id == kept[0].id
    assert {row["oof"] for row in rows(log, "SELECT DISTINCT oof FROM probe_score")} == {1}
    assert keep_probes(log, measured, probes) == 0


def test_the_words_of_a_model_are_told_by_its_artifact(log: Store) -> None:
    (artifact,) = rows(log, "SELECT id FROM model_artifact")

    assert len(str(tokenizer_of(log, artifact["id"]))) == 32
    assert tokenizer_of(log, "nobody") is None
