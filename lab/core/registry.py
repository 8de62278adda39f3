"""Tables of names to import strings: listing is free, loading happens on use.

An extension is one class in one file plus one line in such a table, or no line at all: any name of the form
``package.module:Class`` is imported as it stands.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import Any

from lab.core.errors import UnknownName, UsageError, suggestion


class Registry:
    """A table of names to ``module:attribute`` import strings.

    Args:
        kind: what the names stand for, used in errors (``environment``).
        table: name to import string; nothing is imported until `load`.
    """

    def __init__(self, kind: str, table: Mapping[str, str]) -> None:
        self.kind = kind
        self._table = dict(table)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._table))

    def __contains__(self, name: object) -> bool:
        return name in self._table

    def place(self, name: str) -> str:
        """The import string behind a name of the table; nothing is imported."""
        return self._table[name]

    def load(self, name: str) -> Any:
        """The object that `name` stands for, imported now.

        Raises:
            UnknownName: when the table has no such name and it is no import string.
            UsageError: when an import string leads nowhere.
        """
        if name in self._table:
            return load_object(self._table[name], self.kind)
        if is_import_string(name):
            return load_object(name, self.kind)
        raise UnknownName(self.kind, name, self._table)


def is_import_string(name: str) -> bool:
    """Whether `name` has the form ``package.module:Class``."""
    module, colon, attribute = name.partition(":")
    return bool(colon) and attribute.isidentifier() and all(p.isidentifier() for p in module.split("."))


def load_object(path: str, kind: str) -> Any:
    """The object at ``package.module:attribute``.

    Raises:
        UsageError: when the module or the attribute is missing; says which.
    """
    module_name, _, attribute = path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise  # the module is there; what it imports is not
        raise UsageError(f"{kind} '{path}': no module named '{error.name}'") from error
    try:
        return getattr(module, attribute)
    except AttributeError as error:
        hint = suggestion(attribute, vars(module))
        raise UsageError(f"{kind} '{path}': module '{module_name}' has no '{attribute}'{hint}") from error
