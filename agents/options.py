"""Checking the options of a policy or model with pydantic, told in the loader's words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from lab.core.errors import suggestion


class Options(BaseModel):
    """Base of options: frozen, strict about types, refuses unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


def option_problems(options_class: type[BaseModel], options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(path, what is wrong) for every bad option; unknown ones with the nearest name."""
    try:
        options_class(**options)
    except ValidationError as error:
        for item in error.errors():
            path = ".".join(str(part) for part in item["loc"])
            if item["type"] == "extra_forbidden":
                known = _names_at(options_class, item["loc"][:-1])
                name = str(item["loc"][-1])
                yield path, f"unknown option{suggestion(name, known)} (options: {', '.join(known) or 'none'})"
            elif item["type"] == "missing":
                yield path, "should be given"
            else:
                yield path, f"{item['msg'].removeprefix('Value error, ')}, not {item['input']!r}"


def _names_at(options_class: type[BaseModel], path: tuple[int | str, ...]) -> list[str]:
    """The names of the options at a path of nested option classes."""
    for step in path:
        field = options_class.model_fields.get(str(step))
        kinds = _classes(field.annotation if field else None)
        if not kinds:
            return []
        options_class = kinds[0]
    return list(options_class.model_fields)


def _classes(annotation: Any) -> list[type[BaseModel]]:
    """The option classes that an annotation allows: itself, or one that may be left out."""
    kinds = get_args(annotation) or (annotation,)
    return [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
