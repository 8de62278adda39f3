"""Directory: visitors of a site with a staff directory and a shop; read `rules.py` first."""
