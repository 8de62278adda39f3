"""What an organism of one layer and one head holds in its weights: which word it puts after which.

Such a model adds up two things before it names the next word: what the word at hand stands for, and what the
attention brings from the words before. Either is followed alone from a word's embedding to the scores of all
words (ALPINE, arXiv 2405.09220, §5, equations for W^M' and W^V'; there without layer norms, which this model
has and which are applied here). Place embeddings are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING, Any

from agents.organisms.trained import Trained
from lab.core.errors import UsageError

if TYPE_CHECKING:
    from torch import Tensor

Table = list[list[float]]


@dataclass(frozen=True, slots=True)
class WordTables:
    """Scores in nats up to a constant for every row, [word, next word].

    Attributes:
        at_hand: W^M': what a word says of the next one when it is the word at hand.
        attended: W^V': what a word says of the next one when all attention is on it.
    """

    at_hand: Table
    attended: Table


def word_tables(organism: Trained, words: Sequence[str]) -> WordTables:
    """The two tables of an organism over `words`, rows and columns in their order.

    Raises:
        UsageError: when it has more than one layer or head, or does not know a word.
    """
    import torch

    block = _only_block(organism)
    ids = _ids(organism, words)
    with torch.no_grad():
        embedded = _inner(organism).wte.weight[ids]  # [word, width]
        queries_keys_values = block.attn.c_attn(block.ln_1(embedded))
        values = block.attn.c_proj(queries_keys_values.chunk(3, dim=-1)[2])
        tables = [_scores(organism, one)[:, ids].tolist() for one in (embedded, values)]
    return WordTables(*tables)


def attention_on(organism: Trained, prompts: Sequence[str], *, place: int) -> float:
    """The mean share of its attention that the last word of each prompt gives to the word at `place`.

    Raises:
        UsageError: when the organism has more than one layer or head, or does not know a word.
    """
    import torch

    block = _only_block(organism)
    inner = _inner(organism)
    by_length: dict[int, list[list[int]]] = {}
    for prompt in prompts:
        ids = _ids(organism, prompt.split())
        by_length.setdefault(len(ids), []).append(ids)
    shares: list[float] = []
    with torch.no_grad():
        for length, rows in sorted(by_length.items()):
            embedded = inner.wte(torch.tensor(rows)) + inner.wpe(torch.arange(length))
            queries, keys, _ = block.attn.c_attn(block.ln_1(embedded)).chunk(3, dim=-1)
            fits = (keys @ queries[:, -1, :, None]).squeeze(-1) / keys.shape[-1] ** 0.5
            shares += fits.softmax(dim=-1)[:, place].tolist()
    return fmean(shares)


def _scores(organism: Trained, stream: Tensor) -> Tensor:
    """What the model would answer if this were all that the layer's attention left, [row, vocabulary]."""
    block = _only_block(organism)
    whole = stream + block.mlp(block.ln_2(stream))
    scores: Tensor = organism.model.lm_head(_inner(organism).ln_f(whole))
    return scores


def _only_block(organism: Trained) -> Any:
    config = organism.model.config
    if (config.n_layer, config.n_head) != (1, 1):
        raise UsageError(f"{config.n_layer} layers of {config.n_head} heads: tables are read of one of one")
    return _inner(organism).h[0]


def _inner(organism: Trained) -> Any:
    """The model without its last step: what has `wte`, `wpe`, `h` and `ln_f`."""
    return organism.model.transformer


def _ids(organism: Trained, words: Sequence[str]) -> list[int]:
    known: dict[str, int] = organism.tokenizer.get_vocab()
    if missing := [word for word in words if word not in known]:
        raise UsageError(f"'{missing[0]}' is no word of the organism")
    return [known[word] for word in words]
