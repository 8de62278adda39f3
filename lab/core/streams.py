"""Randomness that is keyed, never ordered (architecture §5.4).

A draw depends on who draws, when and what for, and on nothing that came before it. Adding an agent shifts
nobody else's draws, and two worlds with one seed stay aligned after their agents diverge.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from numpy.random import Generator

KEY_BITS = 64
_MASK = 2**KEY_BITS - 1
_TO_UNIT = 2.0**-53


def stream_key(
    seed: int,
    purpose: str,
    agent: str | None = None,
    tick: int = 0,
    phase: str | None = None,
    ask: int = 0,
    node: str | None = None,
    attempt: int = 0,
) -> int:
    """The 64-bit key of one stream: blake2b of the canonical JSON of what it is for."""
    content = orjson.dumps((seed, purpose, agent, tick, phase, ask, node, attempt))
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big")


def uniform(key: int, draw: int = 0) -> float:
    """The `draw`-th number in [0, 1) of the stream `key`; needs no generator (0.8 µs)."""
    content = ((key + draw * 0x9E3779B97F4A7C15) & _MASK).to_bytes(8, "big")
    word = int.from_bytes(blake2b(content, digest_size=8).digest(), "big")
    return (word >> 11) * _TO_UNIT


def generator(key: int) -> Generator:
    """A fresh numpy generator (PCG64) for the stream `key` (9 µs)."""
    from numpy.random import PCG64, Generator

    return Generator(PCG64(key))


def replicate_seed(root: int, replicate: int) -> int:
    """The 32-bit seed of replicate `replicate`, the same in every cell of a study."""
    from numpy.random import SeedSequence

    return int(SeedSequence([root, replicate]).generate_state(1)[0])
