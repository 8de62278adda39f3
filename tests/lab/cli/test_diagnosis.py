from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from lab.cli import diagnosis
from lab.cli.diagnosis import Finding, diagnose


def found(db: str | None) -> dict[str, Finding]:
    return {one.what: one for one in diagnose(db)}


def test_a_database_that_is_not_there_yet_is_no_fault(tmp_path: Path) -> None:
    database = found(str(tmp_path / "lab.db"))
    assert database["database"] == Finding(
        "database", f"{tmp_path}/lab.db: not there yet; `lab run` makes it", ok=True
    )
    assert database["database writable"].ok
    assert not (tmp_path / "lab.db").exists()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    database = found(str(tmp_path / "no" / "lab.db"))
    assert database["database writable"] == Finding("database writable", f"no: {tmp_path / 'no'}", ok=False)


def test_another_programs_file_is_a_fault(tmp_path: Path) -> None:
    file = tmp_path / "lab.db"
    file.write_text("not a database, but long enough to look like one" * 30)
    assert not found(str(file))["database"].ok


def test_a_missing_package_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(diagnosis, "version", gone)
    finding = next(one for one in diagnose(None) if one.what == "simpy")
    assert not finding.ok
    assert finding.found.startswith("missing: pip install 'simpy")


def test_extras_are_not_asked_for() -> None:
    assert "pytest" not in found(None)
