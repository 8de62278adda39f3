"""What an `llm` policy remembers of its own turns, and what it lets go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic import Field, model_validator

from agents.options import Options
from agents.prompts import Message, Messages


class MemoryOptions(Options):
    """``memory:`` of an `llm` policy."""

    mode: Literal["append", "last_k", "none"] = "append"
    """append keeps every turn; last_k the last ones; none sees each request alone."""
    k: int = Field(8, ge=1)
    """last_k: turns kept at least, once there are so many."""
    block: int = Field(4, ge=1)
    """last_k: turns dropped at once, so that between two drops the prompt only grows."""

    @model_validator(mode="after")
    def _only_where_used(self) -> MemoryOptions:
        stray = self.model_fields_set & {"k", "block"}
        if self.mode != "last_k" and stray:
            raise ValueError(f"{' and '.join(sorted(stray))} belongs to mode last_k")
        return self


class Memory:
    """The turns of one agent, oldest first: each the messages it added to the conversation."""

    def __init__(self, options: MemoryOptions) -> None:
        self._options = options
        self._turns: list[Messages] = []

    @property
    def messages(self) -> Messages:
        """The remembered turns as one conversation."""
        return tuple(message for turn in self._turns for message in turn)

    def keep(self, turn: Sequence[Message]) -> None:
        """Remember a turn, and let go of what the mode does not keep."""
        if self._options.mode == "none":
            return
        self._turns.append(tuple(turn))
        options = self._options
        if options.mode == "last_k" and len(self._turns) >= options.k + options.block:
            del self._turns[: options.block]

    def halve(self) -> bool:
        """Let go of the older half, as a prompt that is too long asks; False when nothing is left."""
        if not self._turns:
            return False
        del self._turns[: (len(self._turns) + 1) // 2]
        return True
