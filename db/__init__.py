"""The behavior log: append-only tables in one SQL database, and everything that reads or writes them.

What belongs here: tables and views, migrations, the recorder, the life of runs and studies in the log,
queries, integrity checks and exports. What does not: rules of games, statistics, anything about models.
SQLAlchemy and Alembic are used nowhere else.

Read `tables.py` first (what is kept), then `recorder.py` (how it gets in), then `views.py` (how a researcher
gets it out).

    connection.py   where a database is, how it is opened, what its errors mean; all dialect differences
    schema.py       creates, recognises and upgrades a schema (`migrations/`, `triggers.py`, `views.py`)
    store.py        `open_store`: the open database that all others take
    recorder.py     rows in, many runs per transaction
    runs.py         claiming and ending runs; `owners.py` knows who is alive; `studies.py` names studies
    reading.py      runs, chains, calls and texts out; `records.py` reads behaviour
    query.py        a researcher's own SQL, read-only
    check.py        finds altered, swapped and missing rows; `chains.py` tells which
    export.py       tidy tables as parquet, csv and jsonl
"""

from db.check import Fault, check
from db.export import export, frames, selections
from db.owners import Owner
from db.query import Result, query
from db.reading import (
    RunInfo,
    chain_hashes,
    describe_row,
    first_decision_from,
    get_run,
    list_runs,
    recorded_calls,
    text_of,
)
from db.recorder import Recorder
from db.records import Shown, decisions, events_page, read_record
from db.runs import AgentRow, Claimed, Ending, RunPlan, beat, claim, finish, statuses
from db.schema import upgrade
from db.store import Store, open_store
from db.studies import (
    Spent,
    StudyInfo,
    extend_study,
    find_study,
    get_study,
    list_studies,
    put_study,
    study_counts,
    study_spent,
)
from db.views import VIEWS

__all__ = [
    "VIEWS",
    "AgentRow",
    "Claimed",
    "Ending",
    "Fault",
    "Owner",
    "Recorder",
    "Result",
    "RunInfo",
    "RunPlan",
    "Shown",
    "Spent",
    "Store",
    "StudyInfo",
    "beat",
    "chain_hashes",
    "check",
    "claim",
    "decisions",
    "describe_row",
    "events_page",
    "export",
    "extend_study",
    "find_study",
    "finish",
    "first_decision_from",
    "frames",
    "get_run",
    "get_study",
    "list_runs",
    "list_studies",
    "open_store",
    "put_study",
    "query",
    "read_record",
    "recorded_calls",
    "selections",
    "statuses",
    "study_counts",
    "study_spent",
    "text_of",
    "upgrade",
]
