"""`lab bench models`, reference execution: our decode loop and choice scoring, against transformers alone.

Both sides run the same rows, padded alike, and must choose the same tokens where they choose greedily.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lab.bench.cached_path import OPTION_TOKENS, OPTIONS, SIZE, prefill_and_batch, random_llama, tokens
from lab.bench.engine import Figure
from lab.bench.workload import cpu_s
from lab.core.errors import LabError
from lab.core.streams import generator, stream_key

if TYPE_CHECKING:
    from agents.models.local.jobs import Job
    from agents.models.local.reference import Reference

WRITTEN = 32
SHORTEST, LONGEST = 64, 192
PAD = 0
NUCLEUS = 0.9


def figures(rounds: int = 5, size: Mapping[str, int] = SIZE) -> Iterator[Figure]:
    """Every figure of reference execution: medians over interleaved rounds, on one torch thread."""
    import torch

    from agents.models.local.reference import Reference

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = random_llama(size)
        path = Reference(model, pad_id=PAD)
        for rows in (1, 8, 32):
            ratios = [loop_ratio(path, model, seed, rows=rows) for seed in range(rounds)]
            yield Figure(f"own loop, batch of {rows}", statistics.median(ratios), "× model.generate", 1.0)
        ratios = [loop_ratio(path, model, seed, rows=8, top_p=NUCLEUS) for seed in range(rounds)]
        yield Figure("own loop, batch of 8, top-p", statistics.median(ratios), "× model.generate", 1.0)
        ratios = [options_ratio(path, model, seed) for seed in range(rounds)]
        yield Figure("8 options scored", statistics.median(ratios), "× prefill and one batch", 1.25)
    finally:
        torch.set_num_threads(threads)


def loop_ratio(path: Reference, model: Any, seed: int, *, rows: int, top_p: float = 1.0) -> float:
    """Our loop over `model.generate`, of rows of 64 to 192 tokens; greedy unless `top_p` is below 1.

    Raises:
        LabError: when greedy replies differ.
    """
    from agents.models.local.jobs import Job

    draw = generator(stream_key(seed, "bench"))
    lengths = [LONGEST, *draw.integers(SHORTEST, LONGEST, rows - 1).tolist()]
    heat = 0.0 if top_p == 1 else 1.0
    jobs = [
        Job(tokens(draw, length), key=row, temperature=heat, top_p=top_p, max_tokens=WRITTEN)
        for row, length in enumerate(lengths)
    ]
    ours: list[Sequence[int]] = []
    theirs: list[Sequence[int]] = []
    ours_s = cpu_s(lambda: ours.extend(list(outcome.reply_ids) for outcome in path.run(jobs)))
    theirs_s = cpu_s(lambda: theirs.extend(generated(model, jobs)))
    if top_p == 1 and ours != theirs:
        raise LabError("our loop and model.generate disagree: there is nothing to compare")
    return ours_s / theirs_s


def generated(model: Any, jobs: Sequence[Job]) -> list[list[int]]:
    """The replies to these prompts by `model.generate`, left-padded to one batch."""
    import torch
    from transformers import GenerationConfig

    longest = max(len(job.ids) for job in jobs)
    pads = [longest - len(job.ids) for job in jobs]
    ids = torch.tensor([[PAD] * pad + [*job.ids] for pad, job in zip(pads, jobs, strict=True)])
    mask = torch.tensor([[0] * pad + [1] * len(job.ids) for pad, job in zip(pads, jobs, strict=True)])
    sampled = {"do_sample": True, "top_p": jobs[0].top_p, "top_k": 0} if jobs[0].temperature else {}
    config = GenerationConfig(max_new_tokens=WRITTEN, pad_token_id=PAD, **sampled)
    rows = model.generate(ids, attention_mask=mask, generation_config=config)
    replies: list[list[int]] = rows[:, longest:].tolist()
    return replies


def options_ratio(path: Reference, model: Any, seed: int) -> float:
    """Scoring eight options over one prefill and one batch of them, as transformers does these.

    Raises:
        LabError: when the scores differ.
    """
    from agents.models.local.jobs import Job

    draw = generator(stream_key(seed, "bench"))
    prompt = tokens(draw, 400)
    options = tuple(tokens(draw, OPTION_TOKENS) for _ in range(OPTIONS))
    job = Job(prompt, key=0, choices=options, decide="score")
    ours: list[float] = []
    theirs: list[float] = []
    ours_s = cpu_s(lambda: ours.extend(path.run([job])[0].choice_logprobs or ()))
    theirs_s = cpu_s(lambda: theirs.extend(prefill_and_batch(model, prompt, options)))
    if any(abs(one - other) > 1e-2 for one, other in zip(ours, theirs, strict=True)):
        raise LabError("our scores and those of transformers disagree: there is nothing to compare")
    return ours_s / theirs_s
