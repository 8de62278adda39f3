"""What a check says of one thing wrong."""

from __future__ import annotations

from db.faults import Fault


def test_a_fault_names_its_run_where_it_has_one() -> None:
    assert str(Fault("abc", "decision", 2, "decision row 2 was altered")) == (
        "run abc: decision row 2 was altered"
    )
    assert str(Fault(None, "database", None, "the file is damaged")) == "the file is damaged"
