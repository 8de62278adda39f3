"""The behavior log: append-only tables in one SQL database, and everything that reads or writes them.

What belongs here: tables and views, migrations, the recorder, the life of runs and studies in the log,
queries, integrity checks and exports. What does not: rules of games, statistics, anything about models.
SQLAlchemy and Alembic are used nowhere else.

Read `tables.py` first (what is kept), then `recorder.py` (how it gets in), then `views.py` (how a researcher
gets it out).

    connection.py   where a database is, how it is opened, what its errors mean; all dialect differences
    schema.py       creates, recognizes and upgrades a schema (`migrations/`, `triggers.py`, `views.py`)
    store.py        `open_store`: the open database that all others take
    recorder.py     rows in, many runs per transaction
    runs.py         claiming and ending runs; `owners.py` knows who is alive; `studies.py` names studies
    reading.py      runs, chains, calls and texts out; `records.py` reads behavior
    query.py        a researcher's own SQL, read-only
    check.py        finds altered, swapped and missing rows; `chains.py` tells which
    export.py       tidy tables as parquet, csv and jsonl
"""
