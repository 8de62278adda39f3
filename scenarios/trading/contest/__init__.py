"""A contest of traders for capital: scores, predictions, weights; read `rules.py` first."""
