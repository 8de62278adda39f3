"""One worker process of `lab batch --workers N`: ``python -m lab.runner.worker``.

The first line of standard input is the job as JSON; later lines are ``drain``, ``stop``. Standard output gets
one JSON line for each run that ended. The worker dies with its parent, however that dies: by PDEATHSIG where
the kernel has it, and by end of file on its standard input everywhere.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
import threading
from functools import partial
from typing import Any, TextIO

from db.store import open_store
from lab.core.canonical import canonical, parse
from lab.core.errors import LabError
from lab.runner.crew import execute_all
from lab.runner.execute import Ended
from lab.runner.loop import Brake
from lab.runner.plan import study_plans
from scenarios.study import Study

PR_SET_PDEATHSIG = 1
ORPHANED = 3


def main() -> int:
    """Do the job that standard input describes; the exit code is 0 unless the log failed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    told = _own_stdout()
    job = parse(sys.stdin.readline())
    die_with_parent(job["parent"])
    brake = Brake()
    threading.Thread(target=_obey, args=(sys.stdin, brake), daemon=True).start()
    try:
        _work(job, brake, told)
    except LabError as error:
        _tell(told, {"error": str(error)})
        return 1
    return 0


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies; exit if that has happened already."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(ORPHANED)


def _own_stdout() -> TextIO:
    """The pipe to the parent; what the code of a world prints goes to standard error from here on."""
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return pipe


def _work(job: dict[str, Any], brake: Brake, told: TextIO) -> None:
    study = Study.from_json(job["study"])
    plans = study_plans(study, job["study_id"], replicates=job["replicates"])
    with open_store(job["db"]) as store:
        asyncio.run(
            execute_all(
                store,
                plans,
                brake=brake,
                watch=partial(_report, told),
                worlds=job["worlds"],
                group=job["group"],
            )
        )


def _report(told: TextIO, ended: Ended) -> None:
    _tell(
        told, {"run": ended.run, "status": ended.status.value, "digest": ended.digest, "error": ended.error}
    )


def _tell(told: TextIO, message: dict[str, Any]) -> None:
    told.write(canonical(message) + "\n")
    told.flush()


def _obey(commands: TextIO, brake: Brake) -> None:
    for line in commands:
        if line.strip() in {"drain", "stop"}:
            brake.pull()
    os._exit(ORPHANED)


if __name__ == "__main__":
    sys.exit(main())
