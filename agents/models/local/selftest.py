"""Whether a model may run cached: what its config says, and a trial against plain forwards.

Cached execution stands on details of a model's code that its config does not tell. So when a model is
attached, three conversations of different length take three turns, in which rows share a beginning, go on in
place, are scored, change order and part; every logit must equal that of a row run alone, without padding or
cache.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NamedTuple

import torch
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from agents.models.local.batches import Plan
from agents.models.local.cached import Cached
from agents.models.local.capturing import Captures
from agents.models.local.checks import one_line
from agents.models.local.jobs import ExecutionPath, Job, Outcome
from agents.models.local.loading import Loaded
from agents.models.local.options import LocalOptions
from agents.models.local.reference import Reference

TOLERANCES = {torch.float32: 1e-4, torch.float16: 3e-2}
ROUGH = 1e-1
"""Difference of logits, over the largest, that rounding explains, by dtype and for all coarser ones (16-bit
rows differ by 2 %, probes.md T7). What a wrong mask or position breaks is off by a third or more."""

MASKABLE = ("sdpa", "eager")
"""Attention that takes any mask."""

SHARED_ROTATIONS = ("dynamic", "longrope")
"""Rotary positions that depend on the longest row of a batch, so that no row's keys are its own."""

BEGINNING, OWN, ADDED, WRITTEN = 40, (3, 12, 7), (5, 2, 9), 3
"""Tokens of the trial: shared by all; each conversation's own, at first and every turn; generated a turn."""

TURNS = (((0, 1, 2),), ((0, 1, 2),), ((2, 0), (1,)))
"""The conversations of each batch of each turn."""

CONTEXT = 100
"""Tokens that a model must take: what the trial needs, and too few to be worth keeping."""


class Attached(NamedTuple):
    """How a model's jobs are run.

    Attributes:
        path: runs them.
        note: what the model does without, for `lab doctor` and the run's row; None when nothing.
        plan: which jobs share a batch, for the engine; None for its own plan.
    """

    path: ExecutionPath
    note: str | None = None
    plan: Plan | None = None


def attach(loaded: Loaded, options: LocalOptions) -> Attached:
    """The execution path that the options ask for, or the reference path and the reason."""
    reason = None
    captures = Captures(loaded.model, artifact=loaded.artifact)
    if options.execution == "cached":
        reason = "strict batches need the reference path" if options.strict else unfit(loaded.model)
        if reason is None:
            path = Cached(loaded.model, cache_bytes=cache_bytes(loaded, options), captures=captures)
            return Attached(path, plan=path.plan)
        reason = f"runs on the reference path, not cached: {reason}"
    rows = options.batch if options.strict else None
    reference = Reference(loaded.model, pad_id=loaded.pad_id, strict_rows=rows, captures=captures)
    return Attached(reference, "; ".join(filter(None, (reason, reference.note))) or None)


def cache_bytes(loaded: Loaded, options: LocalOptions) -> int:
    """The budget of kept conversations: as asked, or half of what is free on the model's device."""
    if options.cache_bytes is not None:
        return options.cache_bytes
    if loaded.device.type == "cuda":
        return torch.cuda.mem_get_info(loaded.device)[0] // 2
    pages = "SC_AVPHYS_PAGES" if "SC_AVPHYS_PAGES" in os.sysconf_names else "SC_PHYS_PAGES"
    return os.sysconf(pages) * os.sysconf("SC_PAGE_SIZE") // 2


def unfit(model: PreTrainedModel) -> str | None:
    """Why a model cannot run cached; None when it can."""
    try:
        return next(_misfits(model), None) or trial(model)
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        return f"the self-test ended with {one_line(error)}"


def _misfits(model: PreTrainedModel) -> Iterator[str]:
    """What the config says against it."""
    config = model.config.get_text_config()
    attention = model.config._attn_implementation
    if attention not in MASKABLE:
        yield f"attention '{attention}' takes no masks of ours (known: {', '.join(MASKABLE)})"
    for layer in DynamicCache(config=config).layers:
        if type(layer) not in (DynamicLayer, DynamicSlidingWindowLayer):
            yield f"it has layers that keep no keys and values of each token ({type(layer).__name__})"
    if getattr(config, "attention_chunk_size", None) is not None:
        yield "it attends in chunks"
    rotations = {*_rotations(getattr(config, "rope_parameters", None))} & {*SHARED_ROTATIONS}
    if rotations:
        yield f"its rotary positions ({', '.join(rotations)}) depend on the longest row of a batch"
    limit = getattr(config, "max_position_embeddings", None) or CONTEXT
    if limit < CONTEXT:
        yield f"it takes {limit} tokens, too few to be worth keeping"


def _rotations(parameters: Any) -> Iterator[str]:
    """Every rope type in a config's rotary parameters, which may stand there by layer type."""
    if isinstance(parameters, dict):
        if "rope_type" in parameters:
            yield parameters["rope_type"]
        for inner in parameters.values():
            yield from _rotations(inner)


def trial(model: PreTrainedModel) -> str | None:
    """What went wrong when conversations were run cached; None when all logits were right."""
    drawn_from: dict[int, list[Tensor]] = {}
    path = Cached(
        model, cache_bytes=2**40, watch=lambda job, logits: drawn_from.setdefault(job.key, []).append(logits)
    )
    talks = [_tokens(model, 0, BEGINNING) + _tokens(model, 1 + n, size) for n, size in enumerate(OWN)]
    error = scale = 0.0
    for turn, batches in enumerate(TURNS):
        for batch in batches:
            jobs = [_job(model, talks[number], turn, number) for number in batch]
            for number, job, outcome in zip(batch, jobs, path.run(jobs), strict=True):
                found, right = _compared(model, job, outcome, drawn_from[job.key])
                error = max(error, float((found - right).abs().max()))
                scale = max(scale, float(right.abs().max()))
                talks[number] = job.ids + outcome.reply_ids + _tokens(model, 9 + number, ADDED[number])
    windows = {getattr(one, "sliding_window", None) for one in DynamicCache(config=model.config).layers}
    if path.packed.windows != (windows or {None}):
        return f"its layers attend within {path.packed.windows}, where its config says {windows}"
    tolerance = TOLERANCES.get(model.dtype, ROUGH)
    if not error <= tolerance * scale:  # a NaN fails too
        return f"its logits are off by {error:.2g} of {scale:.2g}, more than {tolerance:g} of them"
    return None


def _job(model: PreTrainedModel, ids: tuple[int, ...], turn: int, number: int) -> Job:
    """A turn; in the middle one the first two conversations also score three options."""
    some = _tokens(model, 20, 4)
    options = (some[:3], some[:2], some[3:])  # one begins another
    is_scored = turn == 1 and number < 2
    return Job(
        ids,
        key=turn * len(OWN) + number,
        temperature=0.0,
        max_tokens=WRITTEN,
        choices=options if is_scored else (),
        decide="both" if is_scored else "generate",
    )


def _tokens(model: PreTrainedModel, which: int, size: int) -> tuple[int, ...]:
    vocabulary = model.config.get_text_config().vocab_size
    return tuple((17 * place + 101 * which + 3) % vocabulary for place in range(size))


def _compared(
    model: PreTrainedModel, job: Job, outcome: Outcome, drawn_from: list[Tensor]
) -> tuple[Tensor, Tensor]:
    """The logits that a reply was drawn from and the options' log-probabilities: found, and right."""
    found = torch.stack(drawn_from).float()
    right = _plain(model, job.ids + outcome.reply_ids[:-1])[len(job.ids) - 1 :]
    if outcome.choice_logprobs is None:
        return found, right
    scores = torch.tensor(outcome.choice_logprobs, device=found.device)
    sums = torch.stack([_plain_score(model, job.ids, choice) for choice in job.choices])
    return torch.cat([found.flatten(), scores]), torch.cat([right.flatten(), sums])


def _plain(model: PreTrainedModel, ids: tuple[int, ...]) -> Tensor:
    """Logits after every token of one row, without padding or cache, [token, vocabulary]."""
    row = torch.tensor([ids], device=model.device)
    with torch.inference_mode():
        logits: Tensor = model(input_ids=row, attention_mask=torch.ones_like(row), use_cache=False).logits
    return logits[0].float()


def _plain_score(model: PreTrainedModel, ids: tuple[int, ...], choice: tuple[int, ...]) -> Tensor:
    log_p = _plain(model, ids + choice[:-1])[len(ids) - 1 :].log_softmax(dim=-1)
    return log_p[range(len(choice)), list(choice)].sum()
