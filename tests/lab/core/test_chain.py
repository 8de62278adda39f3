"""The hash chain and the order-free sum."""

from __future__ import annotations

import itertools
import json
from hashlib import blake2b
from typing import Any

import pytest

from lab.core.chain import GENESIS, NOTHING_MIXED, link, mix

ROW = (1, 0, 0, "ann", "choose", "hash of words", None, "raw", "a", "{}", "ok", 0.5)


def test_a_link_is_the_hash_of_the_one_before_and_the_row() -> None:
    content = json.dumps(["decision", *ROW], separators=(",", ":")).encode()
    assert link(GENESIS, "decision", ROW) == blake2b(GENESIS.encode() + content, digest_size=16).hexdigest()


@pytest.mark.parametrize("index", range(len(ROW)))
@pytest.mark.parametrize("changed", ["other", None, 7])
def test_a_link_depends_on_every_column(index: int, changed: Any) -> None:
    row = (*ROW[:index], changed, *ROW[index + 1 :])
    if row != ROW:
        assert link(GENESIS, "decision", row) != link(GENESIS, "decision", ROW)


def test_a_link_depends_on_the_table_and_on_the_one_before() -> None:
    links = {link(GENESIS, "decision", ROW), link(GENESIS, "event", ROW), link("0" * 32, "decision", ROW)}
    assert len(links) == 3


def test_columns_cannot_run_into_each_other() -> None:
    assert link(GENESIS, "event", ("ab", "c")) != link(GENESIS, "event", ("a", "bc"))
    assert link(GENESIS, "event", ("1",)) != link(GENESIS, "event", (1,))


def test_a_mix_is_the_same_in_every_order() -> None:
    rows = [(1, "type"), (1, "strong"), (2, "type"), (2, "type")]
    totals = set()
    for order in itertools.permutations(rows):
        total = NOTHING_MIXED
        for row in order:
            total = mix(total, "hidden", row)
        totals.add(total)
    assert len(totals) == 1
    assert len(totals.pop()) == 32


def test_a_mix_finds_a_changed_a_missing_and_a_repeated_row() -> None:
    def total(*rows: tuple[Any, ...]) -> str:
        found = NOTHING_MIXED
        for row in rows:
            found = mix(found, "claim_act", row)
        return found

    whole = total((1, "a"), (2, "b"))
    assert len({whole, total((1, "a"), (2, "c")), total((1, "a")), total((1, "a"), (2, "b"), (2, "b"))}) == 4
    assert mix(NOTHING_MIXED, "hidden", (1,)) != mix(NOTHING_MIXED, "claim_act", (1,))
