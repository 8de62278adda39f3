"""Keyed sampling: what a row draws depends on its logits, its key and the step, and on nothing else.

Tokens are drawn by the Gumbel-max trick (Maddison, Tarlow and Minka 2014, https://arxiv.org/abs/1411.0030):
the argmax of logits + temperature × noise has the distribution softmax(logits / temperature). The noise of
token v at step s under key k is a hash of (k, s, v), so that batch mates, batch order and device draw nothing
from one another, and a token's noise is the same whatever else may be drawn.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from agents.models.local.jobs import Job

SEEDED_STEPS = 256
"""Steps whose seeds are made in one go."""

LIKELIEST = 1024
"""Tokens sorted at first to find a nucleus; all of them only where these do not hold it."""


class Sampler:
    """Draws the next token of every row of a batch.

    Args:
        jobs: one per row, in order.
        device: where the logits are.
    """

    def __init__(self, jobs: Sequence[Job], device: torch.device) -> None:
        keys = [job.key % 2**64 for job in jobs]
        warm = [job.temperature > 0 for job in jobs]
        nucleus = [job.top_p if is_warm else 1.0 for job, is_warm in zip(jobs, warm, strict=True)]
        ranks = [job.top_k if is_warm else 0 for job, is_warm in zip(jobs, warm, strict=True)]
        self._keys = np.array(keys, dtype=np.uint64)
        heats = [float(job.temperature) for job in jobs]
        self._temperature = torch.tensor(heats, dtype=torch.float32, device=device)[:, None]
        self._top_p = torch.tensor(nucleus, dtype=torch.float32, device=device)[:, None]
        self._top_k = torch.tensor(ranks, device=device)[:, None]
        self._any_warm = any(warm)
        self._any_nucleus = any(share < 1 for share in nucleus)
        self._most_ranks = max(ranks, default=0)
        self._tokens: Tensor | None = None
        self._seeds: Tensor | None = None
        self._seeded_from = 0

    def draw(self, logits: Tensor, step: int) -> Tensor:
        """The next token of each row [row], -1 where the logits hold a NaN.

        Args:
            logits: of the next token [row, vocab], any float type.
            step: how many tokens the rows have drawn so far.
        """
        logits = logits.float()
        if self._any_warm:
            scores = logits - self._temperature * self._log_waits(logits.shape[-1], step)
            if self._any_nucleus or self._most_ranks:
                scores.masked_fill_(logits < self.edge(logits), -torch.inf)
        else:
            scores = logits
        best, tokens = scores.max(dim=-1)
        return tokens.masked_fill_(best.isnan(), -1)

    def edge(self, logits: Tensor) -> Tensor:
        """The least logit that each row may draw [row, 1]; all tokens level with it may be drawn too."""
        count, is_whole = max(LIKELIEST, self._most_ranks), False
        while not is_whole:
            top = _largest(logits, count)
            kept, is_whole = self._kept(logits, top)
            count *= 8
        edge = top.gather(-1, kept - 1)
        unbounded = (self._top_p >= 1) & (self._top_k == 0)
        return edge.masked_fill(unbounded, -torch.inf)

    def keep(self, rows: Tensor) -> None:
        """Forget all rows but these [row], which get this order."""
        self._keys = self._keys[rows.cpu().numpy()]
        self._temperature, self._top_p, self._top_k = (
            setting[rows] for setting in (self._temperature, self._top_p, self._top_k)
        )
        self._seeds = None

    def _log_waits(self, vocab: int, step: int) -> Tensor:
        """Minus Gumbel noise: logarithms of exponential waits [row, vocab]."""
        if self._tokens is None or self._tokens.shape[-1] != vocab:
            spread = torch.arange(vocab, dtype=torch.int32, device=self._temperature.device)
            self._tokens = (spread * -0x61C88647)[None]  # golden ratio: neighbors land far apart
        seeds = self._seeds_at(step)
        return log_waits(hashed(self._tokens, seeds[:, :1], seeds[:, 1:]))

    def _seeds_at(self, step: int) -> Tensor:
        """Two 32-bit seeds of each row at this step [row, 2]."""
        if self._seeds is None or not self._seeded_from <= step < self._seeded_from + SEEDED_STEPS:
            seeds = torch.from_numpy(step_seeds(self._keys, step))
            self._seeds, self._seeded_from = seeds.to(self._temperature.device), step
        return self._seeds[step - self._seeded_from]

    def _kept(self, logits: Tensor, top: Tensor) -> tuple[Tensor, bool]:
        """How many of the sorted logits `top` each row keeps [row, 1], and whether `top` holds every nucleus.

        As everywhere, top-k goes first and top-p takes its share of what top-k left.
        """
        count, vocab = top.shape[-1], logits.shape[-1]
        most = torch.where(self._top_k > 0, self._top_k, vocab).clamp_(max=count)
        heat = self._temperature.clamp(min=torch.finfo(torch.float32).tiny)
        weights = ((top - top[:, :1]) / heat).exp_()
        if self._most_ranks:
            weights.masked_fill_(torch.arange(count, device=top.device) >= most, 0)
        sums = weights.cumsum(-1)
        everything = ((logits - top[:, :1]) / heat).exp_().sum(-1, keepdim=True)
        total = torch.where(self._top_k > 0, sums[:, -1:], everything)  # the same whatever `count` mates need
        nucleus = torch.searchsorted(sums, self._top_p * total) + 1
        kept = torch.where(self._top_p < 1, nucleus, most).minimum(most)
        is_open = (self._top_p < 1) & (self._top_k == 0) & (kept == count)
        return kept, count == vocab or not bool(is_open.any())


def log_probs(logits: Tensor, tokens: Tensor) -> Tensor:
    """Log-probability of each row's token at temperature 1 [row], nats, from logits [row, vocab]."""
    known = tokens.clamp(min=0)[:, None]  # -1 stands for no numbers, of which there is no probability either
    return logits.float().log_softmax(-1).gather(-1, known)[:, 0]


def _largest(logits: Tensor, count: int) -> Tensor:
    """The `count` largest logits of each row, falling; simply all where they are not many more."""
    if 8 * count > logits.shape[-1]:
        return logits.sort(dim=-1, descending=True).values
    return logits.topk(count, dim=-1).values


def step_seeds(keys: np.ndarray, first: int) -> np.ndarray:
    """Two 32-bit seeds for each of `SEEDED_STEPS` steps from `first` and each 64-bit key [step, row, 2].

    They are the halves of one number of the SplitMix64 stream of the key (Steele, Lea and Flood 2014,
    https://doi.org/10.1145/2714064.2660195).
    """
    steps = np.arange(first, first + SEEDED_STEPS, dtype=np.uint64)[:, None]
    words = _mixed(_mixed(keys)[None] + (steps + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15))
    return words.view(np.int32).reshape(SEEDED_STEPS, len(keys), 2)


def _mixed(words: np.ndarray) -> np.ndarray:
    """SplitMix64's finalizer; arrays of uint64 wrap silently."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: np.ndarray = words ^ (words >> np.uint64(31))
    return mixed


def hashed(tokens: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """A 32-bit hash of each token under the seeds of each row [row, vocab], equal on every device.

    Constants of the two-round finalizer found by Wellons (https://github.com/skeeto/hash-prospector); the
    second seed enters between the rounds. int32 arithmetic wraps; masks make its shifts logical.
    """
    words = tokens ^ first
    words ^= (words >> 16).bitwise_and_(0xFFFF)
    words *= 0x7FEB352D
    words += second
    words ^= (words >> 15).bitwise_and_(0x1FFFF)
    words *= -0x7B935975  # 0x846CA68B as int32
    words ^= (words >> 16).bitwise_and_(0xFFFF)
    return words


def log_waits(words: Tensor) -> Tensor:
    """Logarithms of standard exponential waits; the shortest, which win, are the finest.

    A float near 0 keeps all 31 bits that a word brings, one near 1 only 24: so waits are -log(1 - share).
    """
    shares = (words & 0x7FFFFFFF).float().add_(0.5).mul_(2.0**-31).clamp_(max=1 - 2.0**-24)
    return shares.neg_().log1p_().neg_().log_()
