"""What one environment offers: params with their defaults, policies with their options, measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from lab.cli.printing import json_line, say
from lab.cli.table import table
from lab.cli.words import value_words
from lab.core.canonical import parse
from lab.core.registry import is_import_string, load_object
from scenarios.catalog import load_environment

if TYPE_CHECKING:
    from pydantic import BaseModel

REQUIRED = "required"


def environment_json(name: str) -> dict[str, Any]:
    """One environment as JSON data; fields without a default are named in ``required``.

    Raises:
        UnknownName: when there is no such environment.
        UsageError: when its import fails.
    """
    from agents.scripted import ANY_GAME

    kind = load_environment(name, str(Path.cwd()) if is_import_string(name) else None)
    policies = {**kind.policies, **ANY_GAME}
    return {
        "environment": name,
        "about": _first_line(kind),
        "agents": [kind.seats_min, kind.seats_max],
        "roles": list(kind.roles),
        "params": _defaults(kind.Params),
        "agent_params": _defaults(kind.AgentParams),
        "live": list(kind.live),
        "policies": [_policy_json(policy, place) for policy, place in policies.items()],
        "measures": [{"measure": one.name, "unit": one.unit, "about": one.about} for one in kind.measures],
    }


def environment_sheet(told: Mapping[str, Any]) -> None:
    """Print an environment that `environment_json` told."""
    low, high = told["agents"]
    agents = f"{low}" if low == high else f"{low} to {high}" if high else f"{low} or more"
    say(f"{told['environment']}: {told['about']}")
    say(f"{agents} agents" + (f", roles {value_words(told['roles'])}" if told["roles"] else ""))
    for title, key in (("param", "params"), ("param of an agent", "agent_params")):
        if rows := list(_param_rows(told[key], told["live"] if key == "params" else ())):
            say()
            table((title, "default", ""), rows)
    say()
    policies = told["policies"]
    table(("policy", "options", "about"), [(one["policy"], _options(one), one["about"]) for one in policies])
    say()
    table(
        ("measure", "unit", "about"),
        [(one["measure"], one["unit"], one["about"]) for one in told["measures"]],
    )


def _policy_json(name: str, place: str) -> dict[str, Any]:
    kind = load_object(place, "policy")
    return {"policy": f"scripted/{name}", "about": _first_line(kind), "options": _defaults(kind)}


def _first_line(kind: type) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]


def _defaults(spec: type[BaseModel]) -> dict[str, Any]:
    """Each field with its default as JSON data, the names of those without one, and what some may be."""
    required = [name for name, field in spec.model_fields.items() if field.is_required()]
    given = {
        name: field.get_default(call_default_factory=True)
        for name, field in spec.model_fields.items()
        if name not in required
    }
    filled = spec.model_construct(**given)
    data: dict[str, Any] = parse(filled.model_dump_json(include=set(given), warnings=False))
    return {"defaults": data, "required": required, "options": dict(_choices(spec))}


def _choices(spec: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, list[Any]]]:
    """The values of every field that has a list of them, by path."""
    from pydantic import BaseModel

    for name, field in spec.model_fields.items():
        kinds = [field.annotation, *get_args(field.annotation)]
        values = [value for kind in kinds if get_origin(kind) is Literal for value in get_args(kind)]
        if values:
            yield prefix + name, values
        for kind in kinds:
            if isinstance(kind, type) and issubclass(kind, BaseModel):
                yield from _choices(kind, f"{prefix}{name}.")


def _param_rows(params: Mapping[str, Any], live: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Name, default, what it may be, whether a fork may change it; parts of a param stand by their path."""
    may_be = {path: " or ".join(map(str, values)) for path, values in params["options"].items()}
    for name in params["required"]:
        yield name, REQUIRED, may_be.get(name, "")
    for path, value in _leaves(params["defaults"]):
        notes = [may_be.get(path, ""), "live: a fork may change it" if path in live else ""]
        yield path, json_line(value), "; ".join(note for note in notes if note)


def _leaves(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in data.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _options(policy: Mapping[str, Any]) -> str:
    options = policy["options"]
    told = [f"{name} {REQUIRED}" for name in options["required"]]
    return ", ".join([*told, *(f"{name}: {json_line(one)}" for name, one in options["defaults"].items())])
