"""Inputs of figures that several tests draw."""

from __future__ import annotations

from lab.reporting.inputs import (
    Baseline,
    Basis,
    LayerCurve,
    LayerReading,
    StripToken,
    Timeline,
    TimelineEvent,
    TimelinePoint,
    TokenStrip,
)

HOSTILE = '</script><script>alert(1)</script><img src="https://evil.example/x" onerror=alert(2)>`\u202e'
"""A text that breaks out of whatever does not escape it."""

BASIS = Basis(
    model="local/tiny", n_runs=40, n_decisions=1320, split="5 folds by run", place="resid_post at pre_choice"
)
BASELINES = (
    Baseline(kind="text", value=0.71),
    Baseline(kind="twin", by_layer={0: 0.5, 1: 0.6, 2: None}),
    Baseline(kind="control", by_layer={0: 0.49, 1: 0.51, 2: 0.5}),
    Baseline(kind="bayes", value=0.98),
)


def curve(
    layers: int = 3, *, baselines: tuple[Baseline, ...] = BASELINES, variable: str = "type"
) -> LayerCurve:
    """Two readers over so many layers."""
    readings = tuple(
        LayerReading(layer=layer, reader=reader, value=value, low=value - 0.05, high=value + 0.02)
        for layer in range(layers)
        for reader, value in (
            ("diff_means", 0.5 + 0.4 * layer / layers),
            ("logistic", 0.5 + 0.45 * layer / layers),
        )
    )
    return LayerCurve(
        variable=variable,
        basis=BASIS,
        metric="AUROC",
        readings=readings,
        chance=0.5,
        null_high=0.62,
        baselines=baselines,
        headline=layers - 1,
        headline_how="declared beforehand",
    )


def strip(
    texts: tuple[str, ...] = ("I", " say", ":\n", " strong", "."), *, name: str = "honest runs"
) -> TokenStrip:
    """Tokens with rising scores; the last two are the action, the last but one a false claim."""
    tokens = tuple(
        StripToken(
            text=text,
            score=None if index == 0 else float(index),
            action=index >= len(texts) - 2,
            claim="false" if index == len(texts) - 2 else None,
        )
        for index, text in enumerate(texts)
    )
    return TokenStrip(
        variable="type",
        basis=BASIS,
        decision="run r1, decision 5, ann",
        tokens=tokens,
        reference=(1.0, 2.0, 3.0, 4.0),
        reference_name=name,
    )


def timeline() -> Timeline:
    """Two runs of two agents; in each a vote at tick 2."""
    points = tuple(
        TimelinePoint(run=run, tick=tick, agent=agent, score=base + tick, exact=tick / 2, action="hold")
        for run, base in (("r1", 0.0), ("r2", 1.0))
        for tick in range(5)
        for agent in ("ann", "bob")
    )
    votes = tuple(TimelineEvent(run=run, tick=2, kind="vote") for run in ("r1", "r2"))
    return Timeline(
        variable="type", basis=BASIS, run="r1", points=points, events=votes, around="vote", reach=2
    )
