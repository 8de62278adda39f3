"""A trained organism: saved and loaded in the transformers format, asked for the chances of its acts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.core.canonical import content_hash, value_hash
from lab.core.errors import UsageError

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

ROWS = 512
"""Prompts in one forward pass."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model and its words."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase

    @property
    def parameters(self) -> int:
        """How many numbers were trained."""
        return int(self.model.num_parameters())

    @property
    def fingerprint(self) -> str:
        """The content address of its weights: equal for equal weights, bit by bit."""
        weights = sorted(self.model.state_dict().items())
        return value_hash([[name, content_hash(one.numpy().tobytes())] for name, one in weights])

    def save(self, folder: Path) -> None:
        """Write weights (safetensors), configuration and tokenizer."""
        with _quiet():
            self.model.save_pretrained(folder)
            self.tokenizer.save_pretrained(folder)

    def probabilities(self, prompts: Sequence[str], choices: Sequence[str]) -> list[tuple[float, ...]]:
        """What the model gives to each of `choices` as the next word, for every prompt.

        Not renormalized: what is missing to 1 went to words that are no choice.

        Raises:
            UsageError: when a choice is not one of its words, or a prompt is longer than it takes.
        """
        ids = [self._ids(prompt) for prompt in prompts]
        targets = [self._word(choice) for choice in choices]
        found: list[tuple[float, ...]] = [()] * len(ids)
        for places in _alike(ids):
            rows = self._next_words([ids[place] for place in places], targets)
            for place, row in zip(places, rows, strict=True):
                found[place] = tuple(row)
        return found

    def _ids(self, prompt: str) -> list[int]:
        ids: list[int] = self.tokenizer.encode(prompt, add_special_tokens=False)
        if len(ids) > self.tokenizer.model_max_length:
            takes = self.tokenizer.model_max_length
            raise UsageError(f"a prompt of {len(ids)} words is longer than the organism takes ({takes})")
        return ids

    def _word(self, choice: str) -> int:
        known: dict[str, int] = self.tokenizer.get_vocab()
        if choice not in known:
            raise UsageError(f"'{choice}' is no word of the organism (words: {', '.join(sorted(known))})")
        return known[choice]

    def _next_words(self, ids: Sequence[Sequence[int]], targets: Sequence[int]) -> list[list[float]]:
        """The chances of `targets` after prompts of one length, [prompt, target]."""
        import torch

        with torch.no_grad():
            logits = self.model(torch.tensor(ids)).logits[:, -1]  # [prompt, vocabulary]
            found: list[list[float]] = logits.softmax(dim=-1)[:, list(targets)].tolist()
        return found


def load_trained(folder: Path) -> Trained:
    """The organism in a folder, loaded as any local model is.

    Raises:
        UsageError: when there is none that can be loaded.
    """
    from transformers import AutoModelForCausalLM, AutoTokenizer

    try:
        with _quiet():
            model = AutoModelForCausalLM.from_pretrained(folder, local_files_only=True, use_safetensors=True)
            tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise UsageError(f"{folder}: no organism to load: {error}") from error
    return Trained(model.eval(), tokenizer)


@contextmanager
def _quiet() -> Iterator[None]:
    """No progress bars inside; what somebody else set for them is set again."""
    from transformers.utils import logging

    shows = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shows:
            logging.enable_progress_bar()


def _alike(ids: Sequence[Sequence[int]]) -> list[list[int]]:
    """Places of prompts of equal length, at most `ROWS` together: no padding is needed."""
    by_length: dict[int, list[int]] = {}
    for place, prompt in enumerate(ids):
        by_length.setdefault(len(prompt), []).append(place)
    return [places[at : at + ROWS] for places in by_length.values() for at in range(0, len(places), ROWS)]
