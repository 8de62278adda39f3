"""The hash chain that makes a run's behavior one number, its digest.

hash_n = H(hash_{n-1} + canonical JSON of [table, the row's columns but run and hash]). The chain starts
from the same value in every run and holds no ids of runs or studies, so two runs that behaved alike have
equal digests (architecture §5.5).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import orjson

from lab.core.canonical import HASH_BYTES

GENESIS = blake2b(b"ethogram chain 1", digest_size=HASH_BYTES).hexdigest()


def link(previous: str, table: str, columns: Sequence[Any]) -> str:
    """The hash of a row that follows `previous`.

    `columns` hold only str, int, None and floats already cut to 12 digits, in the table's order.
    """
    content = orjson.dumps((table, *columns))
    return blake2b(previous.encode() + content, digest_size=HASH_BYTES).hexdigest()


NOTHING_MIXED = "0" * (2 * HASH_BYTES)
_MODULUS = 1 << (8 * HASH_BYTES)


def mix(total: str, table: str, columns: Sequence[Any]) -> str:
    """`total` with one more row in it, whatever the order of the rows: the sum of their hashes.

    Hidden values and claims are not in the digest, and a claim may be logged long after the decision that
    made it. Their sum of hashes finds an altered, added or missing row without ordering them.
    """
    digest = blake2b(orjson.dumps((table, *columns)), digest_size=HASH_BYTES).hexdigest()
    return f"{(int(total, 16) + int(digest, 16)) % _MODULUS:0{2 * HASH_BYTES}x}"
