"""What must hold between the sections of a scenario: names that exist, params that fit, rules of the game.

Every check looks only at the parts it needs, so one broken part hides no problem of another.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import PathFinder
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from lab.core.canonical import canonical, parse
from lab.core.errors import Problem, UnknownName, UsageError
from lab.core.ports import Seat
from scenarios.catalog import load_code, load_environment
from scenarios.environment import Environment, Spec
from scenarios.load.code import code_names, modules_hash
from scenarios.load.overrides import Draft, parse_path
from scenarios.load.policies import PolicyCatalog, length_of, policy_problems
from scenarios.load.problems import validated
from scenarios.load.tree import Node, Path
from scenarios.spec import Scenario, ScenarioFile, plays

SECTIONS = frozenset(field.alias or name for name, field in ScenarioFile.model_fields.items())
INTERVENTIONS: tuple[str, ...] = ()

EnvironmentClass = type[Environment[Any]]
NamedCode = list[tuple[Path, str]]


class Checked(NamedTuple):
    """The scenario a draft stands for, or None and everything that is wrong with it."""

    scenario: Scenario | None
    problems: list[Problem]


class Parts(NamedTuple):
    """What the environment's specs make of a draft; None where they refuse it."""

    params: Spec | None
    agent_params: list[Spec | None]


def check(draft: Draft, *, policies: PolicyCatalog | None, allow_code: bool) -> Checked:
    """Check a whole draft; see `Checked`."""
    file, problems = validated(ScenarioFile, draft.root)
    problems += _names(draft)
    problems += _interventions(draft.root)
    code = code_names(draft.root)
    unusable, more = _code(draft, code, allow_code)
    problems += more
    environment, more = _environment(draft, unusable, str(draft.folder) if code else None)
    problems += more
    if environment is None:
        return Checked(None, problems)
    parts, more = _specs(draft.root, environment, len(draft.agent_names()))
    problems += more
    problems += _names_of(draft, environment)
    problems += _game_rules(draft, environment, parts)
    if policies is not None:
        problems += policy_problems(draft.root, environment, policies, unusable)
    if problems or file is None:
        return Checked(None, problems)
    return Checked(_resolved(file, draft, environment, parts, code), [])


def _code(draft: Draft, code: NamedCode, allow_code: bool) -> tuple[set[Path], list[Problem]]:
    """Where code is named that cannot be imported, and why."""
    reasons: dict[Path, str] = {}
    for path, name in code:
        if not allow_code:
            reasons[path] = _not_imported(name, draft.folder)
            continue
        try:
            load_code(name, str(draft.folder), str(path[-1]))
        except UsageError as error:
            reasons[path] = str(error)
    return set(reasons), [draft.root.problem(path, reason) for path, reason in reasons.items()]


def _not_imported(name: str, folder: FilePath) -> str:
    """What to say of code that was not to be imported."""
    package = name.partition(":")[0].partition(".")[0]
    if PathFinder.find_spec(package, [str(folder), *sys.path]) is None:
        return f"'{name}': there is no {package}.py beside this file"
    return f"'{name}' is code: `lab validate` imports code only with --allow-code"


def _environment(
    draft: Draft, unusable: set[Path], code_dir: str | None
) -> tuple[EnvironmentClass | None, list[Problem]]:
    node = draft.root.child("environment")
    if node is None or not isinstance(node.content, str) or ("environment",) in unusable:
        return None, []
    try:
        return load_environment(node.content, code_dir), []
    except UsageError as error:
        return None, [node.place.problem(str(error))]


def _names(draft: Draft) -> Iterator[Problem]:
    """Names used twice; an agent may not be called like a group either."""
    taken = {group for group in draft.groups if group}
    for row, (name, group) in enumerate(zip(draft.agent_names(), draft.groups, strict=True)):
        if name is not None and name in taken:
            yield draft.root.problem(("agents", row, "name"), f"duplicate agent name '{group or name}'")
        if name is not None:
            taken.add(name)


def _interventions(root: Node) -> Iterator[Problem]:
    for row in range(length_of(root, "interventions")):
        kind = root.get(("interventions", row, "kind"))
        if kind and isinstance(kind.content, str) and kind.content not in INTERVENTIONS:
            error = UnknownName("intervention kind", kind.content, INTERVENTIONS)
            yield kind.place.problem(str(error))


def _specs(root: Node, environment: EnvironmentClass, n_agents: int) -> tuple[Parts, list[Problem]]:
    params, problems = _section(environment.Params, root, ("params",))
    agent_params: list[Spec | None] = []
    for row in range(n_agents):
        one, more = _section(environment.AgentParams, root, ("agents", row, "params"))
        agent_params.append(one)
        problems += more
    return Parts(params, agent_params), problems


def _section(spec: type[Spec], root: Node, path: Path) -> tuple[Spec | None, list[Problem]]:
    node = root.get(path)
    if node is not None and not isinstance(node.content, dict):
        return None, []
    return validated(spec, root, path)


def _names_of(draft: Draft, environment: EnvironmentClass) -> Iterator[Problem]:
    """Names that only the environment knows: roles, measures, cover stories; and its number of wordings."""
    root = draft.root
    for row in range(len(draft.agent_names())):
        yield from _unknown(root, ("agents", row, "role"), "role", environment.roles)
    measures = [spec.name for spec in environment.measures]
    yield from _listed_names(root, ("measures",), "measure", measures)
    yield from _listed_names(root, ("render", "cover"), "cover", environment.covers)
    for path, value in _items(root, ("render", "wording")):
        if type(value) is int and value >= environment.wordings:
            highest = environment.wordings - 1
            yield root.problem(path, f"should be a wording from 0 to {highest}, not {value}")


def _listed_names(root: Node, at: Path, kind: str, known: Iterable[str]) -> Iterator[Problem]:
    seen: set[str] = set()
    for path, value in _items(root, at):
        yield from _unknown(root, path, kind, known)
        if value in seen:
            yield root.problem(path, f"duplicate {kind} '{value}'")
        seen.add(value)


def _unknown(root: Node, path: Path, kind: str, known: Iterable[str]) -> Iterator[Problem]:
    node = root.get(path)
    if node and isinstance(node.content, str) and node.content not in known:
        yield node.place.problem(str(UnknownName(kind, node.content, known)))


def _items(root: Node, path: Path) -> Iterator[tuple[Path, Any]]:
    """Path and value of the entries of a list, or of the one scalar that stands for it."""
    node = root.get(path)
    if node and isinstance(node.content, list):
        yield from (((*path, row), item.content) for row, item in enumerate(node.content))
    elif node and not isinstance(node.content, dict):
        yield path, node.content


def _game_rules(draft: Draft, environment: EnvironmentClass, parts: Parts) -> Iterator[Problem]:
    """How many agents the game takes, and what it demands of params and agents together."""
    names = draft.agent_names()
    low, high = environment.seats_min, environment.seats_max
    if names and not low <= len(names) <= (high or len(names)):
        allowed = f"{low}" if low == high else f"{low} to {high}" if high else f"{low} or more"
        yield draft.root.problem(("agents",), f"should be {allowed} agents, not {len(names)}")
        return
    seats = _seats(draft, parts)
    if parts.params is not None and seats is not None:
        for text, message in environment.problems(parts.params, seats):
            yield draft.root.problem(_rule_path(text, names), message)


def _seats(draft: Draft, parts: Parts) -> list[Seat] | None:
    names = draft.agent_names()
    if not names or any(name is None for name in names) or any(p is None for p in parts.agent_params):
        return None
    roles = [draft.root.get(("agents", row, "role")) for row in range(len(names))]
    policies = [draft.root.get(("agents", row, "policy")) for row in range(len(names))]
    return [
        _seat(str(name), role, params, policy)
        for name, role, params, policy in zip(names, roles, parts.agent_params, policies, strict=True)
    ]


def _seat(name: str, role: Node | None, params: Any, policy: Node | None) -> Seat:
    said = policy.plain() if policy and isinstance(policy.content, dict) else {}
    kind = said.get("kind")
    known = kind if isinstance(kind, str) else "scripted"
    return Seat(name, role.content if role else None, params, known, plays(said))


def _rule_path(text: str, names: list[str | None]) -> Path:
    """A path that an environment named: below `params` unless it begins with a section; agents by name."""
    path = parse_path(text) or ()
    if path and path[0] not in SECTIONS:
        path = ("params", *path)
    if len(path) > 1 and path[0] == "agents" and path[1] in names:
        path = ("agents", names.index(str(path[1])), *path[2:])
    return path or ("params",)


def _resolved(
    file: ScenarioFile, draft: Draft, environment: EnvironmentClass, parts: Parts, code: NamedCode
) -> Scenario:
    """The scenario of a draft without problems."""
    data = file.model_dump(mode="json", by_alias=True)
    data["params"] = _completed(parts.params)
    rows = zip(data["agents"], draft.groups, parts.agent_params, strict=True)
    for agent, group, params in rows:
        del agent["count"]
        agent |= {"group": group, "params": _completed(params)}
    data["render"]["cover"] = data["render"]["cover"] or [environment.covers[0]]
    if data["measures"] is None:
        data["measures"] = [spec.name for spec in environment.measures]
    data["environment_version"] = environment.version
    if code:
        data |= {"code_dir": str(draft.folder), "code_hash": modules_hash(code)}
    return Scenario.from_json(data)


def _completed(spec: Spec | None) -> Any:
    return parse(canonical(spec.model_dump(mode="json", by_alias=True))) if spec else {}
