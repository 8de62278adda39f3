"""What shipped classes and functions say of themselves, read from their source: listing imports nothing."""

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
    """The first line of the docstring of ``package.module:attribute``; empty without one."""
    module, _, name = place.partition(":")
    found = _definition(module, name)
    doc = ast.get_docstring(found) if found else None
    return doc.splitlines()[0] if doc else ""


def class_table(place: str, attribute: str) -> Iterator[Outline]:
    """The entries of a table of import strings that ``package.module:Class`` has, itself or from a base."""
    module, _, name = place.partition(":")
    found = _definition(module, name)
    if not isinstance(found, ast.ClassDef):
        return
    if any(given == attribute for given, _ in _assignments(found.body)):
        yield from _entries(module, found.body, attribute)
        return
    for base in _bases(module, found):
        yield from class_table(base, attribute)


def module_table(module: str, attribute: str) -> Iterator[Outline]:
    """The entries of a table of import strings that a module holds."""
    yield from _entries(module, _tree(module).body, attribute)


def _bases(module: str, found: ast.ClassDef) -> Iterator[str]:
    """Where the classes that a class derives from are defined, as far as its module's imports tell."""
    imported = {
        alias.asname or alias.name: f"{node.module}:{alias.name}"
        for node in _tree(module).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    for base in found.bases:
        named = base.value if isinstance(base, ast.Subscript) else base
        if isinstance(named, ast.Name):
            yield imported.get(named.id, f"{module}:{named.id}")


def _entries(module: str, body: list[ast.stmt], attribute: str) -> Iterator[Outline]:
    table = next((value for name, value in _assignments(body) if name == attribute), None)
    if isinstance(table, ast.Dict):
        for key, value in zip(table.keys, table.values, strict=True):
            if key is not None:
                yield Outline(_text(key, module), about(_text(value, module)))


def _assignments(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """Every name that statements give a value to, with that value."""
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                yield name, value


def _text(node: ast.expr, module: str) -> str:
    """A text written as a constant, the name of one, or a sum of those."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left, module) + _text(right, module)
        case ast.Name(id=name):
            constants = dict(_assignments(_tree(module).body))
            if name in constants:
                return _text(constants[name], module)
    raise ValueError(f"{module}:{node.lineno}: no text that can be read without importing")


def _definition(module: str, name: str) -> ast.ClassDef | ast.FunctionDef | None:
    found = (node for node in _tree(module).body if isinstance(node, ast.ClassDef | ast.FunctionDef))
    return next((node for node in found if node.name == name), None)


@cache
def _tree(module: str) -> ast.Module:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ValueError(f"no module named '{module}'")
    return ast.parse(Path(spec.origin).read_text(encoding="utf-8"))
