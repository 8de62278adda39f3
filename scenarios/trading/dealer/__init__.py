"""Dealer: a market maker with a hidden inventory and a hidden aversion to it; read `rules.py` first."""
