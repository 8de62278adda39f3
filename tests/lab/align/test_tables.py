from __future__ import annotations

import numpy as np
import pytest

from db.store import Store
from lab.align.labels import read_variable
from lab.align.scope import read_scope
from lab.align.tables import Aligned, align, seen, token_ids
from lab.core.errors import UnknownName, UsageError


def aligned(store: Store, name: str = "type") -> Aligned:
    scope = read_scope(store, "claims")
    return align(store, scope, read_variable(store, scope, name), site="resid_post", span="pre_choice")


def test_rows_of_the_table_are_those_of_the_log(reading: Store) -> None:
    found = aligned(reading)
    table = found.table()

    assert len(found) == found.labeled == 192
    assert table.n_runs == 24
    assert [table.task.decode(code) for code in table.y] == list(found.values)
    assert table.steps.tolist()[:4] == [0, 1, 2, 3]
    assert found.shares_seeds


def test_the_text_is_what_the_model_was_sent(reading: Store) -> None:
    found = aligned(reading)
    text = seen(reading, found)

    assert text.prefix is not None
    assert text.turn == text.prefix
    assert all(len(one.split()) >= 20 for one in text.prefix)


def test_tokens_end_with_the_reply(reading: Store) -> None:
    found = aligned(reading)
    ids = token_ids(reading, found)

    assert ids is not None
    assert all(len(one) == (row.end or 0) + 1 for one, row in zip(ids, found.rows, strict=True))


def test_missing_sides_are_counted(reading: Store) -> None:
    found = aligned(reading, "select run, seq, action as value from decision where tick > 5")

    assert found.labeled == len(found) == 96
    assert found.unlabeled == 96


def test_posteriors_stand_beside_their_decisions(reading: Store) -> None:
    assert np.isfinite(aligned(reading).posterior).all()
    assert np.isnan(aligned(reading, "strong").posterior).all()


def test_what_was_not_captured_is_refused(reading: Store) -> None:
    scope = read_scope(reading, "claims")
    variable = read_variable(reading, scope, "type")

    with pytest.raises(UnknownName, match="mlp_out"):
        align(reading, scope, variable, site="mlp_out", span="pre_choice")
    with pytest.raises((UnknownName, UsageError), match="post"):
        align(reading, scope, variable, site="resid_post", span="post")
