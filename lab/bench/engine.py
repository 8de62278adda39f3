"""`lab bench engine`: the engine's cost per decision, the log's, memory, and reading a million events."""

from __future__ import annotations

import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

from db import tables
from db.owners import Owner
from db.query import query
from db.reading import chain_hashes, list_runs
from db.recorder import Recorder
from db.records import events_page
from db.runs import RunPlan, claim
from db.store import Store, open_store
from db.tables import insert_sql
from lab.bench.workload import AGENTS, Kept, StepParams, cpu_s, gather_nothing, play_steps
from lab.core.chain import GENESIS
from lab.core.ports import Batch, Progress
from lab.core.rows import EventRow
from lab.engine.ledger import Recorded
from lab.engine.pace import fewer_collections

ROUNDS = 7
STEPS = 250
EVENTS = 1_000_000
EVENT_RUNS = 1_000
MEMORY_RUNS = (200, 2_000)


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure beside its gate."""

    name: str
    value: float
    unit: str
    gate: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the figure is on the right side of its gate, or has none."""
        if self.gate is None:
            return True
        return self.value >= self.gate if self.at_least else self.value <= self.gate


def figures() -> list[Figure]:
    """Every figure, measured now in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        return list(measure(Path(folder)))


def measure(folder: Path) -> Iterator[Figure]:
    """Every figure, measured now, with files in `folder`; garbage is collected as while worlds run."""
    with fewer_collections():
        yield from speed(folder)
        yield from writing(folder)
    yield from memory(folder)
    yield from reading(folder)


def speed(folder: Path, rounds: int = ROUNDS, steps: int = STEPS) -> Iterator[Figure]:
    """CPU time per decision over that of gathering nothing, medians of interleaved rounds."""
    bare, full = StepParams(steps=steps, full=False), StepParams(steps=steps)
    yard, engine, logged, again = [], [], [], []
    for number in range(rounds):
        with open_store(str(folder / f"speed-{number}.db")) as store:
            _enter(store, "bench")
            recorder = Recorder(store)
            yard.append(cpu_s(lambda: gather_nothing(steps)))
            engine.append(cpu_s(lambda: play_steps(bare)))
            logged.append(cpu_s(partial(_logged, full, recorder)))
            hashes = chain_hashes(store, "bench")
            again.append(cpu_s(partial(play_steps, full, recorded=Recorded(hashes, len(hashes)))))
    decisions = steps * AGENTS
    nothing = statistics.median(yard)
    yield Figure("gather of no-ops", nothing / decisions * 1e6, "µs a decision")
    yield Figure("engine without log", _ratio(engine, yard), "× gather", 3.0)
    yield Figure("engine with full log", _ratio(logged, yard), "× gather", 8.0)
    yield Figure("replay", _ratio(again, logged), "× first run", 1.0)
    rate = decisions / statistics.median(logged)
    yield Figure("decisions with full log", rate, "a second of one core", 15_000, at_least=True)


def writing(folder: Path, rounds: int = ROUNDS, steps: int = STEPS) -> Iterator[Figure]:
    """Rows a second through the recorder over raw `sqlite3.executemany` of the same encoded rows."""
    kept = Kept()
    play_steps(StepParams(steps=steps), sink=kept)
    shares = []
    for number in range(rounds):
        with open_store(str(folder / f"ours-{number}.db")) as store:
            _enter(store, "bench")
            ours = _wall_s(partial(_replayed, kept, Recorder(store)))
        with open_store(str(folder / f"raw-{number}.db")):
            pass
        raw = _wall_s(partial(_raw_insert, folder / f"raw-{number}.db", kept))
        shares.append(raw / ours)
    yield Figure("log writing", 100 * statistics.median(shares), "% of raw executemany", 60, at_least=True)


def memory(folder: Path, runs: tuple[int, int] = MEMORY_RUNS) -> Iterator[Figure]:
    """Peak memory of a study of many runs over that of a study of few."""
    few, many = (_peak_kib(folder, count) for count in runs)
    yield Figure(f"peak memory, {runs[1]} runs over {runs[0]}", many / few, "×", 1.2)


def reading(folder: Path, events: int = EVENTS) -> Iterator[Figure]:
    """CPU time to list runs, page through events and group them, on a log of a million events."""
    with open_store(str(folder / "million.db")) as store:
        _fill(store, events)
        last = f"{EVENT_RUNS // 2:012d}"
        yield Figure("list of runs", _best_ms(lambda: list_runs(store)), "ms", 50)
        yield Figure("page of events", _best_ms(lambda: events_page(store, last, after=100)), "ms", 20)
        grouped = "select run, kind, count(*), avg(value) from v_event group by run, kind"
        yield Figure("group by run and kind", _best_ms(lambda: list(query(store, grouped).rows)), "ms", 1000)


# --- inside ----------------------------------------------------------------------------------------


def _plan(run: str) -> RunPlan:
    return RunPlan(
        id=run,
        study=None,
        name="bench",
        environment="lab.bench.workload:Steps",
        environment_version=1,
        family="own",
        scenario_text="{}",
        scenario_hash="bench",
        cell=None,
        cell_index=None,
        replicate=None,
        seed=1,
        factors="{}",
        params=(),
        agents=(),
        look="{}",
        code_hash="bench",
    )


def _enter(store: Store, *runs: str) -> None:
    claim(store, [_plan(run) for run in runs], Owner.this_process(), take=len(runs))


def _logged(params: StepParams, recorder: Recorder) -> None:
    play_steps(params, sink=recorder)
    recorder.flush()


def _replayed(kept: Kept, recorder: Recorder) -> None:
    for batch, progress in kept.batches:
        recorder.write("bench", batch, progress)
    recorder.flush()


def _raw_insert(path: Path, kept: Kept) -> None:
    rows: dict[Any, list[Any]] = {
        tables.text: [pair for batch, _ in kept.batches for pair in batch.texts.items()],
        tables.decision: [row for batch, _ in kept.batches for row in batch.decisions],
        tables.event: [row for batch, _ in kept.batches for row in batch.events],
        tables.exposure: [row for batch, _ in kept.batches for row in batch.exposures],
    }
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma synchronous = normal")
        for table, some in rows.items():
            connection.executemany(insert_sql(table, "?", skip_known=table is tables.text), some)
        connection.commit()


def _fill(store: Store, events: int) -> None:
    per_run = events // EVENT_RUNS
    recorder = Recorder(store, rows_max=50_000)
    kinds = ("chose", "payoff", "message", "reveal")
    for run in range(EVENT_RUNS):
        name = f"{run:012d}"
        _enter(store, name)
        batch = Batch()
        batch.events = [
            EventRow(name, i + 1, i, kinds[i % 4], f"agent-{i % 20}", None, None, i % 7, None, None, GENESIS)
            for i in range(per_run)
        ]
        recorder.write(name, batch, Progress(GENESIS, per_run, per_run, 0, 0, 0, "0"))
    recorder.flush()


def _peak_kib(folder: Path, runs: int) -> int:
    """Peak resident KiB of a fresh process that runs a study of so many runs."""
    call = [sys.executable, "-m", "lab.bench.peak", str(folder / f"memory-{runs}.db"), str(runs)]
    done = subprocess.run(call, check=True, capture_output=True, text=True)  # noqa: S603  our own module
    return int(done.stdout)


def _ratio(some: list[float], over: list[float]) -> float:
    return statistics.median(one / other for one, other in zip(some, over, strict=True))


def _wall_s(work: Callable[[], Any]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def _best_ms(work: Callable[[], Any], times: int = 5) -> float:
    return 1000 * min(cpu_s(work) for _ in range(times))
