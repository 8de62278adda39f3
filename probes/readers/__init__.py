"""Readers: linear probes on activations, and the statistics that say what they show.

Everything here takes arrays and gives numbers: a `table` of activations with labels and runs, `estimators`
in scikit-learn's convention, scores of held-out runs only (`folds`, `evaluate`), and the controls without
which a high score says little: run bootstrap, permutation, control task, text baselines. `assess` does all of
it; `fit` and `files` make and keep a probe. `tasks`, `table`, `metrics` and `files` load no scikit-learn.
"""
