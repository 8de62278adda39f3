"""Runs with captures for tests, and what the log keeps of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import lab
from db.captures import captures_root
from db.query import query
from db.store import open_store
from lab.analysis.rows import rows
from probes.shards import read_rows

SOCIAL = Path(__file__).resolve().parents[2] / "scenarios/social"
BLUFF = SOCIAL / "bluff.yaml"
ORGANISM = "ann=local/organisms/bluff"

Vectors = dict[tuple[int, int, str], NDArray[np.float32]]


def bluff_run(db: Path | str, **asked: Any) -> lab.Run:
    """A run of eight claims that the shipped organism makes."""
    return lab.run(BLUFF, swap=[ORGANISM], db=str(db), **asked)


def answers(db: Path | str, columns: str = "*", *, where: str = "1 = 1") -> list[tuple[Any, ...]]:
    """Rows of `capture`."""
    with open_store(str(db), create=False) as store:
        return list(query(store, f"select {columns} from capture where {where} order by run, seq, span").rows)


def vectors(db: Path | str, site: str, *, run: str) -> Vectors:
    """What is kept of a site in a run, by seq, attempt and span."""
    sql = """SELECT c.seq, c.attempt, c.span, c."row", s.path FROM capture c JOIN shard s ON s.id = c.shard
        WHERE c.run = ? ORDER BY c.seq"""
    with open_store(str(db), create=False) as store:
        root = captures_root(store.location)
        return {
            (one["seq"], one["attempt"], one["span"]): np.asarray(
                read_rows(root, one["path"], site, [one["row"]])
            )[0]
            for one in rows(store, sql, run)
        }
