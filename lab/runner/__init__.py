"""The composition root: scenario + environment + policies + log become runs, studies, replays and forks.

Read `compose.py` first (one world), then `execute.py` (one run from claim to end), then `crew.py` (many).
Nothing here knows a game or a table.
"""
