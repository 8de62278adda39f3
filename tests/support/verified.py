"""The oracles verified at full size: the pytest plugin behind `make verify`.

A test marked `verify` takes the `verified` fixture and records each oracle with the figure it found:
`verified.record("digest after kill -9 equals an uninterrupted run's", "50 of 50")`. With `--resume`, tests
that passed at this commit are left out, and the end of the session writes `tests/VERIFIED.md`.
"""

from __future__ import annotations

import json
import platform
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

PROPERTY = "verified"
TABLE = "tests/VERIFIED.md"
FINISHED = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


@dataclass(frozen=True, slots=True)
class Recorder:
    """What a test says its figures to."""

    keep: Callable[[str, object], None]

    def record(self, oracle: str, figure: object) -> None:
        """Keep the figure found for an oracle; it counts once the test passes."""
        self.keep(PROPERTY, [oracle, str(figure)])


@pytest.fixture
def verified(record_property: Callable[[str, object], None]) -> Recorder:
    """Records figures of this test for `tests/VERIFIED.md`."""
    return Recorder(record_property)


class Ledger:
    """Figures by test, of one commit; kept in `.verify/` after every test, so that no work is lost.

    Figures of a tree with uncommitted changes are never taken up again.
    """

    def __init__(self, root: Path, state: str, *, writes: bool) -> None:
        self.root = root
        self.state = state
        self.writes = writes
        self.failed: list[str] = []
        self.figures: dict[str, list[list[str]]] = {}
        if self.path.exists() and not state.endswith("-dirty"):
            self.figures = json.loads(self.path.read_text())

    @property
    def path(self) -> Path:
        """Where this commit's figures lie."""
        return self.root / ".verify" / f"{self.state}.json"

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out what passed already."""
        passed = [item for item in items if item.nodeid in self.figures]
        items[:] = [item for item in items if item.nodeid not in self.figures]
        config.hook.pytest_deselected(items=passed)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a test ended; only the process that hears of all tests writes."""
        if not self.writes:
            return
        if report.failed:
            self.failed.append(report.nodeid)
        elif report.when == "call" and report.passed:
            self.figures[report.nodeid] = [
                pair for name, pair in report.user_properties if name == PROPERTY and isinstance(pair, list)
            ]
            self.path.parent.mkdir(exist_ok=True)
            self.path.write_text(json.dumps(self.figures, indent=1))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the table, unless the session was broken off."""
        if not self.writes or exitstatus not in FINISHED:
            return
        (self.root / TABLE).write_text(table(self.state, self.figures, self.failed))
        if exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED and self.figures:
            session.exitstatus = pytest.ExitCode.OK


def table(state: str, figures: dict[str, list[list[str]]], failed: Iterable[str]) -> str:
    """The text of `tests/VERIFIED.md`: one row per oracle, failed tests first."""
    rows = [(test, "**failed**", test) for test in sorted(failed)]
    for test in sorted(figures):
        rows += [(oracle, figure, test) for oracle, figure in figures[test] or [[test, "passed"]]]
    cells = [(oracle, figure, f"`pytest -m verify '{test}'`") for oracle, figure, test in rows]
    commit, _, dirty = state.partition("-")
    return "\n".join(
        [
            "# Verified oracles",
            "",
            f"Written by `make verify` at commit `{commit}`{' with uncommitted changes' if dirty else ''}, "
            f"Python {platform.python_version()}, {platform.system()} {platform.machine()}.",
            "",
            "| oracle | figure | command |",
            "|---|---|---|",
            *("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells),
            "",
        ]
    )


def tree_state(root: Path) -> str:
    """The commit of the tree at `root`, with `-dirty` when something but the table differs from it."""
    commit = _git(root, "rev-parse", "--short=12", "HEAD")
    changes = _git(root, "status", "--porcelain", "--", ".", f":(exclude){TABLE}")
    return f"{commit}-dirty" if changes else commit


def _git(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--resume`."""
    parser.addoption(
        "--resume",
        action="store_true",
        help=f"leave out tests that passed at this commit; write {TABLE} at the end",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Keep a ledger when asked to."""
    if config.getoption("--resume"):
        writes = not hasattr(config, "workerinput")
        config.pluginmanager.register(Ledger(config.rootpath, tree_state(config.rootpath), writes=writes))
