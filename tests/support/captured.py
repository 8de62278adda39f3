"""Small logs with activations: numbers that tell whose they are, so that a row in the wrong place shows."""

from __future__ import annotations

from typing import Any

import torch

from db.recorder import Recorder
from db.runs import RunPlan
from db.store import Store
from lab.core.captures import Captured, CapturedSpan, CaptureSource, SiteShape
from lab.core.records import RunStatus
from tests.db.samples import CALL_TEXTS, QWEN, Writer, begin, call_row

SITES = tuple(SiteShape("resid_post", layer, 4) for layer in range(3))
ABSENT = CapturedSpan("post", reason="the reply has no end token")


def vector(seq: int, layer: int, width: int = 4, *, seed: int = 0) -> torch.Tensor:
    """The row [width] of a decision at a layer; half precision holds it exactly."""
    return torch.arange(width, dtype=torch.float32) + 8 * seq + 256 * layer + 1024 * seed


def captured(seq: int, *, spans: tuple[CapturedSpan, ...] | None = None, **changes: Any) -> Captured:
    """What was kept of a decision at `SITES`: each span's row is `vector` plus the span's number."""
    sites = changes.pop("sites", SITES)
    dtype, seed = changes.pop("dtype", "float32"), changes.pop("seed", 0)
    told = spans or (CapturedSpan("pre_choice", 5, 6, 42), ABSENT)
    n = sum(span.reason is None for span in told)
    numbers = torch.arange(n, dtype=torch.float32)[:, None]
    rows = tuple(
        (vector(seq, one.layer, one.width, seed=seed) + numbers).to(getattr(torch, dtype)) for one in sites
    )
    return Captured(told, sites, rows, dtype, **changes)


def source(run: str, seq: int, **changes: Any) -> CaptureSource:
    """The first call of a decision of ann."""
    return CaptureSource(run, seq, 0, 0, 0, "ann", QWEN.id)._replace(**changes)


def write_captured_run(
    store: Store, planned: RunPlan, *, instants: int = 3, done: bool = True, **changes: Any
) -> list[int]:
    """A run whose every decision was made by a captured model; the seqs of its decisions.

    `changes` go to `captured`.
    """
    claimed = begin(store, planned)
    seqs = []
    with Recorder(store) as recorder:
        writer = Writer(recorder, planned.id)
        recorder.write_artifact(QWEN)
        for tick in range(instants):
            seq = writer.rows + 2
            recorder.write_captured(source(planned.id, seq), captured(seq, **changes))
            recorder.write_call(call_row(planned.id, seq=seq, artifact=QWEN.id), CALL_TEXTS)
            writer.instant(tick)
            seqs.append(seq)
        if done:
            recorder.finish(
                planned.id, claimed.attempt, status=RunStatus.DONE, digest=writer.head, wall_s=1.5
            )
    return seqs
