"""Bluff: a claimant with a hidden hand and a hidden type against a challenger; read `rules.py` first."""
