from __future__ import annotations

import subprocess
import sys

import pytest

from lab import __version__
from lab.cli import reading
from lab.cli.app import COMMANDS
from tests.lab.cli.conftest import SOCIAL, Lab, Log


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["rnu"], "lab: No such command 'rnu'. Did you mean 'run'?"),
        (["view"], "lab: No such command 'view'."),
        (["run"], "lab run: Missing argument 'SCENARIO'."),
        (
            ["batch", "--worker", "2", "x"],
            "lab batch: No such option: --worker (Possible options: --workers)",
        ),
        (
            ["batch", str(SOCIAL / "punishment.study.yaml"), "--workers", "0"],
            "--workers 0: must be 1 or more",
        ),
        (["schema", "probe"], "lab schema: Invalid value for"),
        (["db", "checked"], "lab db: No such command 'checked'. Did you mean 'check'?"),
        (["db"], "lab db: Missing command."),
        (["run", "nothere.yaml"], "nothere.yaml: no such file"),
    ],
)
def test_a_mistake_is_one_plain_line_and_exit_2(lab: Lab, words: list[str], line: str) -> None:
    done = lab(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(line)
    assert done.err.count("\n") == 1


def test_every_command_has_a_line_in_the_help(lab: Lab) -> None:
    done = lab("--help")
    assert done.code == 0
    for name in (*COMMANDS, "db"):
        assert f"\n  {name} " in done.out
    assert "..." not in done.out.partition("Commands:")[2]


def test_without_a_command_help_is_printed(lab: Lab) -> None:
    assert lab() == lab("--help")


def test_the_version_is_that_of_the_package(lab: Lab) -> None:
    assert lab("--version").out == f"ethogram {__version__}\n"


def test_debug_shows_where_an_error_came_from(lab: Lab) -> None:
    done = lab("run", "nothere.yaml", "--debug")
    assert done.code == 2
    assert done.err.startswith("Traceback")
    assert done.err.endswith("nothere.yaml: no such file\n")


def test_a_bug_is_told_in_one_line(lab: Lab, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "table", lambda *_: [].pop())
    done = lab("runs", "--db", log.db)
    assert done.code == 1
    assert done.err == "internal error: IndexError: pop from empty list; --debug shows the traceback\n"


def test_an_interrupted_command_exits_with_130(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lab.api.run", interrupted)
    assert lab("run", SOCIAL / "bluff.yaml").code == 130


def test_a_reader_that_leaves_early_is_no_error(log: Log) -> None:
    shown = f"{sys.executable} -m lab show {log.game} --raw --db {log.db} | head -n 1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", shown], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
