"""The worlds that the benchmark runs leave exactly the rows it claims to measure."""

from __future__ import annotations

from lab.bench.workload import AGENTS, Kept, StepParams, cpu_s, gather_nothing, play_steps


def test_a_full_step_leaves_four_rows_a_decision() -> None:
    kept = Kept()
    play_steps(StepParams(steps=5), sink=kept)
    batches = [batch for batch, _ in kept.batches]
    decisions = 5 * AGENTS
    assert sum(len(batch.decisions) for batch in batches) == decisions
    assert sum(len(batch.events) for batch in batches) == decisions
    assert sum(len(batch.exposures) for batch in batches) == decisions
    assert len({key for batch in batches for key in batch.texts}) == decisions + 1


def test_a_bare_step_leaves_decisions_only() -> None:
    ledger = play_steps(StepParams(steps=5, full=False))
    assert ledger.rows == ledger.decisions == 5 * AGENTS


def test_the_yardstick_takes_cpu_time() -> None:
    assert cpu_s(lambda: gather_nothing(20)) > 0
