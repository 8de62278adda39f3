"""Work runs to its end from anywhere, and what it prints or how it exits is no concern of the others."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

import lab
from lab.core.records import RunStatus
from lab.runner.loop import Brake, run_now
from tests.support.studies import write_study

SOCIAL = Path(__file__).parents[3] / "scenarios/social"

RUDE = """\
import sys

from lab.core.spaces import Choice
from scenarios.environment import Environment, Spec


class Params(Spec):
    exits: bool = False


class Rude(Environment[Params]):
    Params = Params

    def play(self):
        print("hello on stdout")
        yield self.ask(self.agents[0], {}, Choice("a", "b"), phase="choose")
        if self.params.exits:
            sys.exit(0)

    @classmethod
    def expected_decisions(cls, params, n_agents):
        return 1
"""

STUDY = """\
schema: 1
study: rude
scenario:
  schema: 1
  name: rude
  environment: MODULE:Rude
  agents: [{name: ann, policy: {kind: scripted, name: uniform}}]
factors:
  exits: {path: params.exits, levels: [true, false]}
seeds: {count: 3}
"""


@pytest.fixture
def rude(tmp_path: Path) -> Path:
    """A study of an environment that prints and, in one cell, leaves the process."""
    module = f"rude_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(RUDE)
    path = tmp_path / "rude.study.yaml"
    path.write_text(STUDY.replace("MODULE", module))
    return path


@pytest.mark.parametrize("workers", [1, 2])
def test_an_environment_that_exits_fails_alone(rude: Path, tmp_path: Path, workers: int) -> None:
    study = lab.batch(rude, workers=workers, db=str(tmp_path / "log.db"))
    assert study.counts == {RunStatus.FAILED: 3, RunStatus.DONE: 3}


def test_what_an_environment_prints_leaves_standard_output_alone(
    rude: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    lab.batch(rude, db=str(tmp_path / "log.db"))
    out, err = capfd.readouterr()
    assert out == ""
    assert "hello on stdout" in err


def test_the_verbs_work_inside_a_running_event_loop(tmp_path: Path) -> None:
    async def notebook() -> tuple[str | None, str | None]:
        run = lab.run(SOCIAL / "bluff.yaml", db=str(tmp_path / "log.db"))
        return run.digest, lab.replay(run.id, db=run.db).digest

    one, other = asyncio.run(notebook())
    assert one is not None
    assert one == other


def test_ctrl_c_drains_then_stops_then_interrupts() -> None:
    brake = Brake()
    pulls = []

    async def work() -> None:
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGINT)
            pulls.append((brake.draining, brake.stop.now))

    with pytest.raises(KeyboardInterrupt):
        run_now(work(), brake)
    assert pulls == [(True, False), (True, True)]


def test_the_signals_handler_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)

    async def work() -> int:
        return 1

    assert run_now(work(), Brake()) == 1
    assert signal.getsignal(signal.SIGINT) is before


def test_adding_levels_does_not_look_like_changed_code(tmp_path: Path) -> None:
    path = write_study(tmp_path, seeds=1)
    lab.batch(path, db=str(tmp_path / "log.db"))
    path.write_text(path.read_text().replace("levels: [0, 3]", "levels: [0, 3, 5]"))
    assert lab.batch(path, db=str(tmp_path / "log.db")).warnings == ()
