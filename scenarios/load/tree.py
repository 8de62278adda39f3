"""A document as a tree whose every node knows where it was written.

Trees are immutable; replacing a part makes a new tree that shares the rest. So a value from `--set` or from
a study's level keeps its own place inside the scenario it changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lab.core.errors import Problem

Path = tuple[str | int, ...]


class Place(NamedTuple):
    """Where something is written; line 0 stands for a place without lines, such as an option.

    `shown` is its path in that file, such as ``agents[1].policy``.
    """

    file: str
    line: int = 0
    column: int = 0
    shown: str = ""

    def problem(self, message: str) -> Problem:
        """A problem at this place."""
        return Problem(self.file, self.line, self.column, self.shown, message)


@dataclass(frozen=True, slots=True)
class Node:
    """A scalar, a list of nodes or a mapping of nodes.

    Attributes:
        place: where the value begins.
        content: the scalar, or the nodes inside.
        keys: for a mapping, where each key is written.
    """

    place: Place
    content: Any
    keys: Mapping[str, Place] = field(default_factory=dict)

    def plain(self) -> Any:
        """The value without places, as JSON data."""
        if isinstance(self.content, dict):
            return {key: node.plain() for key, node in self.content.items()}
        if isinstance(self.content, list):
            return [node.plain() for node in self.content]
        return self.content

    def child(self, step: str | int) -> Node | None:
        """The node one step down, or None."""
        if isinstance(self.content, dict):
            return self.content.get(step)
        if isinstance(self.content, list) and isinstance(step, int) and 0 <= step < len(self.content):
            found: Node = self.content[step]
            return found
        return None

    def get(self, path: Path) -> Node | None:
        """The node at the end of `path`, or None."""
        node: Node | None = self
        for step in path:
            node = node.child(step) if node else None
        return node

    def place_of(self, path: Path, *, of_key: bool = False) -> Place:
        """Where `path` is written; what is not written stands at the deepest ancestor that is."""
        node = self
        for depth, step in enumerate(path):
            inner = node.child(step)
            if inner is None:
                return node.place._replace(shown=joined(node.place.shown, path[depth:]))
            if of_key and depth == len(path) - 1 and step in node.keys:
                return node.keys[str(step)]
            node = inner
        return node.place

    def problem(self, path: Path, message: str, *, of_key: bool = False) -> Problem:
        """A problem at `path`."""
        return self.place_of(path, of_key=of_key).problem(message)

    def replaced(self, path: Path, new: Node) -> Node:
        """The tree with `new` at `path`; missing mappings on the way are made."""
        if not path:
            return new
        step, rest = path[0], path[1:]
        inner = self.child(step) or Node(new.place, {})
        changed = inner.replaced(rest, new)
        if isinstance(self.content, list) and isinstance(step, int):
            items = [changed if index == step else node for index, node in enumerate(self.content)]
            return Node(self.place, items)
        entries = self.content if isinstance(self.content, dict) else {}
        keys = {**self.keys, str(step): new.place} if not rest else self.keys
        return Node(self.place, {**entries, str(step): changed}, keys)


def from_plain(data: Any, place: Place) -> Node:
    """A tree of JSON data that was not read from a text; its paths start at `place`."""
    if isinstance(data, Mapping):
        inside = {key: from_plain(value, below(place, key)) for key, value in data.items()}
        return Node(place, inside)
    if isinstance(data, list | tuple):
        return Node(place, [from_plain(item, below(place, index)) for index, item in enumerate(data)])
    return Node(place, data)


def below(place: Place, step: str | int) -> Place:
    """The same position, one step further down the path."""
    return place._replace(shown=joined(place.shown, (step,)))


def joined(shown: str, path: Iterable[str | int]) -> str:
    """A path in words: ``joined("agents", (1, "policy"))`` is ``agents[1].policy``."""
    for step in path:
        if isinstance(step, int):
            shown += f"[{step}]"
        else:
            shown += f".{step}" if shown else step
    return shown
