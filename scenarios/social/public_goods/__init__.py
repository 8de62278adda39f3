"""The public goods game with punishment and talk; read `rules.py` first."""
