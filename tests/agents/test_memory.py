"""What an agent remembers, and that a prompt's beginning stays as it was between two drops."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from agents.memory import Memory, MemoryOptions
from agents.options import option_problems
from agents.prompts import Message
from lab.core.records import Segment


def turn(number: int) -> tuple[Message, ...]:
    said = str(number)
    return Message("user", (Segment("observation", said),)), Message("assistant", (Segment("reply", said),))


def remembered(options: MemoryOptions, turns: int) -> list[list[str]]:
    """What stands in the prompt of each turn, as the numbers of the turns remembered."""
    memory, seen = Memory(options), []
    for number in range(turns):
        seen.append([message.content for message in memory.messages[::2]])
        memory.keep(turn(number))
    return seen


def test_append_keeps_every_turn_and_so_every_prompt_begins_with_the_one_before() -> None:
    seen = remembered(MemoryOptions(), 30)
    assert seen[29] == [str(number) for number in range(29)]
    assert all(later[: len(earlier)] == earlier for earlier, later in pairwise(seen))


def test_none_sees_each_request_alone() -> None:
    assert remembered(MemoryOptions(mode="none"), 5) == [[]] * 5


def test_last_k_drops_turns_in_blocks() -> None:
    seen = remembered(MemoryOptions(mode="last_k", k=3, block=2), 12)
    lengths = [len(one) for one in seen]
    assert lengths == [0, 1, 2, 3, 4, 3, 4, 3, 4, 3, 4, 3]
    assert seen[11] == ["8", "9", "10"]


def test_last_k_changes_the_beginning_of_a_prompt_once_in_a_block() -> None:
    seen = remembered(MemoryOptions(mode="last_k", k=3, block=4), 40)
    breaks = [n for n in range(1, 40) if seen[n][: len(seen[n - 1])] != seen[n - 1]]
    assert breaks == list(range(7, 40, 4))


def test_halving_lets_go_of_the_older_half_until_nothing_is_left() -> None:
    memory = Memory(MemoryOptions())
    for number in range(3):
        memory.keep(turn(number))
    assert memory.halve()
    assert [message.content for message in memory.messages[::2]] == ["2"]
    assert memory.halve()
    assert not memory.halve()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"mode": "append", "k": 3}, "k belongs to mode last_k"),
        ({"mode": "last"}, "'append', 'last_k' or 'none'"),
        ({"mode": "last_k", "block": 0}, "greater than or equal to 1"),
    ],
)
def test_a_setting_that_would_do_nothing_is_refused(options: dict[str, Any], words: str) -> None:
    ((_, message),) = option_problems(MemoryOptions, options)
    assert words in message
