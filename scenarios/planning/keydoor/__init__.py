"""Keydoor: fetch the key of the door's color, then go to the goal; read `rules.py` first."""
