"""Pydantic's errors, told at the place in the file and in the words of a file's author."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic.errors import PydanticInvalidForJsonSchema

from lab.core.canonical import canonical
from lab.core.errors import Problem, suggestion
from scenarios.load.tree import Node, Path
from scenarios.spec import NAME_PATTERN, NAME_RULE

M = TypeVar("M", bound=BaseModel)
Schema = Mapping[str, Any]

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "bool_type": "true or false",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "tuple_type": "a list",
    "list_type": "a list",
    "none_required": "null",
}

_WRONG_TYPE = frozenset(f"should be {expected}" for expected in _EXPECTED.values())


def validated(model: type[M], root: Node, path: Path = ()) -> tuple[M | None, list[Problem]]:
    """The part of a tree at `path` as `model`, or None and everything that is wrong with it.

    A part that is not written counts as an empty mapping; one that is no mapping is left to the caller.
    Validators find the file's own folder as ``info.context["folder"]``.
    """
    node = root.get(path)
    data = node.plain() if node else {}
    folder = str(PurePath(root.place.file).parent)
    try:
        return model.model_validate_json(canonical(data), context={"folder": folder}), []
    except ValidationError as error:
        return None, list(_problems(error, model, root, path))


def _problems(error: ValidationError, model: type[BaseModel], root: Node, at: Path) -> Iterator[Problem]:
    """One problem per place; the branches of a union are joined by `or`."""
    told: dict[tuple[Path, str], list[str]] = {}
    for detail in error.errors(include_url=False):
        kind = detail["type"]
        path = (*at, *_written(root.get(at), detail["loc"], missing=kind == "missing"))
        if kind == "too_short" and _length(root.get(path)) >= detail["ctx"]["min_length"]:
            continue  # pydantic counts only the valid entries; the others are told already
        if kind == "extra_forbidden":
            message = unknown_key(str(path[-1]), _known_keys(model, path[len(at) : -1], root.get(path[:-1])))
            told.setdefault((path, "key"), []).append(message)
        elif detail["loc"] and detail["loc"][-1] == "[key]":
            told.setdefault((path, "key"), []).append(f"{_message(detail)}, not '{path[-1]}'")
        else:
            told.setdefault((path, ""), []).append(_message(detail))
    for (path, part), messages in told.items():
        node = root.get(path)
        text = _joined(messages) + (_instead(messages, node) if not part else "")
        yield root.problem(path, text, of_key=bool(part))


def _written(node: Node | None, loc: Iterable[str | int], *, missing: bool) -> Path:
    """`loc` without the steps that pydantic adds for unions and wrappers."""
    path: Path = ()
    steps = tuple(loc)
    for step in steps:
        inner = node.child(step) if node else None
        if inner is not None:
            path, node = (*path, step), inner
    return (*path, steps[-1]) if missing else path


def _length(node: Node | None) -> int:
    return len(node.content) if node and isinstance(node.content, dict | list) else 0


def _message(detail: Mapping[str, Any]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "missing":
        return "is missing"
    if kind in _EXPECTED:
        return f"should be {_EXPECTED[kind]}"
    if kind in ("value_error", "assertion_error"):
        return str(context["error"])
    if kind == "string_pattern_mismatch" and context["pattern"] == NAME_PATTERN:
        return f"should be {NAME_RULE}"
    if kind == "too_short":
        return f"should have {context['min_length']} or more entries"
    if kind in ("literal_error", "enum"):
        return f"should be {context['expected']}"
    return str(detail["msg"]).removeprefix("Input ")


def _joined(messages: list[str]) -> str:
    """``should be a`` and ``should be b`` as one sentence; the branch of a union that fits in type wins."""
    fitting = [message for message in messages if message not in _WRONG_TYPE]
    first, *others = dict.fromkeys(fitting or messages)
    return " or ".join([first, *(other.removeprefix("should be ") for other in others)])


def _instead(messages: list[str], node: Node | None) -> str:
    """`, not 5` and what may have been meant, for a message that says what should be."""
    if node is None or not all(message.startswith("should") for message in messages):
        return ""
    value = node.plain()
    text = f", not {in_words(value)}"
    if isinstance(value, str):
        return text + suggestion(value, re.findall(r"'([^']+)'", " ".join(messages)))
    if isinstance(value, int | float) and "should be text" in messages:
        return text + "; put it in quotes"
    return text


def in_words(value: Any) -> str:
    """A value as a message shows it."""
    if isinstance(value, Mapping):
        return "a mapping" if value else "an empty mapping"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, str):
        return f"'{value}'" if len(value) <= 60 else f"'{value[:57]}…'"
    return canonical(value)


def unknown_key(key: str, known: Iterable[str]) -> str:
    """What to say of a key that is not among the known ones."""
    names = sorted(known)
    return f"unknown key '{key}'{suggestion(key, names)} (known: {', '.join(names) or 'none'})"


def _known_keys(model: type[BaseModel], path: Path, written: Node | None) -> set[str]:
    """The keys that `model` takes at `path`, read off its JSON Schema; of several kinds those that fit."""
    try:
        schema: Schema = model.model_json_schema(by_alias=True)
    except PydanticInvalidForJsonSchema:
        return set()
    definitions: Mapping[str, Schema] = schema.get("$defs", {})
    found = [schema]
    for step in path:
        found = [inner for one in found for inner in _inside(one, step, definitions)]
    every = list(_each(found, definitions))
    fitting = [one for one in every if _is_of_kind(one, written)] or every
    return {key for one in fitting for key in one.get("properties", {})}


def _is_of_kind(schema: Schema, written: Node | None) -> bool:
    """Whether what is written names no other kind: a property with one value, such as ``kind: top_k``."""
    for key, one in schema.get("properties", {}).items():
        said = written.child(key) if written else None
        if "const" in one and said is not None and said.content != one["const"]:
            return False
    return True


def _inside(schema: Schema, step: str | int, definitions: Mapping[str, Schema]) -> Iterator[Schema]:
    for one in _each([schema], definitions):
        if isinstance(step, int):
            places = [*one.get("prefixItems", [])[step : step + 1], one.get("items")]
        else:
            places = [one.get("properties", {}).get(step, one.get("additionalProperties"))]
        yield from (place for place in places if isinstance(place, Mapping))


def _each(schemas: Iterable[Schema], definitions: Mapping[str, Schema]) -> Iterator[Schema]:
    """Every alternative a schema stands for, references followed."""
    for schema in schemas:
        if "$ref" in schema:
            yield from _each([definitions[schema["$ref"].rpartition("/")[2]]], definitions)
        for combination in ("anyOf", "oneOf", "allOf"):
            yield from _each(schema.get(combination, []), definitions)
        yield schema
