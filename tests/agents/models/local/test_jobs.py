"""A job that says nothing more is plain sampling from the model's own distribution."""

from __future__ import annotations

from pathlib import Path

from agents.models.local.cached import Cached
from agents.models.local.jobs import ExecutionPath, Job
from agents.models.local.loading import load
from agents.models.local.options import LocalOptions
from agents.models.local.reference import Reference
from tests.support import zoo


def test_a_job_that_says_nothing_more_samples_from_all_tokens_at_temperature_one() -> None:
    job = Job((1, 2), key=3)
    assert (job.temperature, job.top_p, job.top_k, job.decide) == (1.0, 1.0, 0, "generate")
    assert not job.choices


def test_both_execution_paths_tell_their_name_and_give_an_outcome_for_every_job(tmp_path: Path) -> None:
    loaded = load(str(zoo.build("llama", tmp_path)), LocalOptions())
    paths: list[ExecutionPath] = [
        Reference(loaded.model, pad_id=loaded.pad_id),
        Cached(loaded.model, cache_bytes=2**20),
    ]
    assert [path.name for path in paths] == ["reference", "cached"]
    jobs = [Job((5, 6, 7), key=1, max_tokens=2), Job((5, 6), key=2, choices=((8,), (9,)), decide="score")]
    for path in paths:
        written, scored = path.run(jobs)
        assert len(written.reply_ids) == 2
        assert scored.reply_ids == ()
        assert scored.choice_logprobs is not None
