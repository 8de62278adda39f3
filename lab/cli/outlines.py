"""What shipped classes say of themselves, read from their source: listing them imports nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple


class Outline(NamedTuple):
    """A name and the first line of what it says of itself."""

    name: str
    about: str


def about(place: str) -> str:
    """The first line of the docstring of ``package.module:Class``; empty without one."""
    module, _, name = place.partition(":")
    found = _class(module, name)
    doc = ast.get_docstring(found) if found else None
    return doc.splitlines()[0] if doc else ""


def class_table(place: str, attribute: str) -> Iterator[Outline]:
    """The entries of a table of import strings that ``package.module:Class`` has as a class attribute."""
    module, _, name = place.partition(":")
    found = _class(module, name)
    if found:
        yield from _entries(module, found.body, attribute)


def module_table(module: str, attribute: str) -> Iterator[Outline]:
    """The entries of a table of import strings that a module holds."""
    yield from _entries(module, _tree(module).body, attribute)


def _entries(module: str, body: list[ast.stmt], attribute: str) -> Iterator[Outline]:
    for statement in body:
        if attribute in _assigned(statement) and isinstance(statement, ast.Assign | ast.AnnAssign):
            if isinstance(statement.value, ast.Dict):
                for key, value in zip(statement.value.keys, statement.value.values, strict=True):
                    if key is not None:
                        yield Outline(str(_text(key, module)), about(_text(value, module)))


def _assigned(statement: ast.stmt) -> set[str]:
    """The names that a statement gives a value to."""
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        return set()
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _text(node: ast.expr, module: str) -> str:
    """A text written as a constant, the name of one, or a sum of those."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.BinOp):
        return _text(node.left, module) + _text(node.right, module)
    if isinstance(node, ast.Name):
        for statement in _tree(module).body:
            if node.id in _assigned(statement) and isinstance(statement, ast.Assign):
                return _text(statement.value, module)
    raise ValueError(f"{module}: line {node.lineno} is no import string that can be read without importing")


def _class(module: str, name: str) -> ast.ClassDef | None:
    classes = (node for node in _tree(module).body if isinstance(node, ast.ClassDef))
    return next((node for node in classes if node.name == name), None)


@cache
def _tree(module: str) -> ast.Module:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"no module named '{module}'")
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
