"""Choice scoring: the log-probability that a model gives to each of a few replies, terminator included.

A prompt is read once, and so is what its replies begin with in common. The rest goes through the model as one
batch, on copies of the prompts' cache.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor

from agents.models.local.decoder import Context, Decoder

Choice = tuple[int, ...]

CACHE_CELLS = 2**17
"""Most columns, over all rows of a batch, that copies of the cache span."""

LOGITS = 2**28
"""Most logits that a batch may bring: 1 GiB in fp32."""


@dataclass(frozen=True, slots=True)
class Branch:
    """Tokens fed after the prompt of `row`, and the choices whose beginnings they hold."""

    row: int
    tokens: Choice
    choices: list[int] = field(default_factory=list)


Hearing = Callable[[Sequence[Branch]], AbstractContextManager[None]]
"""Is told the branches of a forward, which are its rows, and stands around it."""


def score(
    decoder: Decoder,
    context: Context,
    choices: Sequence[Sequence[Choice]],
    *,
    prompts: Sequence[Sequence[int]] | None = None,
    row_by_row: bool = False,
    hearing: Hearing | None = None,
) -> list[tuple[float, ...]]:
    """Log-probabilities, in nats at temperature 1, of every choice of every row.

    log P(choice | prompt) = Σ log p(token | prompt, tokens before it). The context stays as it is.

    Args:
        decoder: the model.
        context: the prompts, read.
        choices: of each row, in tokens, terminator included; none of them empty.
        prompts: where given, every branch is read with its whole prompt: for caches that cannot be copied.
        row_by_row: one batch per row, so that the batch's shape is the row's own affair.
        hearing: stands around every forward over branches on copies of the prompts' cache.

    Raises:
        FloatingPointError: when the model's logits are no numbers.
    """
    terms = [[[first] for first in of_row] for of_row in _firsts(context.logits, choices)]
    branches = [branch for row, of_row in enumerate(choices) for branch in branches_of(row, of_row)]
    columns = context.mask.shape[-1] + max((len(branch.tokens) for branch in branches), default=0)
    for batch in _batches(branches, columns, vocab=context.logits.shape[-1], row_by_row=row_by_row):
        with nullcontext() if hearing is None or prompts is not None else hearing(batch):
            logits = (
                after_branches(decoder, context, batch) if prompts is None else _anew(decoder, prompts, batch)
            )
        _add_terms(terms, logits.float().log_softmax(-1), batch, choices)
    sums = [tuple(math.fsum(one) for one in of_row) for of_row in terms]
    if any(math.isnan(total) for of_row in sums for total in of_row):
        raise FloatingPointError("the model's logits are no numbers, so that no choice has a probability")
    return sums


def branches_of(row: int, choices: Sequence[Choice]) -> list[Branch]:
    """The fewest branches that hold the beginnings (all but the last token) of all choices of a row."""
    beginnings = [choice[:-1] for choice in choices]
    branches: list[Branch] = []
    # in falling order, what extends a beginning stands right before it
    for place in sorted(range(len(choices)), key=beginnings.__getitem__, reverse=True):
        begins = beginnings[place]
        if begins and not (branches and branches[-1].tokens[: len(begins)] == begins):
            branches.append(Branch(row, begins))
        if begins:
            branches[-1].choices.append(place)
    return branches


def chosen(scores: Sequence[float], temperature: float, draw: float) -> int:
    """Number of a choice drawn with probability proportional to its own to the power of 1/temperature.

    Args:
        scores: log-probability of each choice, nats.
        temperature: 0 takes the likeliest, the first of equals.
        draw: a number in [0, 1).
    """
    best = max(range(len(scores)), key=scores.__getitem__)
    if temperature == 0:
        return best
    weights = [math.exp((score - scores[best]) / temperature) for score in scores]
    left = draw * math.fsum(weights)
    for number, weight in enumerate(weights):
        left -= weight
        if left < 0:
            return number
    return best  # rounding left a crumb


def _firsts(logits: Tensor, choices: Sequence[Sequence[Choice]]) -> Iterator[list[float]]:
    """Log-probability of the first token of every choice, row by row, from logits [row, vocab]."""
    log_p = logits.float().log_softmax(-1)
    for row, of_row in enumerate(choices):
        tokens = torch.tensor([choice[0] for choice in of_row], dtype=torch.long, device=logits.device)
        yield log_p[row, tokens].tolist()


def _batches(
    branches: Sequence[Branch], columns: int, *, vocab: int, row_by_row: bool
) -> Iterator[Sequence[Branch]]:
    """The branches in batches that fit: as many as the caps allow, of one row each if so asked."""
    longest = max((len(branch.tokens) for branch in branches), default=1)
    most = max(1, min(CACHE_CELLS // columns, LOGITS // (longest * vocab)))
    start = 0
    while start < len(branches):
        stop = min(start + most, len(branches))
        while row_by_row and branches[stop - 1].row != branches[start].row:
            stop -= 1
        yield branches[start:stop]
        start = stop


def after_branches(decoder: Decoder, context: Context, batch: Sequence[Branch]) -> Tensor:
    """Logits after each token of each branch [branch, token, vocab]; short branches end in anything."""
    rows = torch.tensor([branch.row for branch in batch], device=decoder.device)
    copies = context.rows(rows)
    longest = max(len(branch.tokens) for branch in batch)
    lengths = torch.tensor([len(branch.tokens) for branch in batch], device=decoder.device)[:, None]
    filled = [[*branch.tokens] + [decoder.pad_id] * (longest - len(branch.tokens)) for branch in batch]
    tokens = torch.tensor(filled, device=decoder.device)
    places = torch.arange(longest, device=decoder.device)[None]
    mask = torch.cat([copies.mask, places < lengths], dim=-1)
    positions = copies.positions[:, None] + places.minimum(lengths - 1)
    return decoder.feed(copies.cache, tokens, mask=mask, positions=positions)[0]


def _anew(decoder: Decoder, prompts: Sequence[Sequence[int]], batch: Sequence[Branch]) -> Tensor:
    """The same logits without a cache: every branch is read with its prompt, one by one."""
    longest = max(len(branch.tokens) for branch in batch)
    after = []
    for branch in batch:
        length = len(branch.tokens)
        logits, _, _ = decoder.logits([[*prompts[branch.row], *branch.tokens]], keep=length)
        after.append(torch.nn.functional.pad(logits, (0, 0, 0, longest - length)))
    return torch.cat(after)


def _add_terms(
    terms: Sequence[Sequence[list[float]]],
    log_p: Tensor,
    batch: Sequence[Branch],
    choices: Sequence[Sequence[Choice]],
) -> None:
    """Append to each choice the log-probabilities of its tokens from the second on."""
    spots = [
        (place, depth - 1, token, terms[branch.row][choice])
        for place, branch in enumerate(batch)
        for choice in branch.choices
        for depth, token in enumerate(choices[branch.row][choice])
        if depth > 0
    ]
    places, depths, tokens, into = zip(*spots, strict=True)
    for term, value in zip(into, log_p[places, depths, tokens].tolist(), strict=True):
        term.append(value)
