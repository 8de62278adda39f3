"""What can be read of the bluff organism over whole held-out episodes that its scripted teacher played.

The lab's own pieces: the sites of the model, rows of one forward, readers held out by episode.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from agents.models.local.loading import load
from agents.models.local.options import LocalOptions
from agents.models.local.twin import Twin
from db.store import Store
from lab.analysis.rows import rows
from lab.organism.data import Corpus, episode, held_out_corpus, moments, simulate, taught
from lab.organism.recipe import recipe
from lab.organism.training import open_log
from probes.readers.evaluate import layer_sweep
from probes.readers.folds import run_folds
from probes.readers.table import table_of
from probes.sites.names import Site
from probes.sites.selftest import attach
from probes.sites.tape import read_ids

LATE = 4
"""From this round on the past says enough of the type (alignment.md §4.3)."""

_TRUTHS = """
SELECT d.run, d.action, s.value AS strong, t.value AS type, t.posterior
FROM study y JOIN run r ON r.study = y.id JOIN decision d ON d.run = r.id
JOIN hidden s ON s.run = d.run AND s.seq = d.seq AND s.name = 'strong'
JOIN hidden t ON t.run = d.run AND t.seq = d.seq AND t.name = 'type'
WHERE y.name = ? AND r.replicate < ? AND d.phase = 'claim' AND d.action IS NOT NULL
ORDER BY r.cell_index, r.replicate, d.seq
"""


class Readings(NamedTuple):
    """AUROC by layer, 0 the embedding, on held-out episodes.

    Attributes:
        strong, type: before the claim; `type` from round `LATE` on.
        twin: `type` in an untrained copy.
        posterior: `type` by the exact posterior, from round `LATE` on.
        claimed: `strong` before the claim, scored on claims of ``strong`` alone: true ones from false ones.
        after: likewise, but read and fitted at the claim itself.
    """

    strong: list[float]
    type: list[float]
    twin: list[float]
    posterior: float
    claimed: list[float]
    after: list[float]


class _Episodes(NamedTuple):
    """Tokens of each episode, where its claims stand in them, and the truth of each claim, in order."""

    ids: list[list[int]]
    claims: list[tuple[int, ...]]
    truths: list[dict[str, Any]]


def readings_of_bluff(folder: Path, *, episodes: int) -> Readings:
    """What is read of the organism in a folder."""
    loaded = load(str(folder), LocalOptions())
    with open_log(None) as store:
        played = _episodes(store, held_out_corpus(recipe("bluff"), episodes=episodes), loaded.tokenizer)
    site_map = attach(loaded.model)
    sites = [Site("resid_post", layer) for layer in range(site_map.layers + 1)]
    twin = Twin(str(folder), seed=0)

    def own(ids: list[int], at: list[int]) -> list[NDArray[Any]]:
        return [rows.numpy() for rows in read_ids(loaded.model, site_map, ids, sites, at)]

    def copy(ids: list[int], at: list[int]) -> list[NDArray[Any]]:
        layers = [site.layer for site in sites]
        read = [
            twin.read(ids, "pre_choice", start=p, end=p + 1, site="resid_post", layers=layers) for p in at
        ]
        return [np.stack(column) for column in zip(*read, strict=True)]

    truths = played.truths
    strong = [truth["strong"] == "true" for truth in truths]
    bluffer = [truth["type"] == "bluffer" for truth in truths]
    of_run = np.unique([truth["run"] for truth in truths], return_inverse=True)[1]
    round_ = np.array([place for claims in played.claims for place in range(1, len(claims) + 1)])
    late, every = round_ >= LATE, round_ > 0
    claimed = np.array([truth["action"] == "strong" for truth in truths])
    before = _layers(played, own, shift=-1)
    odds = np.array([truth["posterior"] for truth in truths])
    return Readings(
        strong=_aurocs(before, strong, of_run, every),
        type=_aurocs(before, bluffer, of_run, late),
        twin=_aurocs(_layers(played, copy, shift=-1), bluffer, of_run, late),
        posterior=float(roc_auc_score(np.array(bluffer)[late], odds[late])),
        claimed=_aurocs(before, strong, of_run, every, on=claimed),
        after=_aurocs(_layers(played, own, shift=0), strong, of_run, claimed),
    )


def _episodes(store: Store, corpus: Corpus, tokenizer: Any) -> _Episodes:
    bluff = recipe("bluff")
    scenario = taught(bluff)
    simulate(store, corpus, scenario, lambda *_: None)
    told = [episode(run) for run in moments(store, corpus, bluff, scenario)]
    return _Episodes(
        [tokenizer.convert_tokens_to_ids(list(one.words)) for one in told],
        [one.acts for one in told],
        list(rows(store, _TRUTHS, corpus.study, corpus.episodes)),
    )


def _layers(played: _Episodes, read: Any, *, shift: int) -> list[NDArray[Any]]:
    """Rows [claims of all episodes, width] of each layer, `shift` tokens from each claim."""
    found = [
        read(ids, [claim + shift for claim in claims])
        for ids, claims in zip(played.ids, played.claims, strict=True)
    ]
    return [np.concatenate(column) for column in zip(*found, strict=True)]


def _aurocs(
    layers: Sequence[NDArray[Any]],
    label: Sequence[bool],
    run: NDArray[Any],
    some: NDArray[Any],
    *,
    on: NDArray[Any] | None = None,
) -> list[float]:
    """AUROC by layer of readers fitted on some rows, scored on all of these or on some of them."""
    table = table_of(
        {number: x[some] for number, x in enumerate(layers)}, np.array(label)[some].tolist(), run[some]
    )
    sweep = layer_sweep(table, "logistic", run_folds(table.task, table.y, table.runs, seed=0))
    rows = slice(None) if on is None else on[some]
    return [float(roc_auc_score(table.y[rows], read.score[rows])) for read in sweep.layers.values()]
