"""Benchmarks: what the lab costs, as ratios from one interleaved run on the machine at hand.

`engine.py` is what `lab bench engine` prints; `workload.py` holds the worlds that it measures. Ratios are of
CPU time: absolute figures move by a factor of two on a busy machine, ratios much less.
"""
