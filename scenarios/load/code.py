"""A user's own code in a scenario: where `package.module:Class` is named, and what was imported for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path as FilePath

from lab.core.canonical import content_hash, value_hash
from lab.core.registry import is_import_string
from scenarios.load.tree import Node, Path

_NAMING_KEYS = ("kind", "name", "model", "cognition")


def code_names(root: Node) -> list[tuple[Path, str]]:
    """Path and import string of every part of a scenario that names code."""
    return [(path, name) for path, name in _names(root) if is_import_string(name)]


def _names(root: Node) -> Iterator[tuple[Path, str]]:
    yield from _text(root, ("environment",))
    agents = root.child("agents")
    rows = len(agents.content) if agents and isinstance(agents.content, list) else 0
    for row in range(rows):
        for key in _NAMING_KEYS:
            yield from _text(root, ("agents", row, "policy", key))
    models = root.child("models")
    for alias in models.content if models and isinstance(models.content, dict) else ():
        yield from _text(root, ("models", alias, "model"))


def _text(root: Node, path: Path) -> Iterator[tuple[Path, str]]:
    node = root.get(path)
    if node and isinstance(node.content, str):
        yield path, node.content.removeprefix("mock/")


def modules_hash(named: Iterable[tuple[Path, str]]) -> str:
    """The content address of the source files of the modules that are named."""
    modules = {name.partition(":")[0] for _, name in named}
    return value_hash({module: _source_hash(module) for module in modules})


def _source_hash(module: str) -> str | None:
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        return None
    return (
        content_hash(FilePath(spec.origin).read_bytes())
        if spec and spec.origin and spec.has_location
        else None
    )
