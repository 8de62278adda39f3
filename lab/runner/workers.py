"""A study over several worker processes on one database."""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import dataclass
from typing import Any

from lab.core.canonical import canonical, parse
from lab.core.errors import StoreError
from lab.core.records import RunStatus
from lab.runner.crew import GROUP, Watcher
from lab.runner.execute import Ended
from lab.runner.loop import Brake

POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Job:
    """What every worker of a study is told.

    Attributes:
        study: the resolved study as JSON data.
        study_id: its id in the log.
        db: the database URL.
        runs: how many runs the study has, to share them evenly.
        replicates: only the first so many of each cell, None for all.
        worlds: worlds in flight in each worker.
    """

    study: dict[str, Any]
    study_id: str
    db: str
    runs: int
    replicates: int | None
    worlds: int

    def message(self, workers: int) -> str:
        """The job as one line; a group is small enough that every worker gets several."""
        group = max(1, min(GROUP, self.runs // (4 * workers)))
        return canonical(
            {
                "study": self.study,
                "study_id": self.study_id,
                "db": self.db,
                "replicates": self.replicates,
                "worlds": self.worlds,
                "group": group,
                "parent": os.getpid(),
            }
        )


async def run_workers(job: Job, *, workers: int, brake: Brake, watch: Watcher) -> None:
    """Run the study in `workers` processes until all are done.

    Raises:
        StoreError: when a worker could not use the log, or died; what it had committed is safe.
    """
    crew = [await _Worker.start(job.message(workers)) for _ in range(workers)]
    pulls = asyncio.create_task(_pass_on(brake, crew))
    try:
        await asyncio.gather(*(worker.listen(watch) for worker in crew))
    finally:
        pulls.cancel()
        for worker in crew:
            worker.close()
    errors = [worker.error for worker in crew if worker.error]
    if errors:
        raise StoreError(errors[0])


async def _pass_on(brake: Brake, crew: list[_Worker]) -> None:
    """Hand the user's Ctrl-C on: workers do not see it themselves."""
    told = 0
    while told < 2:
        await asyncio.sleep(POLL_S)
        pulls = int(brake.draining) + int(brake.stop.now)
        while told < pulls:
            for worker in crew:
                worker.tell("drain" if told == 0 else "stop")
            told += 1


class _Worker:
    """One worker process as its parent sees it."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.error: str | None = None

    @classmethod
    async def start(cls, message: str) -> _Worker:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "lab.runner.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**24,
        )
        worker = cls(process)
        worker.tell(message)
        return worker

    def tell(self, line: str) -> None:
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(line.encode() + b"\n")

    async def listen(self, watch: Watcher) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            message = parse(line)
            if "run" in message:
                status = RunStatus(message["status"])
                watch(Ended(message["run"], status, message["digest"], message["error"]))
            else:
                self.error = message["error"]
        code = await self._process.wait()
        if code and not self.error:
            self.error = f"a worker process died with exit code {code}; run the same command to continue"

    def close(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
