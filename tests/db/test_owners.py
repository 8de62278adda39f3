from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from db.owners import HEARTBEAT_GRACE_S, Owner


def alive(owner: Owner, *, silence_s: float = 0.0) -> bool:
    return owner.alive(heartbeat=1_000.0, now=1_000.0 + silence_s)


def test_this_process_lives_however_long_it_is_silent() -> None:
    assert alive(Owner.this_process(), silence_s=1e6)


def test_an_owner_is_read_back_as_it_was_written() -> None:
    owner = Owner.this_process()
    assert Owner.read(owner.text) == owner


@pytest.mark.parametrize(
    "change", [{"boot": "another"}, {"started": 1}, {"pid": 2**22 + 1}], ids=["boot", "start", "pid"]
)
def test_a_process_that_is_not_the_same_is_dead(change: dict[str, Any]) -> None:
    assert not alive(replace(Owner.this_process(), **change))


@pytest.mark.parametrize(("silence_s", "lives"), [(0, True), (HEARTBEAT_GRACE_S, False)])
def test_a_process_elsewhere_lives_as_long_as_it_gives_signs(silence_s: float, lives: bool) -> None:
    assert alive(Owner("another-host", "boot", os.getpid(), 1), silence_s=silence_s) is lives


def test_a_killed_process_is_dead_before_its_parent_takes_notice() -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    started = int(Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19])
    owner = replace(Owner.this_process(), pid=child.pid, started=started)
    assert alive(owner)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not alive(owner)
    child.communicate()


def test_without_start_times_the_process_number_decides() -> None:
    here = replace(Owner.this_process(), started=0)
    assert alive(here)
    assert not alive(replace(here, pid=2**22 + 1))
