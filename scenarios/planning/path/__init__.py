"""Path: from a town to another over one-way roads, one road at a time (ALPINE); read `rules.py` first."""
