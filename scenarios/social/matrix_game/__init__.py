"""Any two-player game in matrix form, played once or repeatedly; read `rules.py` first."""
