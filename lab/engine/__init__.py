"""The engine: worlds on a simulated clock, asked and answered at barriers, logged row by row.

Read `world.py` first (what environments call), then `conductor.py` (what drives a world), then `ledger.py`
(how behavior becomes rows and a digest). Only `clock.py` knows simpy. No rules of a game, no database and no
policy belongs here.
"""
