"""What can be read without looking inside: the same task from exactly what the agent could see."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from lab.core.errors import UsageError
from probes.readers.evaluate import HeldOut, Mask, by_class, cross_read
from probes.readers.metrics import Floats, Ints
from probes.readers.table import Table

MAX_TERMS = 20_000
"""Most 1–3 grams kept: the most frequent ones."""

END_WORDS = 4
"""How many of the last words are tried by their place."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the agent could see at each decision; what is None is not tried.

    Attributes:
        prefix: everything up to its decision [n].
        turn: the last turn alone [n].
        actions: its own last action [n], empty before the first.
    """

    prefix: Sequence[str] | None = None
    turn: Sequence[str] | None = None
    actions: Sequence[str] | None = None


def text_baselines(table: Table, seen: Seen, fold: Ints) -> dict[str, HeldOut]:
    """What each baseline says of held-out runs, on the folds of the probes.

    ``prefix`` and ``turn`` are TF-IDF of 1–3 grams of what stands between spaces, ``end`` the last words by
    their place, ``length`` the words of the prefix, ``step`` the number of the decision, ``action`` the last
    one. All is fitted in the fold.

    Raises:
        UsageError: for texts that are not one for each decision, or of which none has a word.
    """
    features: dict[str, tuple[Callable[[], Any], NDArray[Any]]] = {"step": (_kinds, table.steps[:, None])}
    if seen.prefix is not None:
        prefix = _column("prefix", seen.prefix, table)
        length = np.array([[float(len(text.split()))] for text in prefix])
        features |= {
            "prefix": (_grams, prefix),
            "length": (StandardScaler, length),
            "end": (_kinds, _ends(prefix)),
        }
    if seen.turn is not None:
        features["turn"] = (_grams, _column("turn", seen.turn, table))
    if seen.actions is not None:
        features["action"] = (_kinds, np.array(seen.actions, dtype=object)[:, None])
    return {name: _held_out(table, features[name][0], features[name][1], fold) for name in sorted(features)}


def _column(name: str, texts: Sequence[str], table: Table) -> NDArray[Any]:
    if len(texts) != len(table.y):
        raise UsageError(f"{name} has {len(texts)} texts for {len(table.y)} decisions: one each")
    if not any(text.split() for text in texts):
        raise UsageError(f"no {name} has a word in it: there is no text to compare with")
    return np.array(texts, dtype=object)


def _grams() -> TfidfVectorizer:
    """1–3 grams; digits and single letters are words too, for environments speak in them."""
    return TfidfVectorizer(analyzer=_terms, max_features=MAX_TERMS, sublinear_tf=True)


def _terms(text: str) -> list[str]:
    words = text.split()
    return [" ".join(words[at : at + n]) for n in (1, 2, 3) for at in range(len(words) - n + 1)]


def _ends(texts: NDArray[Any]) -> NDArray[Any]:
    """The last words [n, END_WORDS], each in its place: counts of words do not tell what stands last."""
    padded = ([""] * END_WORDS + text.split() for text in texts)
    return np.array([words[-END_WORDS:] for words in padded], dtype=object)


def _kinds() -> OneHotEncoder:
    return OneHotEncoder(handle_unknown="ignore")


def _held_out(table: Table, features: Callable[[], Any], x: NDArray[Any], fold: Ints) -> HeldOut:
    task, y = table.task, table.y

    def read(train: Mask, test: Mask) -> Floats:
        if task.kind == "number":
            fitted = make_pipeline(features(), Ridge()).fit(x[train], y[train])
            return np.asarray(fitted.predict(x[test]), dtype=float)[:, None]
        weight = "balanced" if task.kind == "binary" else None  # as the probes: `evaluate.make_reader`
        codes = y[train].astype(int)
        fitted = make_pipeline(features(), LogisticRegression(max_iter=500, class_weight=weight))
        decision = np.asarray(fitted.fit(x[train], codes).decision_function(x[test]), dtype=float)
        return by_class(task, decision, np.unique(codes))

    return cross_read(task, y, fold, read)
