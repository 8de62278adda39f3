"""A study file as a `Study` with every cell validated, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lab.core.errors import Problem, ScenarioError, UnknownName, UsageError
from scenarios.catalog import STUDY_SUFFIX
from scenarios.load.bases import Base, Bases, find_bases
from scenarios.load.overrides import (
    Draft,
    Override,
    expanded,
    find_targets,
    parse_path,
    parse_settings,
    resized,
    resolved_data,
    sizes_group,
)
from scenarios.load.policies import PolicyCatalog
from scenarios.load.problems import in_words, validated
from scenarios.load.scenario import check_file, load_scenario, without_echoes
from scenarios.load.tree import Node, Place
from scenarios.load.tree import Path as TreePath
from scenarios.load.yaml_text import read_file
from scenarios.spec import Scenario
from scenarios.study import (
    MAX_CELLS,
    SCENARIO,
    Factor,
    Hypothesis,
    HypothesisEntry,
    Level,
    Seeds,
    Study,
    StudyFile,
    cell_name,
    combinations,
    level_name,
    n_cells,
)

SWEPT_ELSEWHERE = {
    "seed": "seeds are set by 'seeds'",
    "measures": "a study has the same measures in all cells",
}


class _Found(NamedTuple):
    """A factor of the file, with the nodes of its levels by name."""

    factor: Factor
    path: TreePath
    nodes: dict[str, Node]
    at: Node


def load_any(
    path: str | Path,
    *,
    policies: PolicyCatalog | None = None,
    set_: Sequence[str] = (),
    allow_code: bool = True,
    seed: int | None = None,
) -> Scenario | Study:
    """The study in a file named ``*.study.yaml``, the scenario in any other.

    Raises:
        ScenarioError: with every problem.
        UsageError: for a seed with a study, which brings its own.
    """
    if not str(path).endswith(STUDY_SUFFIX):
        return load_scenario(path, policies=policies, set_=set_, allow_code=allow_code, seed=seed)
    if seed is not None:
        raise UsageError(f"{path}: a study brings its own seeds; change 'seeds' in the file")
    return load_study(path, policies=policies, set_=set_, allow_code=allow_code)


def load_study(
    path: str | Path,
    *,
    policies: PolicyCatalog | None = None,
    set_: Sequence[str] = (),
    allow_code: bool = True,
) -> Study:
    """The study in a YAML file, every cell validated.

    Args:
        path: the file.
        policies: what knows the policies; without it only the structure of policies is checked.
        set_: changes to the scenario as ``path=value``, applied before the factors.
        allow_code: whether ``package.module:Class`` may be imported from the scenario's folder.

    Raises:
        ScenarioError: with every problem of the study, its scenario and its cells.
    """
    text = read_file(Path(path))
    loading = _Loading(text.root, Path(path), policies, allow_code)
    study = loading.study(set_)
    problems = without_echoes(text.problems, loading.problems)
    if problems or study is None:
        raise ScenarioError(problems)
    return study


class _Loading:
    """The reading of one study; collects problems on the way."""

    def __init__(self, root: Node, path: Path, policies: PolicyCatalog | None, allow_code: bool) -> None:
        self.problems: list[Problem] = []
        self._told_of_cells: set[tuple[str, str]] = set()
        self._root = root
        self._path = path
        self._policies = policies
        self._allow_code = allow_code

    def study(self, set_: Sequence[str]) -> Study | None:
        file, problems = validated(StudyFile, self._root)
        self.problems += problems
        settings, problems = parse_settings(set_)
        self.problems += problems
        bases = find_bases(
            self._root, self._path, settings, policies=self._policies, allow_code=self._allow_code
        )
        self.problems += bases.problems
        every = list(bases.by_name.values())
        factors = [one for one in self._factors() if all(self._fits(one, base) for base in every)]
        factors = self._without_overlap(factors, every)
        hypotheses = self._hypotheses(factors, bases)
        if not every or len(bases.usable) < len(every):
            return None
        changes = self._changes(factors, bases)
        if file is None or self.problems:
            return None
        plain = tuple(one.factor for one in factors)
        return Study(
            name=file.study,
            scenario=bases.usable[0][1],
            factors=(bases.factor, *plain) if bases.factor else plain,
            seeds=Seeds(file.seeds.count, file.seeds.root),
            limits=file.limits,
            hypotheses=tuple(hypotheses),
            source=str(self._path),
            changes=tuple(changes),
        )

    # --- the factors -------------------------------------------------------------------------------

    def _factors(self) -> Iterator[_Found]:
        node = self._root.child("factors")
        for alias, entry in node.content.items() if node and isinstance(node.content, dict) else ():
            path_node, levels = entry.child("path"), entry.child("levels")
            nodes = self._levels(levels) if levels else {}
            if path_node is None or not isinstance(path_node.content, str) or not nodes:
                continue
            path = parse_path(path_node.content)
            if path is None:
                self.problems.append(path_node.place.problem("should be a path such as params.rounds"))
                continue
            named = tuple(Level(name, one.plain()) for name, one in nodes.items())
            yield _Found(Factor(alias, path_node.content, named), path, nodes, path_node)

    def _levels(self, node: Node) -> dict[str, Node]:
        """Level nodes by name; those that cannot be one are told and left out."""
        if isinstance(node.content, dict):
            return {name: one for name, one in node.content.items() if self._shows(name, node.keys[name])}
        nodes: dict[str, Node] = {}
        for one in node.content if isinstance(node.content, list) else ():
            if isinstance(one.content, dict | list):
                self._tell(one, f"a level in a list should be a scalar, not {in_words(one.plain())}; name it")
                continue
            name = level_name(one.content)
            if name in nodes:
                self._tell(one, f"duplicate level {name}")
            elif self._shows(name, one.place):
                nodes[name] = one
        return nodes

    def _shows(self, name: str, place: Place) -> bool:
        """Whether a cell's name can show a level."""
        good = bool(name.strip()) and not set(name) & set(",=\n")
        if not good:
            message = f"a level's name should have no ',' and no '=', not '{name}'; give it a name as a block"
            self.problems.append(place.problem(message))
        return good

    def _fits(self, found: _Found, base: Base) -> bool:
        """Whether the scenario has the part that a factor sets."""
        message = SWEPT_ELSEWHERE.get(str(found.path[0]))
        if message is None and not sizes_group(found.path) and base.scenario is not None:
            _, message = find_targets(found.path, self._draft(base), resolved_data(base.scenario))
        if message is None and any(_overlap(found.path, one.path) for one in base.settings):
            message = "is set by --set too"
        if message:
            self._tell_once(found.at.place.problem(message))
        return message is None

    def _draft(self, base: Base) -> Draft:
        root, _ = resized(base.root, [one for one in base.settings if one.sizes_group])
        return expanded(root, base.folder)

    def _without_overlap(self, factors: list[_Found], bases: Sequence[Base]) -> list[_Found]:
        """The factors that no earlier factor interferes with in any of the scenarios."""
        for base in bases:
            factors = self._apart(factors, self._draft(base))
        return factors

    def _apart(self, factors: list[_Found], draft: Draft) -> list[_Found]:
        taken: list[tuple[TreePath, str]] = []
        kept = []
        for found in factors:
            targets, _ = find_targets(found.path, draft, None)
            rival = next((alias for path, alias in taken for one in targets if _overlap(path, one)), None)
            if rival:
                self._tell(found.at, f"factor '{rival}' sets a part of this too")
                continue
            taken += [(one, found.factor.alias) for one in targets]
            kept.append(found)
        return kept

    # --- the hypotheses ----------------------------------------------------------------------------

    def _hypotheses(self, factors: list[_Found], bases: Bases) -> list[Hypothesis]:
        node = self._root.child("hypotheses")
        rows = range(len(node.content)) if node and isinstance(node.content, list) else ()
        entries = {row: validated(HypothesisEntry, self._root, ("hypotheses", row))[0] for row in rows}
        hypotheses: list[Hypothesis] = []
        for row, entry in entries.items():
            if entry is None:
                continue
            if any(entry.id == other.id for other in hypotheses):
                self._tell_at(("hypotheses", row, "id"), f"duplicate hypothesis '{entry.id}'")
            hypotheses.append(self._hypothesis(("hypotheses", row), entry, factors, bases))
        return hypotheses

    def _hypothesis(
        self, at: TreePath, entry: HypothesisEntry, factors: list[_Found], bases: Bases
    ) -> Hypothesis:
        factors_node = self._root.child("factors")
        aliases = [*(factors_node.plain() if factors_node else ()), *([SCENARIO] if bases.factor else ())]
        if entry.factor not in aliases:
            self._tell_at((*at, "factor"), str(UnknownName("factor", entry.factor, aliases)))
        for _, scenario in bases.usable:
            if entry.measure not in scenario.measures:
                error = UnknownName("measure", entry.measure, scenario.measures)
                self._tell_once(self._root.problem((*at, "measure"), str(error)))
        first, second = (level_name(one) for one in entry.contrast)
        for factor in (*([bases.factor] if bases.factor else ()), *(one.factor for one in factors)):
            if factor.alias == entry.factor:
                self._contrast((*at, "contrast"), (first, second), factor)
        return Hypothesis(entry.id, entry.factor, (first, second), entry.measure, entry.direction)

    def _contrast(self, at: TreePath, names: tuple[str, str], factor: Factor) -> None:
        known = [level.name for level in factor.levels]
        for row, name in enumerate(names):
            if name not in known:
                error = UnknownName(f"level of '{factor.alias}'", name, known)
                self._tell_at((*at, row), str(error))
        if names[0] == names[1]:
            self._tell_at(at, "should be two different levels")

    # --- the cells ---------------------------------------------------------------------------------

    def _changes(self, factors: list[_Found], bases: Bases) -> list[Mapping[str, Any]]:
        """For each cell what differs from the first scenario; problems stand at the level's line."""
        plain = tuple(one.factor for one in factors)
        count = n_cells(plain) * len(bases.by_name)
        if count > MAX_CELLS:
            self._tell_at(("factors",), f"{count} cells, and a study has at most {MAX_CELLS}")
            return []
        first = bases.usable[0][1].to_json()
        return [
            self._cell_changes(factors, levels, base, first, name)
            for name, base in bases.by_name.items()
            for levels in combinations(plain)
        ]

    def _cell_changes(
        self,
        factors: list[_Found],
        levels: Mapping[str, str],
        base: Base,
        first: Mapping[str, Any],
        name: str | None,
    ) -> Mapping[str, Any]:
        overrides = [Override(one.path, one.nodes[levels[one.factor.alias]], one.at.place) for one in factors]
        checked = check_file(
            base.root,
            base.folder,
            [*base.settings, *overrides],
            policies=self._policies,
            allow_code=self._allow_code,
            base=base.scenario,
        )
        shown = levels if name is None else {SCENARIO: name, **levels}
        self._tell_of_cell(cell_name(shown), checked.problems)
        if checked.scenario is None:
            return {}
        return {key: value for key, value in checked.scenario.to_json().items() if first[key] != value}

    def _tell_of_cell(self, name: str, problems: Sequence[Problem]) -> None:
        """Tell problems at their level's line, and once at `factors` what no single level has written."""
        for problem in problems:
            if problem.file == str(self._path) and problem.path.startswith("factors."):
                self.problems.append(problem)
            elif (problem.path, problem.message) not in self._told_of_cells:
                self._told_of_cells.add((problem.path, problem.message))
                self._tell_at(("factors",), f"in cell {name}: {problem.path}: {problem.message}")

    # --- telling -----------------------------------------------------------------------------------

    def _tell_once(self, problem: Problem) -> None:
        if problem not in self.problems:
            self.problems.append(problem)

    def _tell(self, node: Node, message: str) -> None:
        self.problems.append(node.place.problem(message))

    def _tell_at(self, path: TreePath, message: str) -> None:
        self.problems.append(self._root.problem(path, message))


def _overlap(one: TreePath, other: TreePath) -> bool:
    """Whether one path lies at or below the other."""
    length = min(len(one), len(other))
    return one[:length] == other[:length]
