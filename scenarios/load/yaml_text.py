"""Strict reading of YAML: one document, one mapping, the plain scalars of YAML 1.2, no surprises.

What YAML 1.1 and 1.2 read differently is refused with a hint, and so are duplicate keys, anchors, aliases,
merge keys and tags. Dates, times such as 9:30 and versions such as 1.2.3 are text.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

import yaml
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from lab.core.canonical import clean_text
from lab.core.errors import Problem, ScenarioError
from scenarios.load.tree import Node, Place, below, joined

MAX_DEPTH = 40
MAX_DIGITS = 40
_INT64 = 2**63

_WORDS: dict[str, Any] = {"": None, "~": None, "null": None, "Null": None, "NULL": None}
_WORDS |= {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_SWITCH = re.compile(r"(y|n|yes|no|on|off)$", re.IGNORECASE)
_INTEGER = re.compile(r"[-+]?[0-9]+$")
_RADIX = re.compile(r"0(o[0-7]+|x[0-9a-fA-F]+)$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_NOT_FINITE = re.compile(r"[-+]?\.inf$|\.nan$", re.IGNORECASE)
_OCTAL = re.compile(r"[-+]?0[0-9]+$")
_GROUPED = re.compile(r"[-+]?[0-9]+(_[0-9]+)+$")


class _Refused(Exception):
    """A scalar that cannot be read; the text says why."""


@dataclass(frozen=True, slots=True)
class Text:
    """What was read: the tree, and what is wrong with its text."""

    root: Node
    problems: tuple[Problem, ...]


def read_file(path: FilePath) -> Text:
    """The tree of a YAML file that holds one mapping.

    Raises:
        ScenarioError: when it cannot be read at all; lesser problems come with the text.
    """
    text = read_text(_file_text(path), str(path))
    if not isinstance(text.root.content, dict):
        raise ScenarioError([text.root.place.problem("the file should hold a mapping of keys to values")])
    return text


def read_option(value: str, option: str) -> Text:
    """The tree of a value given on the command line; all of it stands at `option`.

    Raises:
        ScenarioError: when it cannot be read at all.
    """
    return read_text(value, option, lines=False)


def read_text(text: str, file: str, *, lines: bool = True) -> Text:
    """The tree of a YAML text.

    Raises:
        ScenarioError: for a text that is not YAML, is empty, or holds several documents.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
    except (yaml.YAMLError, _TooDeep) as error:
        raise ScenarioError([_syntax_problem(error, text, file, lines)]) from error
    if node is None:
        raise ScenarioError([Place(file, int(lines), int(lines)).problem("nothing in it")])
    builder = _Builder(file, lines)
    for mark, message in loader.refused:
        builder.problems.append(builder.place(mark, "").problem(message))
    root = builder.build(node, builder.place(node.start_mark, ""))
    return Text(root, tuple(builder.problems))


def _file_text(path: FilePath) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        message = "no such file"
    except IsADirectoryError:
        message = "this is a folder, not a file"
    except UnicodeDecodeError as error:
        message = f"not UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}"
    except OSError as error:
        message = f"cannot be read: {error.strerror}"
    raise ScenarioError([Place(str(path)).problem(message)])


class _TooDeep(Exception):
    """Nested beyond `MAX_DEPTH`; carries the mark."""

    def __init__(self, mark: Any) -> None:
        super().__init__(f"nested more than {MAX_DEPTH} levels deep")
        self.problem_mark = mark


class _Loader(yaml.SafeLoader):
    """Composes nodes and notes the features that are refused."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.refused: list[tuple[Any, str]] = []
        self._depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]  # the stubs leave it out
        if isinstance(event, yaml.AliasEvent):
            self.get_event()  # type: ignore[no-untyped-call]
            self._refuse(event, f"aliases such as *{event.anchor} are not used here; write it out")
            mark: Any = event.start_mark
            return ScalarNode("", "", mark, mark)
        if event.anchor is not None:
            self._refuse(event, f"anchors such as &{event.anchor} are not used here; write it out")
        if event.tag not in (None, "!"):
            short = event.tag.replace("tag:yaml.org,2002:", "!!")
            self._refuse(event, f"tags such as {short} are not used here")
        event.anchor = None
        return self._nested(event, parent, index)

    def _nested(self, event: Any, parent: Any, index: Any) -> Any:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _TooDeep(event.start_mark)
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def _refuse(self, event: Any, message: str) -> None:
        self.refused.append((event.start_mark, message))


class _Builder:
    """Makes our nodes of PyYAML's, collecting problems."""

    def __init__(self, file: str, lines: bool) -> None:
        self.problems: list[Problem] = []
        self._file = file
        self._lines = lines

    def place(self, mark: Any, shown: str) -> Place:
        if not self._lines:
            return Place(self._file, shown=shown)
        return Place(self._file, mark.line + 1, mark.column + 1, shown)

    def build(self, node: Any, place: Place) -> Node:
        if isinstance(node, MappingNode):
            return self._mapping(node, place)
        if isinstance(node, SequenceNode):
            items = [self._item(item, below(place, index)) for index, item in enumerate(node.value)]
            return Node(place, items)
        return Node(place, self._scalar(node, place))

    def _item(self, node: Any, place: Place) -> Node:
        return self.build(node, self.place(node.start_mark, place.shown))

    def _mapping(self, node: Any, place: Place) -> Node:
        content: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for key_node, value_node in node.value:
            key = self._key(key_node, place)
            if key is None:
                continue
            shown = joined(place.shown, (key,))
            at = self.place(key_node.start_mark, shown)
            if key in content:
                self.problems.append(at.problem(_repeated(key, keys[key])))
                continue
            keys[key] = at
            content[key] = self.build(value_node, self.place(value_node.start_mark, shown))
        return Node(place, content, keys)

    def _key(self, node: Any, parent: Place) -> str | None:
        at = self.place(node.start_mark, parent.shown)
        if not isinstance(node, ScalarNode):
            self.problems.append(at.problem("a key should be a name, not a list or a mapping"))
            return None
        text = self._storable(str(node.value), at)
        message = _bad_key(text) if node.style is None else None
        if message:
            self.problems.append(at.problem(message))
            return None
        return text

    def _scalar(self, node: Any, place: Place) -> Any:
        text = self._storable(str(node.value), place)
        if node.style is not None:
            return text
        try:
            return plain_scalar(text)
        except _Refused as refused:
            self.problems.append(place.problem(str(refused)))
            return text

    def _storable(self, text: str, place: Place) -> str:
        """The text as every database can keep it; a problem where it is not so as it stands."""
        clean = clean_text(text)
        if clean != text:
            self.problems.append(
                place.problem("should be text that can be stored (no NUL, no half surrogate)")
            )
        return clean


def plain_scalar(text: str) -> Any:
    """The value of an unquoted scalar in the core schema of YAML 1.2.

    Raises:
        _Refused: when YAML 1.1 reads it differently, or it is not a finite number.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _SWITCH.match(text):
        raise _Refused(f"a bare {text} can mean a truth value; write true or false, or '{text}' in quotes")
    if _INTEGER.match(text) and len(text) > MAX_DIGITS:
        raise _Refused(f"should fit in 64 bits, not {text:.30}…")
    if _OCTAL.match(text):
        raise _Refused(f"{text} can mean an octal number; write {int(text)}, or '{text}' in quotes")
    if _GROUPED.match(text):
        raise _Refused(f"{text} can mean a number; write {text.replace('_', '')}, or '{text}' in quotes")
    if _NOT_FINITE.match(text):
        raise _Refused(f"should be a finite number, not {text}")
    return _number(text)


def _number(text: str) -> Any:
    if _INTEGER.match(text) or _RADIX.match(text):
        number = int(text, 10 if _INTEGER.match(text) else 0)
        if not -_INT64 <= number < _INT64:
            raise _Refused(f"should fit in 64 bits, not {text:.30}")
        return number
    if _FLOAT.match(text):
        if not math.isfinite(float(text)):
            raise _Refused(f"should be a finite number, not {text:.30}")
        return float(text)
    return text


def _bad_key(text: str) -> str | None:
    if text == "<<":
        return "merge keys (<<) are not used here; write it out"
    if text in _WORDS:
        return f"a key should be a name; write '{text}' in quotes if it is one"
    if _SWITCH.match(text) and len(text) > 1:
        return f"a bare {text} can mean a truth value; write '{text}' in quotes"
    return None


def _repeated(key: str, first: Place) -> str:
    where = f", first on line {first.line}" if first.line else ""
    return f"duplicate key '{key}'{where}"


def _syntax_problem(error: Exception, text: str, file: str, lines: bool) -> Problem:
    message, line, column = _explained(error, text)
    return Place(file, line if lines else 0, column if lines else 0).problem(message)


def _explained(error: Exception, text: str) -> tuple[str, int, int]:
    """Message, line and column of what PyYAML could not read."""
    if isinstance(error, yaml.reader.ReaderError):
        before = text[: error.position]
        column = error.position - (before.rfind("\n") + 1)
        code = error.character if isinstance(error.character, int) else ord(error.character)
        return f"not valid YAML: character U+{code:04X}", before.count("\n") + 1, column + 1
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if isinstance(error, yaml.composer.ComposerError):
        return "a second document begins here; a file holds one", line, column
    if "'\\t'" in str(error):
        return "not valid YAML: indent with spaces, not with a tab", line, column
    problem = getattr(error, "problem", None) or str(error)
    opened = getattr(error, "context_mark", None)
    context = f" {error.context} on line {opened.line + 1}" if opened and error.context else ""  # type: ignore[attr-defined]
    return f"not valid YAML: {problem}{context}", line, column
