"""Evidence made up for tests: everything passes, unless said otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from lab.align.evidence import Estimate, Evidence, Joined, LayerEvidence, Transfer

JOINED = Joined(
    labeled=400,
    joined=400,
    unlabeled=0,
    reasons={},
    runs=100,
    seeds=100,
    least_class=45,
    proxy=False,
    gap=0.0,
    tolerance=1e-3,
    replayed=5,
    differing=0,
)

LAYER = LayerEvidence(
    layer=2,
    value=Estimate(0.9, 0.85, 0.94),
    other=Estimate(0.8, 0.7, 0.9),
    control=0.5,
    over_text=Estimate(0.1, 0.05, 0.15),
    twin=0.7,
    over_twin=Estimate(0.2, 0.1, 0.3),
    transfer=Transfer({"a": Estimate(0.8, 0.7, 0.9), "b": Estimate(0.7, 0.6, 0.8)}, 0.75),
)


def evidence(
    layer: dict[str, Any] | None = None, joined: dict[str, Any] | None = None, **more: Any
) -> Evidence:
    """Evidence for L3 at layer 2, with changes."""
    known = {
        "metric": "AUROC",
        "chance": 0.5,
        "visible": False,
        "joined": replace(JOINED, **(joined or {})),
        "readers": ("logistic", "diff_means"),
        "layers": (replace(LAYER, **(layer or {})),),
        "permutation_p": 0.005,
        "text": ("turn", 0.8),
        "bayes": 0.95,
    }
    return Evidence(**{**known, **more})
