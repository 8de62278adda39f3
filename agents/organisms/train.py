"""Training an organism: a small GPT-2 that learns the acts of episodes, and nothing else of them.

The recipe is alignment.md §4.2: pre-LN, learned positions, GELU, one token per symbol, loss on the acts
alone, AdamW with warm-up and a cosine to a small rest. Equal episodes and settings give equal weights on one
machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import cos, pi
from typing import TYPE_CHECKING

from agents.organisms.tokens import word_tokenizer
from agents.organisms.trained import Trained
from lab.core.errors import UsageError
from lab.core.streams import generator, stream_key

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import GPT2LMHeadModel, PreTrainedTokenizerBase

UNSCORED = -100
"""The label of a word that is no act: the loss leaves it out."""

_SEED_BITS = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Episode:
    """One run as its agent read it.

    Attributes:
        words: all of it, in order.
        acts: places of the words that the agent chose.
    """

    words: tuple[str, ...]
    acts: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How large the model is, and how it is trained.

    Attributes:
        seed: keys the initial weights and the order of the batches.
        steps: optimizer steps.
        batch: episodes a step.
        rate: highest learning rate.
        warmup: steps up to it.
        rest: share of it at the end of the cosine.
        clip: largest norm of a gradient.
        layers, width, heads: size of the transformer.
        tied: whether words are read and written by the same embedding.
    """

    seed: int = 0
    steps: int = 2500
    batch: int = 64
    rate: float = 1.5e-3
    warmup: int = 100
    rest: float = 0.05
    clip: float = 1.0
    layers: int = 3
    width: int = 64
    heads: int = 4
    tied: bool = True

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise UsageError(f"{self.steps} steps: an organism is trained for 1 or more")


def train(
    episodes: Sequence[Episode],
    settings: Settings,
    watch: Callable[[int, float], None] = lambda step, loss: None,
) -> Trained:
    """An organism that acts as the agent of `episodes` did.

    Args:
        episodes: what it learns from.
        settings: size and schedule.
        watch: told the number of each step done, from 1, and its loss in nats an act.
    """
    import torch

    context = max(len(episode.words) for episode in episodes)
    tokenizer = word_tokenizer((word for one in episodes for word in one.words), context=context)
    with _single_thread(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(stream_key(settings.seed, "organism.weights") & _SEED_BITS)
        model = _model(tokenizer, settings, context)
        ids, labels = _tensors(episodes, tokenizer, context)
        optimizer = torch.optim.AdamW(model.parameters(), lr=settings.rate, fused=True)
        for step, rows in enumerate(_batches(len(episodes), settings)):
            for group in optimizer.param_groups:
                group["lr"] = settings.rate * _share(step, settings)
            loss = _loss(model, ids[rows], labels[rows])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), settings.clip)
            optimizer.step()
            watch(step + 1, loss.item())
    return Trained(model.eval(), tokenizer)


def _model(tokenizer: PreTrainedTokenizerBase, settings: Settings, context: int) -> GPT2LMHeadModel:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=context,
        n_embd=settings.width,
        n_layer=settings.layers,
        n_head=settings.heads,
        activation_function="gelu",
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=None,
        tie_word_embeddings=settings.tied,
    )
    model: GPT2LMHeadModel = GPT2LMHeadModel(config).train()
    return model


def _tensors(
    episodes: Sequence[Episode], tokenizer: PreTrainedTokenizerBase, context: int
) -> tuple[Tensor, Tensor]:
    """Words and labels, both [episode, place]; padded on the right, where no act looks."""
    import torch

    number = tokenizer.get_vocab()
    ids = torch.full((len(episodes), context), number[tokenizer.pad_token])
    labels = torch.full_like(ids, UNSCORED)
    for row, episode in enumerate(episodes):
        words = torch.tensor([number[word] for word in episode.words])
        acts = list(episode.acts)
        ids[row, : len(words)] = words
        labels[row, acts] = words[acts]
    return ids, labels


def _batches(n_episodes: int, settings: Settings) -> Iterator[Tensor]:
    """The rows of each step's batch: all episodes in a keyed order, then all again in another one."""
    import torch

    size = min(settings.batch, n_episodes)
    per_pass = n_episodes // size
    for step in range(settings.steps):
        turn, place = divmod(step, per_pass)
        if not place:
            key = stream_key(settings.seed, "organism.batches", tick=turn)
            order = torch.from_numpy(generator(key).permutation(n_episodes))
        yield order[place * size : (place + 1) * size]


def _share(step: int, settings: Settings) -> float:
    """The share of the highest rate at a step: linear up, then a cosine down to `rest`."""
    if step < settings.warmup:
        return (step + 1) / settings.warmup
    way = (step - settings.warmup) / max(settings.steps - settings.warmup, 1)
    return settings.rest + (1 - settings.rest) * (1 + cos(pi * way)) / 2


def _loss(model: GPT2LMHeadModel, ids: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of the acts, nats."""
    from torch.nn.functional import cross_entropy

    logits = model(ids[:, :-1], use_cache=False).logits  # [episode, place, vocabulary]: of the next word
    return cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), ignore_index=UNSCORED)


@contextmanager
def _single_thread() -> Iterator[None]:
    """One thread inside: for so small a model more only wait for each other, and sums keep one order."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
