from __future__ import annotations

import pytest

from db.findings import FindingRow, get_finding, list_findings, put_findings, refuse_others
from db.store import Store, open_store
from lab.core.errors import StoreError, UnknownName, UsageError


@pytest.fixture
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return open_store(str(tmp_path_factory.mktemp("findings") / "lab.db"))


def row(id_: str = "ab1", *, layer: int = 0, metrics: str = "{}", created: float = 1.0) -> FindingRow:
    return FindingRow(
        id_, "s", "type", "claim", "resid_post", layer, "pre_choice", "L1", "decodable",
        int(layer == 1), metrics, "[]", "{}", None, None, "runs", "{}", "c0de" * 8, created,
    )  # fmt: skip


def test_findings_are_found_by_the_beginning_of_their_id(store: Store) -> None:
    assert put_findings(store, [row(), row("ab2", layer=1)]) == 2

    assert get_finding(store, "ab1") == row()
    assert get_finding(store, "last").id == "ab2"
    assert [one.layer for one in list_findings(store, "s")] == [0, 1]
    with pytest.raises(UsageError, match="ambiguous"):
        get_finding(store, "ab")
    with pytest.raises(UnknownName, match="unknown finding 'x'"):
        get_finding(store, "x")


def test_equal_numbers_stay_and_other_ones_are_refused(store: Store) -> None:
    put_findings(store, [row()])

    assert put_findings(store, [row(created=2.0)]) == 0
    with pytest.raises(StoreError, match="the same code finds other numbers"):
        put_findings(store, [row("new"), row(metrics='{"p":1}')])
    with pytest.raises(StoreError):
        refuse_others(store, [row(metrics='{"p":1}')])
    assert len(list_findings(store, "s")) == 1
