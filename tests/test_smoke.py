"""The command as a user meets it: from another folder, with only the installation on the path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def python(*arguments: str, cwd: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    """A finished Python process that sees no folder of ours but through the installation or `path`."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if path is not None:
        environment["PYTHONPATH"] = path
    command = [sys.executable, "-P", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=60)


def test_the_command_answers_from_any_folder(tmp_path: Path) -> None:
    done = python("-m", "lab", "--help", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "batch" in done.stdout


@pytest.mark.parametrize("intruder", ["agents/__init__.py", "db.py"])
def test_an_intruding_package_is_named(tmp_path: Path, intruder: str) -> None:
    place = tmp_path / intruder
    place.parent.mkdir(exist_ok=True)
    place.touch()
    done = python("-c", "import lab", cwd=tmp_path, path=f"{tmp_path}{os.pathsep}{ROOT}")
    found = place.parent if place.name == "__init__.py" else place
    assert done.returncode == 1
    assert f"Python finds {found}" in done.stderr
    assert "make setup" in done.stderr
