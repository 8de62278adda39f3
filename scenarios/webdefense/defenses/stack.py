"""The table of defenses, and stacks of them as YAML lists them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import Field, ValidationError

from lab.core.canonical import canonical, shown
from lab.core.errors import UsageError, suggestion
from lab.core.registry import Registry
from lab.core.streams import stream_key
from scenarios.environment import Spec
from scenarios.webdefense.defenses.base import Defense
from scenarios.webdefense.site.world import Site

_HERE = "scenarios.webdefense.defenses."
DEFENSES = Registry(
    "defense",
    {
        "none": _HERE + "notices:NoDefense",
        "placebo_text": _HERE + "notices:PlaceboText",
        "warning": _HERE + "notices:WarningNotice",
        "ipi_stop": _HERE + "notices:IpiStop",
        "robots_policy": _HERE + "server_side:RobotsPolicy",
        "rate_limit": _HERE + "server_side:RateLimit",
        "trap_link": _HERE + "server_side:TrapLink",
        "canary_rows": _HERE + "canary:CanaryRows",
    },
)


class DefenseSpec(Spec):
    """One layer of a stack in YAML: ``{use: ipi_stop, params: {scope: /staff}}``."""

    use: str
    params: Mapping[str, Any] = Field(default_factory=dict)


def stack_problems(stack: Sequence[DefenseSpec]) -> Iterator[tuple[str, str]]:
    """(path within the list, what is wrong) for every fault of a stack: names, repeats, options."""
    names = [layer.use for layer in stack]
    for place, layer in enumerate(stack):
        if layer.use in names[:place]:
            yield f"{place}.use", f"'{layer.use}' stands in the stack already: each defense may be used once"
        if layer.use == "none" and len(stack) > 1:
            yield f"{place}.use", "'none' stands alone: leave it out of a stack of other defenses"
        for where, problem in _layer_problems(layer):
            yield f"{place}.{where}", problem


def build_stack(stack: Sequence[DefenseSpec], site: Site, key: int) -> tuple[Defense[Any], ...]:
    """The defenses, started, in the order listed; `key` is the stream their draws come from."""
    defenses = tuple(_defense(layer) for layer in stack)
    for defense in defenses:
        defense.on_start(site, stream_key(key, defense.name))
    return defenses


def _defense(layer: DefenseSpec) -> Defense[Any]:
    kind = DEFENSES.load(layer.use)
    made: Defense[Any] = kind(kind.Params.model_validate_json(canonical(dict(layer.params))))
    return made


def _layer_problems(layer: DefenseSpec) -> Iterator[tuple[str, str]]:
    try:
        _defense(layer)
    except UsageError as error:
        yield "use", str(error)
    except ValidationError as error:
        known = sorted(DEFENSES.load(layer.use).Params.model_fields)
        details = error.errors(include_url=False)
        places = [detail["loc"] for detail in details]
        for detail in details:
            place = detail["loc"]
            if detail["type"] == "too_short" and any(p[:-1] == place for p in places):
                continue  # pydantic counts only the valid entries; the others are told already
            yield ".".join(("params", *map(str, place))), _told(detail, known)


def _told(detail: Mapping[str, Any], known: Sequence[str]) -> str:
    """One of pydantic's errors in the words of a file's author; `known` are the keys there are."""
    value = detail["input"]
    if detail["type"] == "extra_forbidden":
        key = str(detail["loc"][-1])
        return f"unknown key '{key}'{suggestion(key, known)} (known: {', '.join(known) or 'none'})"
    message = str(detail["msg"]).removeprefix("Value error, ").removeprefix("Input ")
    if not isinstance(value, str):
        return f"{message}, not {shown(value)}"
    return f"{message}, not '{value}'" + suggestion(value, re.findall("'([^']+)'", message))
