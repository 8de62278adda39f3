"""Blocksworld: towers of blocks to be rebuilt by one hand; read `rules.py` first."""
