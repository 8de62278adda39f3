"""Peak memory is that of a real study in a fresh process."""

from __future__ import annotations

from pathlib import Path

from lab.bench.peak import main
from tests.support.studies import count


def test_it_runs_a_study_of_so_many_runs_and_tells_kib(tmp_path: Path) -> None:
    assert main(str(tmp_path / "log.db"), 3) > 10_000
    assert count(tmp_path / "log.db", "select count(*) from v_run where status = 'done'") == 3
