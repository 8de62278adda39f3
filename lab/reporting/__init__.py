"""Figures and reports of what was read from activations: one specification each, and a table twin."""
