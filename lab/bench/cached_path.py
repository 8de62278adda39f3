"""`lab bench models`, cached execution: what kept keys and values save, against encoding every prompt anew.

Naive is one conversation at a time, with the model's own cache within a turn and its prompt encoded anew at
the next. Both sides must choose the same tokens, or there is no figure.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from lab.bench.engine import Figure
from lab.bench.workload import cpu_s
from lab.core.errors import LabError
from lab.core.streams import generator, stream_key

if TYPE_CHECKING:
    from numpy.random import Generator

    from agents.models.local.cached import Cached
    from agents.models.local.jobs import Job

VOCABULARY = 4_096
SIZE: Mapping[str, int] = {"hidden_size": 256, "intermediate_size": 688, "num_hidden_layers": 8}
CACHE_BYTES = 2**31
OPTIONS, OPTION_TOKENS = 8, 4

Ids = tuple[int, ...]
Answer = Callable[[Sequence["Job"]], list[Ids]]
"""From jobs to the tokens of their replies."""


def figures(rounds: int = 5, size: Mapping[str, int] = SIZE, agents: int = 16) -> Iterator[Figure]:
    """Every figure of cached execution: medians over interleaved rounds, on one torch thread."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model, turns = random_llama(size), partial(turns_ratio, agents=agents)
        for name, unit, ratio, gate, at_least in (
            (f"{agents} agents × 6 turns, cached", "× as fast as naive", turns, 3.7, True),
            ("decision at 1,160 tokens, 80 new", "× as fast as naive", decision_ratio, 6.0, True),
            ("8 agents share 400 tokens, 40 own", "× as fast as naive", shared_ratio, 3.5, True),
            ("8 options scored, cached", "× prefill and one batch", options_ratio, 1.25, False),
        ):
            ratios = [ratio(model, number) for number in range(rounds)]
            yield Figure(name, statistics.median(ratios), unit, gate, at_least)
    finally:
        torch.set_num_threads(threads)


def random_llama(size: Mapping[str, int] = SIZE) -> Any:
    """A Llama with random weights in fp32, ready to run: eight heads on four of keys and values."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    heads = {"num_attention_heads": 8, "num_key_value_heads": 4, "max_position_embeddings": 4_096}
    settings: dict[str, Any] = {"vocab_size": VOCABULARY, **heads, **size}
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = LlamaForCausalLM(LlamaConfig(**settings))
    return model.eval().requires_grad_(False)


def turns_ratio(model: Any, seed: int, agents: int = 16) -> float:
    """Naive over cached: 200 shared tokens, 20 to 90 new ones a turn of each agent, 16 generated."""
    path = _cached(model)
    naive_s, naive = _timed(lambda: play(seed, _naive(model), agents))
    cached_s, cached = _timed(lambda: play(seed, _replies(path), agents))
    return _ratio(naive_s, cached_s, is_same=naive == cached)


def decision_ratio(model: Any, seed: int) -> float:
    """Naive over cached: one token after 1,160, of which 1,080 were the prompt before."""
    draw, path = generator(stream_key(seed, "bench")), _cached(model)
    known = tokens(draw, 1_080)
    path.run([_job(known, 1)])
    return _one_call_ratio(model, path, [_job(known + tokens(draw, 80), 1)])


def shared_ratio(model: Any, seed: int) -> float:
    """Naive over cached: the first token of eight agents whose prompts begin alike."""
    draw = generator(stream_key(seed, "bench"))
    rules = tokens(draw, 400)
    return _one_call_ratio(model, _cached(model), [_job(rules + tokens(draw, 40), 1) for _ in range(8)])


def options_ratio(model: Any, seed: int) -> float:
    """Scoring eight options over one prefill and one batch of them, as transformers does these."""
    from agents.models.local.jobs import Job

    draw, path = generator(stream_key(seed, "bench")), _cached(model)
    prompt = tokens(draw, 400)
    options = tuple(tokens(draw, OPTION_TOKENS) for _ in range(OPTIONS))
    yardstick_s, right = _timed(lambda: prefill_and_batch(model, prompt, options))
    ours_s, outcomes = _timed(lambda: path.run([Job(prompt, key=0, choices=options, decide="score")]))
    scores = outcomes[0].choice_logprobs or ()
    is_same = all(abs(one - other) < 1e-2 for one, other in zip(scores, right, strict=True))
    return _ratio(ours_s, yardstick_s, is_same=is_same)


def play(seed: int, answer: Answer, agents: int = 16, turns: int = 6) -> list[Ids]:
    """Every reply of agents that take turns together, each with a conversation of its own."""
    draw = generator(stream_key(seed, "bench"))
    talks, said = [tokens(draw, 200)] * agents, []
    for _ in range(turns):
        talks = [talk + tokens(draw, int(draw.integers(20, 91))) for talk in talks]
        replies = answer([_job(talk, 16) for talk in talks])
        talks = [talk + reply for talk, reply in zip(talks, replies, strict=True)]
        said += replies
    return said


def encoded_anew(model: Any, job: Job) -> Ids:
    """The greedy reply to one prompt, with a cache that lives as long as the reply."""
    import torch
    from transformers import DynamicCache

    cache, fed = DynamicCache(config=model.config), torch.tensor([job.ids])
    reply: list[int] = []
    with torch.inference_mode():
        while len(reply) < job.max_tokens:
            out = model(input_ids=fed, past_key_values=cache, use_cache=True, logits_to_keep=1)
            reply.append(int(out.logits[0, -1].argmax()))
            fed = torch.tensor([reply[-1:]])
    return tuple(reply)


def prefill_and_batch(model: Any, prompt: Ids, options: Sequence[Ids]) -> list[float]:
    """Log-probability of every option: the prompt once, then all options as rows of one batch."""
    import torch
    from transformers import DynamicCache

    cache, wanted = DynamicCache(config=model.config), torch.tensor(options)
    with torch.inference_mode():
        first = model(
            input_ids=torch.tensor([prompt]), past_key_values=cache, use_cache=True, logits_to_keep=1
        )
        cache.batch_repeat_interleave(len(options))
        rest = model(input_ids=wanted[:, :-1], past_key_values=cache, use_cache=True)
        logits = torch.cat([first.logits.expand(len(options), -1, -1), rest.logits], dim=1)
        chosen = logits.log_softmax(dim=-1).gather(-1, wanted[:, :, None])
    scores: list[float] = chosen.sum(dim=(1, 2)).tolist()
    return scores


def tokens(draw: Generator, count: int) -> Ids:
    """So many random tokens."""
    return tuple(draw.integers(0, VOCABULARY, count).tolist())


def _job(ids: Ids, max_tokens: int) -> Job:
    from agents.models.local.jobs import Job

    return Job(ids, key=0, temperature=0.0, max_tokens=max_tokens)


def _cached(model: Any) -> Cached:
    from agents.models.local.cached import Cached

    return Cached(model, cache_bytes=CACHE_BYTES)


def _naive(model: Any) -> Answer:
    return lambda jobs: [encoded_anew(model, job) for job in jobs]


def _replies(path: Cached) -> Answer:
    return lambda jobs: [outcome.reply_ids for outcome in path.run(jobs)]


def _one_call_ratio(model: Any, path: Cached, jobs: Sequence[Job]) -> float:
    naive_s, naive = _timed(lambda: _naive(model)(jobs))
    cached_s, cached = _timed(lambda: _replies(path)(jobs))
    return _ratio(naive_s, cached_s, is_same=naive == cached)


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """CPU seconds of the work, and what it gave."""
    given: list[Any] = []
    taken_s = cpu_s(lambda: given.append(work()))
    return taken_s, given[0]


def _ratio(some_s: float, other_s: float, *, is_same: bool) -> float:
    if not is_same:
        raise LabError("cached and plain execution disagree: there is nothing to compare")
    return some_s / other_s
