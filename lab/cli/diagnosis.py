"""What `lab doctor` looks at in any case: Python, packages, processors, torch's devices, the database."""

from __future__ import annotations

import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import NamedTuple

from lab import __version__
from lab.cli.printing import size
from lab.core.errors import LabError

DISTRIBUTION = "ethogram"
PYTHON_NEEDED = (3, 11)
DISK_NEEDED_BYTES = 100 * 2**20
_NAME = re.compile(r"[A-Za-z0-9._-]+")


class Finding(NamedTuple):
    """One thing looked at: what was found, and whether the lab can work with it."""

    what: str
    found: str
    ok: bool


def diagnose(db: str | None) -> list[Finding]:
    """Everything that is looked at, in order."""
    lab = Finding("lab", __version__, ok=True)
    return [_python(), lab, *_packages(), *_processors(), *_accelerators(), *_database(db)]


def _python() -> Finding:
    found = f"{platform.python_version()} at {sys.executable}"
    return Finding("python", found, sys.version_info[:2] >= PYTHON_NEEDED)


def _packages() -> Iterator[Finding]:
    try:
        needed = requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        yield Finding("installation", f"{DISTRIBUTION} is not installed: `make setup`", ok=False)
        return
    for requirement in needed:
        match = _NAME.match(requirement)
        if match and "extra ==" not in requirement:
            yield _package(match.group(), requirement)


def _package(name: str, requirement: str) -> Finding:
    try:
        return Finding(name, version(name), ok=True)
    except PackageNotFoundError:
        return Finding(name, f"missing: pip install '{requirement}'", ok=False)


def _processors() -> Iterator[Finding]:
    threads = os.environ.get("OMP_NUM_THREADS")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    yield Finding(
        "processor cores", f"{cores}" + (f", OMP_NUM_THREADS={threads}" if threads else ""), ok=True
    )
    driver = Path("/proc/driver/nvidia/version").exists() or shutil.which("nvidia-smi") is not None
    yield Finding("NVIDIA driver", "present" if driver else "none (not needed)", ok=True)


def _accelerators() -> Iterator[Finding]:
    try:
        from agents.models.local.devices import accelerators, cpu_threads

        found, threads = accelerators(), cpu_threads()
    except (ImportError, RuntimeError) as error:
        yield Finding("accelerators", f"torch does not tell: {error}", ok=False)
        return
    yield Finding("torch threads", f"{threads} on the CPU", ok=True)
    if not found:
        yield Finding("accelerators", "none: local models run on the CPU", ok=True)
    for one in found:
        memory = f", {size(one.memory_bytes)}" if one.memory_bytes else ""
        free = f", {size(one.free_bytes)} free" if one.free_bytes else ""
        yield Finding(one.name, f"{one.about}{memory}{free}", ok=True)


def _database(db: str | None) -> Iterator[Finding]:
    from db.connection import locate

    try:
        location = locate(db)
    except LabError as error:
        yield Finding("database", str(error), ok=False)
        return
    yield _schema(db)
    if location.path is not None:
        yield from _file(location.path)


def _schema(db: str | None) -> Finding:
    from db.connection import locate
    from db.schema import HEAD
    from db.store import open_store

    path = locate(db).path
    if path is not None and not path.exists():
        return Finding("database", f"{path}: not there yet; `lab run` makes it", ok=True)
    try:
        with open_store(db, create=False) as store:
            return Finding("database", f"{store.location}, schema {HEAD}", ok=True)
    except LabError as error:
        return Finding("database", str(error), ok=False)


def _file(path: Path) -> Iterator[Finding]:
    place = path if path.exists() else path.absolute().parent
    writable = os.access(place, os.W_OK)
    yield Finding("database writable", "yes" if writable else f"no: {place}", writable)
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    free = shutil.disk_usage(folder).free
    yield Finding("disk free", size(free), free >= DISK_NEEDED_BYTES)
