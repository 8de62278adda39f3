"""The scenarios that a study varies, each as a tree and as what it is without any factor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.core.errors import Problem, ScenarioError
from scenarios.load.overrides import Override
from scenarios.load.policies import PolicyCatalog
from scenarios.load.scenario import check_file, without_echoes
from scenarios.load.tree import Node
from scenarios.load.yaml_text import read_file
from scenarios.spec import Scenario
from scenarios.study import SCENARIO, Factor, Level


@dataclass(frozen=True, slots=True)
class Base:
    """A scenario that a study varies.

    Attributes:
        root: its tree.
        folder: where its paths begin.
        settings: what ``--set`` changes in it.
        scenario: what it is without any factor, None where it cannot be used.
    """

    root: Node
    folder: Path
    settings: Sequence[Override]
    scenario: Scenario | None


@dataclass(frozen=True, slots=True)
class Bases:
    """All scenarios of a study, by name; the one of `scenario:` has the name None.

    Attributes:
        by_name: in file order.
        problems: what is wrong with them, and with how they are named.
    """

    by_name: Mapping[str | None, Base]
    problems: Sequence[Problem]

    @property
    def usable(self) -> list[tuple[Base, Scenario]]:
        """Those that can be used."""
        return [(base, base.scenario) for base in self.by_name.values() if base.scenario is not None]

    @property
    def factor(self) -> Factor | None:
        """The factor whose levels are the scenarios, None where there is one scenario without a name."""
        if None in self.by_name:
            return None
        named = ((str(name), base.scenario) for name, base in self.by_name.items())
        levels = tuple(Level(name, scenario.identity()) for name, scenario in named if scenario)
        return Factor(SCENARIO, SCENARIO, levels)


def find_bases(
    root: Node,
    path: Path,
    settings: Sequence[Override],
    *,
    policies: PolicyCatalog | None,
    allow_code: bool,
) -> Bases:
    """The scenario under `scenario:`, or those under `scenarios:`, each a path or written there.

    Args:
        root: the study file's tree.
        path: the study file.
        settings: changes from the command line.
        policies: what knows the policies.
        allow_code: whether code beside the files may be imported.
    """
    problems = list(_misnamed(root))
    by_name: dict[str | None, Base] = {}
    for name, node in _named(root):
        found = _tree(node, path, problems)
        if found is None:
            continue
        tree, folder, before = found
        checked = check_file(tree, folder, settings, policies=policies, allow_code=allow_code)
        problems += without_echoes(before, checked.problems)
        by_name[name] = Base(tree, folder, settings, checked.scenario)
    return Bases(by_name, problems)


def _misnamed(root: Node) -> Iterator[Problem]:
    """What keeps the scenarios from being told apart."""
    one, several, factors = (root.child(key) for key in ("scenario", "scenarios", "factors"))
    if one is None and several is None:
        yield root.problem((), "should have 'scenario', or several under 'scenarios'")
    if one is not None and several is not None:
        yield several.place.problem("the study has 'scenario' too; it takes one of the two")
    if several is not None and several.content == {}:
        yield several.place.problem("should name one scenario or more")
    if several is not None and factors is not None and factors.child(SCENARIO) is not None:
        message = f"with 'scenarios' no factor can be named '{SCENARIO}'; that is the first one"
        yield root.problem(("factors", SCENARIO), message, of_key=True)


def _named(root: Node) -> list[tuple[str | None, Node]]:
    one, several = root.child("scenario"), root.child("scenarios")
    if several is not None and isinstance(several.content, dict):
        return [(name, node) for name, node in several.content.items()]
    return [(None, one)] if one is not None else []


def _tree(node: Node, path: Path, problems: list[Problem]) -> tuple[Node, Path, Sequence[Problem]] | None:
    """A scenario's tree, the folder its paths begin at, and what was wrong with its YAML."""
    if isinstance(node.content, dict):
        return node, path.resolve().parent, ()
    if not isinstance(node.content, str):
        return None
    file = path.parent / node.content
    if not file.exists():
        problems.append(node.place.problem(f"no such file '{file}'"))
        return None
    try:
        text = read_file(file)
    except ScenarioError as error:
        problems += error.problems
        return None
    return text.root, file.resolve().parent, text.problems
