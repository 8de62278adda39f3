"""The readers as scikit-learn estimators: closed-form directions and their regularized siblings.

Each has, once fitted, `weight_` [k, d] and `bias_` [k] in raw activation units (k = 1 for two classes and for
numbers), so that x ↦ weight_ x + bias_ is all there is to it, and the unit vectors `direction_`.
"""

# ruff: noqa: N803  (X is scikit-learn's name for the rows, and part of its convention)
from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model import Ridge as ScaledRidge
from sklearn.preprocessing import StandardScaler
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]


class _Linear(BaseEstimator):  # type: ignore[misc]  # scikit-learn carries no types
    """What all readers share once `weight_` and `bias_` are there."""

    weight_: Floats
    bias_: Floats

    @property
    def direction_(self) -> Floats:
        """Unit vectors along the weights: [d] for one, [k, d] for several; zero where nothing was found."""
        length = np.linalg.norm(self.weight_, axis=1, keepdims=True)
        unit = np.divide(self.weight_, length, out=np.zeros_like(self.weight_), where=length > 0)
        return np.asarray(unit[0] if len(unit) == 1 else unit)

    def _readings(self, X: ArrayLike) -> Floats:
        """What is read of each row: [n] for one weight, [n, k] for several."""
        check_is_fitted(self)
        rows = validate_data(self, X, reset=False, dtype=[np.float64, np.float32])
        read = np.asarray(rows @ self.weight_.T + self.bias_, dtype=float)
        return read[:, 0] if len(self.bias_) == 1 else read


class _Classifier(ClassifierMixin, _Linear):  # type: ignore[misc]
    classes_: NDArray[Any]

    def decision_function(self, X: ArrayLike) -> Floats:
        """Above 0 for the second of two classes [n]; of several, greatest for the predicted one [n, k]."""
        return self._readings(X)

    def predict(self, X: ArrayLike) -> NDArray[Any]:
        """The value read at each row [n]."""
        read = self._readings(X)
        return np.asarray(self.classes_[(read > 0).astype(int) if read.ndim == 1 else read.argmax(axis=1)])

    def _labels(self, X: ArrayLike, y: ArrayLike) -> tuple[NDArray[Any], NDArray[Any]]:
        """The rows and the codes of their labels, checked."""
        rows, labels = validate_data(self, X, y, dtype=[np.float64, np.float32])
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError("a classifier needs two classes; the labels hold 1 class")
        return rows, codes


class DiffMeans(_Classifier):
    """The difference of class means with its threshold at the midpoint; of several classes, the nearest mean.

    Closed form: weight = μ₁ − μ₀, bias = −weight · (μ₁ + μ₀) / 2 (Marks & Tegmark, arXiv:2310.06824, §5.1,
    "mass-mean"). With noise N(0, I) and distance d' between the means its cosine with the truth is
    1 / sqrt(1 + 4 d / (n d'²)).
    """

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit on rows [n, d]; `groups` is there for the convention and changes nothing."""
        rows, codes = self._labels(X, y)
        origin, shifted = _shifted(rows)
        means = np.stack([shifted[codes == code].mean(axis=0) for code in range(len(self.classes_))])
        if len(means) == 2:
            self.weight_ = means[1:] - means[:1]
            center = means.mean(axis=0) + origin
            self.bias_ = -self.weight_ @ center
            return self
        center = means.mean(axis=0)  # |x − μ_c|² without what all classes share
        self.weight_ = means - center
        self.bias_ = -(means**2).sum(axis=1) / 2 + (center**2).sum() / 2 - self.weight_ @ origin
        return self


class Logistic(_Classifier):
    """L2-regularized logistic regression on standardized activations; multinomial for several classes.

    Args:
        C: inverse strength of the penalty, as in scikit-learn.
        max_iter: most steps of L-BFGS; whether they sufficed is `converged_`.
        class_weight: as in scikit-learn; ``balanced`` reads log-odds at even odds, whatever the base rate.
    """

    def __init__(
        self, C: float = 0.1, max_iter: int = 500, class_weight: str | dict[Any, float] | None = None
    ) -> None:
        self.C = C
        self.max_iter = max_iter
        self.class_weight = class_weight

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit on rows [n, d]; `groups` is there for the convention and changes nothing."""
        rows, codes = self._labels(X, y)
        labels = self.classes_[codes]
        origin, shifted = _shifted(rows)
        scaler = StandardScaler().fit(shifted)
        inner = LogisticRegression(C=self.C, max_iter=self.max_iter, class_weight=self.class_weight)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it is kept below, for the card
            inner.fit(scaler.transform(shifted), labels)
        self.n_iter_ = int(inner.n_iter_.max())
        self.converged_ = self.n_iter_ < self.max_iter
        self.weight_ = inner.coef_ / scaler.scale_
        self.bias_ = inner.intercept_ - self.weight_ @ (scaler.mean_ + origin)
        return self

    def predict_proba(self, X: ArrayLike) -> Floats:
        """The model's own probability of each class [n, k]; not calibrated."""
        read = self._readings(X)
        logits = np.stack([np.zeros_like(read), read], axis=1) if read.ndim == 1 else read
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


class _Regressor(RegressorMixin, _Linear):  # type: ignore[misc]
    def predict(self, X: ArrayLike) -> Floats:
        """The number read at each row [n]."""
        return self._readings(X)


class Covariance(_Regressor):
    """The direction Cov(h, y), scaled by least squares on its own projection.

    The closed-form sibling of `DiffMeans` for numbers: partial least squares with one component.
    """

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit on rows [n, d]; `groups` is there for the convention and changes nothing."""
        rows, numbers = validate_data(self, X, y, y_numeric=True, dtype=[np.float64, np.float32])
        origin, shifted = _shifted(rows)
        center, mean = shifted.mean(axis=0), float(np.mean(numbers))
        direction = (shifted - center).T @ (numbers - mean)
        along = (shifted - center) @ direction
        spread = float(along @ along)
        slope = float(along @ (numbers - mean)) / spread if spread > 0 else 0.0
        self.weight_ = slope * direction[None]
        self.bias_ = mean - self.weight_ @ (center + origin)
        return self


class Ridge(_Regressor):
    """Ridge regression on standardized activations.

    Args:
        alpha: strength of the penalty, as in scikit-learn.
    """

    def __init__(self, alpha: float = 10.0) -> None:
        self.alpha = alpha

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:
        """Fit on rows [n, d]; `groups` is there for the convention and changes nothing."""
        rows, numbers = validate_data(self, X, y, y_numeric=True, dtype=[np.float64, np.float32])
        origin, shifted = _shifted(rows)
        scaler = StandardScaler().fit(shifted)
        inner = ScaledRidge(alpha=self.alpha).fit(scaler.transform(shifted), numbers)
        self.weight_ = np.atleast_2d(inner.coef_ / scaler.scale_)
        self.bias_ = inner.intercept_ - self.weight_ @ (scaler.mean_ + origin)
        return self


def _shifted(rows: NDArray[Any]) -> tuple[Floats, Floats]:
    """The first row [d], and all rows less it: what is equal in all becomes 0, and so does its weight."""
    origin = rows[0].astype(float)
    return origin, rows - origin
