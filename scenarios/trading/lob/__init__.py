"""A limit order book: one share traded in a continuous double auction; read `rules.py` first."""
