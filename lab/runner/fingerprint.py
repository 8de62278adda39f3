"""Which code a run was made with: a hash of the rules and the versions of what matters."""

from __future__ import annotations

import inspect
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from agents import prompts
from lab.core.canonical import canonical, content_hash

PACKAGES = ("ethogram", "simpy", "numpy", "sqlalchemy", "pydantic")


def code_hash(environment: type[Any]) -> str:
    """The hash of the source of an environment: its package's files, or its one module."""
    return _source_hash(Path(inspect.getfile(environment)))


@cache
def _source_hash(source: Path) -> str:
    package = source.parent
    files = sorted(package.glob("*.py")) if (package / "__init__.py").exists() else [source]
    return content_hash(canonical([[file.name, file.read_text()] for file in files]))


@cache
def versions() -> dict[str, str]:
    """Python and the packages whose release may change a run, name to version."""
    found = {"python": platform.python_version(), "prompts": str(prompts.VERSION)}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
