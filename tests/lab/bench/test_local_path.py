from __future__ import annotations

from typing import Any

import pytest

from agents.models.local.jobs import Job
from agents.models.local.reference import Reference
from lab.bench.cached_path import random_llama
from lab.bench.local_path import PAD, figures, loop_ratio, options_ratio
from lab.core.errors import LabError

TINY = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1}


def test_every_figure_is_measured_on_a_model_of_any_size() -> None:
    found = [*figures(rounds=1, size=TINY)]
    assert [figure.name for figure in found] == [
        "own loop, batch of 1",
        "own loop, batch of 8",
        "own loop, batch of 32",
        "own loop, batch of 8, top-p",
        "8 options scored",
    ]
    assert all(figure.value > 0 and figure.gate is not None for figure in found)


def test_replies_or_scores_that_differ_are_no_figure() -> None:
    class Wrong(Reference):
        def run(self, jobs: Any) -> Any:
            return super().run([Job(one.ids[:-1], key=0, temperature=0.0, **_kept(one)) for one in jobs])

    model = random_llama(TINY)
    path = Wrong(model, pad_id=PAD)
    with pytest.raises(LabError, match=r"our loop and model\.generate disagree"):
        loop_ratio(path, model, 1, rows=2)
    with pytest.raises(LabError, match="our scores and those of transformers disagree"):
        options_ratio(path, model, 1)


def _kept(job: Job) -> dict[str, Any]:
    return {"max_tokens": job.max_tokens, "choices": job.choices, "decide": job.decide}
