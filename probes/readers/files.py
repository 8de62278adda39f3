"""A fitted probe on disk: its weights as safetensors, its card as JSON in the file's header.

Needs neither scikit-learn nor torch, so that a model can score its own tokens with it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lab.core.canonical import canonical, content_hash, parse
from lab.core.errors import UsageError
from probes.readers.tasks import Task

FORMAT = "ethogram-probe-1"
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Card:
    """What a probe is and where it comes from.

    Attributes:
        variable: what it reads.
        task: the kind of reading and its values.
        reader: kind of estimator: logistic, multinomial, ridge, diff_means, covariance.
        site, layer, span: where in the model and at which tokens it reads.
        width: numbers it reads.
        artifact: the model it was fitted on.
        tokenizer: hash of that model's tokenizer, where it is known.
        weights: hash of that model's weights, where it is known.
        data: hash of the table it was fitted on.
        folds: hash of the folds its metrics come from.
        metrics: what was measured on held-out runs.
        versions: of the packages that fitted it.
    """

    variable: str
    task: Task
    reader: str
    site: str
    layer: int
    span: str
    width: int
    artifact: str
    tokenizer: str | None = None
    weights: str | None = None
    data: str = ""
    folds: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The card as JSON data."""
        return asdict(self) | {"metrics": dict(self.metrics), "versions": dict(self.versions)}


@dataclass(frozen=True, slots=True, eq=False)
class FittedProbe:
    """A reader of activations that only reads: x ↦ weight x + bias, in raw activation units.

    Attributes:
        card: what it is.
        weight: [k, width]; k = 1 for two classes and for numbers.
        bias: [k].
        calibration: slope and offset that make a score log-odds (Platt) [2]; NaN for numbers.
    """

    card: Card
    weight: Floats
    bias: Floats
    calibration: Floats

    @property
    def id(self) -> str:
        """The content address: of the weights, of what they read and of what they were fitted on."""
        identity = self.card.to_json()
        for name in ("metrics", "versions", "weights"):  # what was measured, and how; `artifact` says whose
            del identity[name]
        arrays = b"".join(part.astype("<f8").tobytes() for part in (self.weight, self.bias, self.calibration))
        return content_hash(canonical(identity).encode() + arrays)

    @property
    def site(self) -> str:
        return self.card.site

    @property
    def layer(self) -> int:
        return self.card.layer

    @property
    def span(self) -> str:
        return self.card.span

    @property
    def width(self) -> int:
        return self.card.width

    def decisions(self, rows: ArrayLike) -> Floats:
        """What is read of each of `rows` [n, width]: [n, k].

        Raises:
            UsageError: for rows of another width.
        """
        x = np.asarray(rows)
        if x.ndim != 2 or x.shape[1] != self.width:
            raise UsageError(
                f"probe {self.id} reads {self.site}[{self.layer}] of width {self.width}, "
                f"not rows of shape {list(x.shape)}: it was fitted on another model or site"
            )
        return np.asarray(x @ self.weight.T + self.bias, dtype=float)

    def scores(self, rows: ArrayLike) -> Floats:
        """One number for each of `rows` [n]: log-odds, the value read, or the margin of the best class."""
        return one_score(self.decisions(rows))

    def predictions(self, rows: ArrayLike) -> Floats:
        """The code of the likeliest value, or the number, at each row [n]; `card.task.decode` names it."""
        if self.card.task.kind == "binary":
            return (self.probabilities(rows) > 0.5).astype(float)
        read = self.decisions(rows)
        return read[:, 0] if self.card.task.kind == "number" else read.argmax(axis=1).astype(float)

    def probabilities(self, rows: ArrayLike) -> Floats:
        """Calibrated probability of the positive, or of the predicted, value [n]; NaN for numbers."""
        return probability(self.scores(rows), self.calibration)


def one_score(decision: Floats) -> Floats:
    """One number of what is read [n, k]: the reading, or by how much the best of several classes leads."""
    if decision.shape[1] == 1:
        return decision[:, 0]
    ranked = np.sort(decision, axis=1)
    return np.asarray(ranked[:, -1] - ranked[:, -2])


def probability(score: Floats, calibration: Floats) -> Floats:
    """The calibrated probability of each score."""
    return np.asarray(1 / (1 + np.exp(-np.clip(calibration[0] * score + calibration[1], -500, 500))))


def save(probe: FittedProbe, folder: Path) -> Path:
    """The file of the probe in `folder`, written whole or not at all: `ID.safetensors`."""
    from safetensors.numpy import save as pack

    arrays = {"weight": probe.weight, "bias": probe.bias, "calibration": probe.calibration}
    card = canonical({"format": FORMAT, "id": probe.id, **probe.card.to_json()})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{probe.id}.safetensors"
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        file.write(pack({name: np.ascontiguousarray(a) for name, a in arrays.items()}, {"card": card}))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return path


def load(path: Path | str) -> FittedProbe:
    """The probe in a file that `save` wrote.

    Raises:
        UsageError: when there is no such file, or it holds no probe, or not the one its card names.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            content = parse((file.metadata() or {}).get("card", "{}"))
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (no mapping)
    except (OSError, SafetensorError) as error:
        raise UsageError(f"no probe can be read from {path}: {error}") from error
    if content.pop("format", None) != FORMAT or set(arrays) != {"weight", "bias", "calibration"}:
        raise UsageError(f"{path} holds no probe that `lab probe fit` wrote")
    named = content.pop("id")
    task = content.pop("task")
    card = Card(**content, task=Task(task["kind"], tuple(task["classes"])))
    probe = FittedProbe(card, arrays["weight"], arrays["bias"], arrays["calibration"])
    if probe.id != named:
        raise UsageError(f"{path} was altered: its card names probe {named}, its content is {probe.id}")
    return probe
