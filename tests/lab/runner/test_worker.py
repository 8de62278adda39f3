"""A worker process: it obeys its parent's lines and does not outlive it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import lab
from db.store import open_store
from lab.core.canonical import parse
from lab.runner.studies import enter_study
from lab.runner.worker import ORPHANED
from lab.runner.workers import Job
from scenarios.study import Study
from tests.support.studies import count, write_study


def job_for(folder: Path, *, parent: int | None = None) -> bytes:
    """The first line that a worker reads."""
    study = lab.load(write_study(folder))
    assert isinstance(study, Study)
    with open_store(str(folder / "log.db")) as store:
        info = enter_study(store, study).info
        job = Job(study=study.to_json(), study_id=info.id, db=store.url, runs=12, replicates=None, worlds=4)
    message = job.message(1)
    return message.replace(f'"parent":{os.getpid()}', f'"parent":{parent or os.getpid()}').encode() + b"\n"


def start() -> subprocess.Popen[bytes]:
    """A worker process with pipes."""
    command = [sys.executable, "-m", "lab.runner.worker"]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def listen(worker: subprocess.Popen[bytes], message: bytes) -> list[dict[str, str]]:
    """What a worker tells until it ends, with its standard input open all the while."""
    assert worker.stdin is not None
    assert worker.stdout is not None
    with worker.stdin, worker.stdout:
        worker.stdin.write(message)
        worker.stdin.flush()
        told = [parse(line) for line in worker.stdout]
        worker.wait()
    return told


def test_a_worker_does_its_job_and_tells_of_each_run(tmp_path: Path) -> None:
    worker = start()
    told = listen(worker, job_for(tmp_path))
    assert worker.returncode == 0
    assert {one["status"] for one in told} == {"done"}
    assert len(told) == count(tmp_path / "log.db", "select count(*) from v_run where status = 'done'") == 12


def test_a_worker_whose_parent_is_gone_exits(tmp_path: Path) -> None:
    worker = start()
    worker.communicate(job_for(tmp_path, parent=1))
    assert worker.returncode == ORPHANED


def test_a_worker_that_cannot_open_the_log_says_why(tmp_path: Path) -> None:
    message = job_for(tmp_path).replace(b"log.db", b"nowhere/log.db")
    worker = start()
    (told,) = listen(worker, message)
    assert worker.returncode == 1
    assert "nowhere" in told["error"]
