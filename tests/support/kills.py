"""``kill -9`` of a batch's parent at random moments, and the same command again."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import lab
from db.check import check
from db.store import open_store
from tests.support.studies import count, digests

WORKERS = 4
PATIENCE_S = 60


def start_batch(study: Path, database: Path) -> subprocess.Popen[bytes]:
    """`lab batch` with several workers, as a user starts it."""
    lab_batch = [sys.executable, "-m", "lab", "batch", str(study)]
    options = ["--workers", str(WORKERS), "--db", str(database)]
    quiet = subprocess.DEVNULL
    return subprocess.Popen([*lab_batch, *options], stdout=quiet, stderr=quiet, start_new_session=True)


def children_of(pid: int) -> list[int]:
    """The processes that `pid` started."""
    try:
        return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def alive(pid: int) -> bool:
    """Whether a process runs; one that is dead but not yet waited for does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def wait_until(holds: object, what: str) -> None:
    """Wait for a condition, which is a function, for as long as patience lasts."""
    deadline = time.monotonic() + PATIENCE_S
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


def rows_in(database: Path) -> int:
    """How many decisions the log holds; none when there is no log yet."""
    if not database.exists():
        return 0
    try:
        return count(database, "select coalesce(sum(decisions), 0) from v_run")
    except lab.LabError:
        return 0


def kill_midway(study: Path, database: Path, chance: random.Random) -> bool:
    """Start the batch, kill its parent alone at a random moment, and see its workers gone.

    Returns:
        Whether runs were still missing: that the batch really was mid-way.
    """
    before = rows_in(database)
    batch = start_batch(study, database)
    wait_until(lambda: rows_in(database) > before or batch.poll() is not None, "the batch wrote nothing")
    time.sleep(chance.random() * 0.5)
    workers = children_of(batch.pid)
    os.kill(batch.pid, signal.SIGKILL)
    batch.wait()
    wait_until(lambda: not any(alive(worker) for worker in workers), "a worker survived its parent")
    return bool(workers) and count(database, "select count(*) from v_run where status = 'running'") > 0


def check_continued(study: Path, database: Path, undisturbed: Path) -> None:
    """The same command ends the study as if nothing had happened."""
    assert start_batch(study, database).wait() == 0
    assert digests(database) == digests(undisturbed)
    rows = "select run, seq from decision group by run, seq having count(*) > 1"
    assert count(database, f"select count(*) from ({rows}) as twice") == 0
    with open_store(str(database), create=False) as store:
        assert check(store) == []
