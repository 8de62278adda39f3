"""Who executes a run, and whether that process still lives. No lock files: a dead owner owns nothing."""

from __future__ import annotations

import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from lab.core.canonical import canonical, parse

HEARTBEAT_GRACE_S = 120
"""A process on another machine counts as dead after so long without a sign of life."""

_DEAD_STATES = frozenset("ZX")


def wall_clock() -> float:
    """Seconds since 1970; kept only to tell who lives and when a person did something."""
    return datetime.now(UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Owner:
    """A process, told apart from any later one that gets its number.

    Attributes:
        host: name of its machine.
        boot: which start of the machine; empty where the system does not tell.
        pid: its process id.
        started: its start in clock ticks after the boot; 0 where the system does not tell.
    """

    host: str
    boot: str
    pid: int
    started: int

    @classmethod
    def this_process(cls) -> Owner:
        """This process."""
        pid = os.getpid()
        return cls(platform.node(), _boot(), pid, _started(pid) or 0)

    @classmethod
    def read(cls, text: str) -> Owner:
        """The owner that `text` names."""
        return cls(**parse(text))

    @property
    def text(self) -> str:
        """The owner as the log keeps it: canonical JSON."""
        return canonical(asdict(self))

    def alive(self, *, heartbeat: float, now: float) -> bool:
        """Whether it still executes its run; both times are wall-clock seconds."""
        if self.host != platform.node():
            return now - heartbeat < HEARTBEAT_GRACE_S
        return self.boot == _boot() and _same_process_lives(self)


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _started(pid: int) -> int | None:
    """When a process started, in clock ticks after the boot; None when it is dead or /proc is not there."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    after_name = stat.rpartition(")")[2].split()
    return None if after_name[0] in _DEAD_STATES else int(after_name[19])


def _same_process_lives(owner: Owner) -> bool:
    if owner.started:
        return _started(owner.pid) == owner.started
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
