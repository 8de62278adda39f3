"""Visitor: a wary reader of a simulated site that defends itself; read `rules.py` first."""
