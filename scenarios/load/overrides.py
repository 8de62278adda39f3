"""Changing a scenario before it is checked: groups of agents, `--set path=value`, levels of factors.

A path names agents, never numbers them, and a group's name stands for all its members:
``agents.bob.policy.slope``, ``params.punish.effect``, ``render.labels``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import Any, NamedTuple

from lab.core.errors import Problem, ScenarioError, UnknownName
from scenarios.load.problems import in_words, unknown_key
from scenarios.load.tree import Node, Path, Place, from_plain
from scenarios.load.yaml_text import read_option
from scenarios.spec import MAX_GROUP, AgentEntry, Scenario

FIXED = ("schema", "name")
AGENT_PARTS = tuple(sorted(set(AgentEntry.model_fields) - {"name"}))
_STEP = re.compile(r"[^.\[\]]+|\[\d+\]")
_PATH = re.compile(r"[^.\[\]]+(\.[^.\[\]]+|\[\d+\])*$")


class Draft(NamedTuple):
    """A scenario on its way: its tree with groups expanded, and each agent's group."""

    root: Node
    groups: tuple[str | None, ...]
    folder: FilePath

    def agent_names(self) -> list[str | None]:
        """The agents' names in order; None where a name is missing or no text."""
        agents = self.root.child("agents")
        count = len(agents.content) if agents and isinstance(agents.content, list) else 0
        return [_text_at(self.root, ("agents", index, "name")) for index in range(count)]


@dataclass(frozen=True, slots=True)
class Override:
    """A value for the part of a scenario that `path` names; `place` is where the path is written."""

    path: Path
    value: Node
    place: Place

    @property
    def sizes_group(self) -> bool:
        """Whether it sets the `count` of an entry, which decides who the agents are."""
        return sizes_group(self.path)


def sizes_group(path: Path) -> bool:
    """Whether a path names the `count` of an entry."""
    return len(path) == 3 and path[0] == "agents" and path[2] == "count"


def parse_path(text: str) -> Path | None:
    """The steps of a path such as ``params.levels[0].price``, or None when it is no path."""
    if not _PATH.match(text):
        return None
    return tuple(int(step[1:-1]) if step[0] == "[" else step for step in _STEP.findall(text))


def parse_settings(settings: Iterable[str]) -> tuple[list[Override], list[Problem]]:
    """The overrides that ``path=value`` texts ask for, and what is wrong with the others."""
    overrides: list[Override] = []
    problems: list[Problem] = []
    for setting in settings:
        place = Place(f"--set {setting}")
        path_text, equals, value = setting.partition("=")
        path = parse_path(path_text.strip())
        if not equals or path is None:
            problems.append(place.problem("should be path=value, such as params.rounds=5"))
            continue
        try:
            read = read_option(value, place.file)
        except ScenarioError as error:
            problems.extend(error.problems)
            continue
        problems.extend(read.problems)
        overrides.append(Override(path, read.root, place))
    return overrides, problems


def expanded(root: Node, folder: FilePath) -> Draft:
    """The draft of a file: an entry with a valid `count` becomes members called NAME-1, NAME-2 and so on."""
    agents = root.child("agents")
    if agents is None or not isinstance(agents.content, list):
        return Draft(root, (), folder)
    members = [member for entry in agents.content for member in _members(entry)]
    changed = root.replaced(("agents",), Node(agents.place, [node for node, _ in members]))
    return Draft(changed, tuple(group for _, group in members), folder)


def _members(entry: Node) -> list[tuple[Node, str | None]]:
    name, count = _text_at(entry, ("name",)), entry.get(("count",))
    size = count.content if count else None
    if name is None or type(size) is not int or not 1 <= size <= MAX_GROUP:
        return [(entry, None)]
    content = {key: node for key, node in entry.content.items() if key != "count"}
    return [
        (replace(entry, content=content | {"name": replace(content["name"], content=f"{name}-{i}")}), name)
        for i in range(1, size + 1)
    ]


def resized(root: Node, overrides: Iterable[Override]) -> tuple[Node, list[Problem]]:
    """A file's tree with the overrides of `count` applied, before its groups are expanded."""
    problems: list[Problem] = []
    for override in overrides:
        agents = root.child("agents")
        entries = agents.content if agents and isinstance(agents.content, list) else []
        names = [_text_at(entry, ("name",)) for entry in entries]
        name = override.path[1]
        if name not in names:
            problems.append(override.place.problem(_unknown_agent(name, names)))
            continue
        row = names.index(str(name))
        root = root.replaced(("agents", row, "count"), override.value)
    return root, problems


def overridden(
    draft: Draft, overrides: Iterable[Override], base: Scenario | None
) -> tuple[Draft, list[Problem]]:
    """The draft with values replaced.

    Args:
        draft: what is changed.
        overrides: in order; a later one wins.
        base: the scenario before the change. With it a path must exist, and a part that the file leaves
            to its default is filled in before a value inside it is replaced.
    """
    problems: list[Problem] = []
    root, data = draft.root, resolved_data(base) if base else None
    for override in overrides:
        targets, message = find_targets(override.path, draft, data)
        if message:
            problems.append(override.place.problem(message))
        for target in targets:
            known = _named(target, draft)
            root = _filled(root, target, known, data).replaced(target, override.value)
    return draft._replace(root=root), problems


def find_targets(path: Path, draft: Draft, data: Mapping[str, Any] | None) -> tuple[list[Path], str | None]:
    """The parts of the tree that `path` means, or none and why.

    `data` is the resolved scenario with agents by name (see `resolved_data`), or None when there is none.
    """
    if path[0] in FIXED:
        return [], f"'{path[0]}' cannot be changed"
    if path[0] == "agents":
        rows, message = _agent_rows(path, draft)
    else:
        rows, message = [path], None
    if not message and data is not None and rows:
        message = _not_there(_named(rows[0], draft), data)
    return ([], message) if message else (rows, None)


def _agent_rows(path: Path, draft: Draft) -> tuple[list[Path], str | None]:
    if len(path) < 3:
        return [], f"should go on to a part of an agent: agents.NAME.{'|'.join(AGENT_PARTS)}"
    if path[1] not in (names := _agent_and_group_names(draft)):
        return [], _unknown_agent(path[1], names)
    if path[2] not in AGENT_PARTS:
        return [], unknown_key(str(path[2]), AGENT_PARTS)
    rows = enumerate(zip(draft.agent_names(), draft.groups, strict=True))
    return [("agents", row, *path[2:]) for row, called in rows if path[1] in called], None


def _agent_and_group_names(draft: Draft) -> list[str | None]:
    return [*draft.agent_names(), *draft.groups]


def _unknown_agent(step: str | int, names: Sequence[str | None]) -> str:
    if isinstance(step, int) or step.isdigit():
        return "agents are named here, never numbered: agents.NAME.policy"
    return str(UnknownName("agent", step, {name for name in names if name}))


def _named(target: Path, draft: Draft) -> Path:
    """A path of the tree with the agent's group or name in place of its row."""
    if target[0] != "agents":
        return target
    row = int(target[1])
    return ("agents", draft.groups[row] or str(draft.agent_names()[row]), *target[2:])


def resolved_data(base: Scenario) -> dict[str, Any]:
    """A scenario as JSON data with its agents by name; a group's first member stands for the group."""
    data = base.to_json()
    agents: dict[str, Any] = {}
    for agent in data["agents"]:
        agents.setdefault(agent["group"] or agent["name"], agent)
    return data | {"agents": agents}


def _not_there(path: Path, data: Mapping[str, Any]) -> str | None:
    """Why the resolved scenario has no such part; the options of a policy may be new."""
    value: Any = data
    for depth, step in enumerate(path):
        if isinstance(value, Mapping):
            if depth == 3 and path[0] == "agents" and path[2] == "policy":
                return None
            if step not in value:
                return unknown_key(str(step), value)
            value = value[str(step)]
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return f"'{path[depth - 1]}' is {in_words(value)}; it has no part '{step}'"
    return None


def _filled(root: Node, target: Path, known: Path, data: Mapping[str, Any] | None) -> Node:
    """The tree with the outermost missing container on the way to `target` taken from `data`."""
    value: Any = data
    for depth in range(1, len(target)):
        value = value.get(known[depth - 1]) if isinstance(value, Mapping) else None
        if root.get(target[:depth]) is None:
            if value is None:
                return root
            place = root.place_of(target[:depth])
            return root.replaced(target[:depth], from_plain(value, place))
    return root


def _text_at(node: Node, path: Path) -> str | None:
    found = node.get(path)
    return found.content if found and isinstance(found.content, str) else None
