"""A scenario file as a `Scenario`, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from lab.core.errors import Problem, ScenarioError
from scenarios.catalog import STUDY_SUFFIX
from scenarios.load.checks import Checked, check
from scenarios.load.overrides import Draft, Override, expanded, overridden, parse_settings, resized
from scenarios.load.policies import PolicyCatalog
from scenarios.load.tree import Node, Place, from_plain
from scenarios.load.yaml_text import read_file
from scenarios.spec import MAX_SEED, Scenario


def load_scenario(
    path: str | Path,
    *,
    policies: PolicyCatalog | None = None,
    set_: Sequence[str] = (),
    allow_code: bool = True,
    seed: int | None = None,
) -> Scenario:
    """The scenario in a YAML file.

    Args:
        path: the file.
        policies: what knows the policies; without it only the structure of policies is checked.
        set_: changes as ``path=value``, the value in YAML.
        allow_code: whether ``package.module:Class`` may be imported from the file's folder.
        seed: takes the place of the file's seed.

    Raises:
        ScenarioError: with every problem of the file and of the changes.
    """
    text = read_file(Path(path))
    if text.root.child("study") is not None and text.root.child("environment") is None:
        message = f"this is a study, and the name of a study's file ends in {STUDY_SUFFIX}"
        raise ScenarioError([text.root.problem(("study",), message, of_key=True)])
    overrides, problems = parse_settings(set_)
    if seed is not None:
        place = Place(f"--seed {seed}")
        if not 0 <= seed <= MAX_SEED:
            raise ScenarioError([place.problem(f"a seed is a whole number from 0 to {MAX_SEED}")])
        overrides.append(Override(("seed",), Node(place, seed), place))
    folder = Path(path).resolve().parent
    checked = check_file(text.root, folder, overrides, policies=policies, allow_code=allow_code)
    return scenario_or_raise(checked, [*text.problems, *problems])


def revise(scenario: Scenario, *, set_: Sequence[str], policies: PolicyCatalog | None = None) -> Scenario:
    """A resolved scenario with changes, checked anew; a fork changes its base run's scenario so.

    Raises:
        ScenarioError: with every problem of the changes.
    """
    overrides, problems = parse_settings(set_)
    draft = drafted(scenario)
    draft, more = overridden(draft, overrides, scenario)
    checked = check(draft, policies=policies, allow_code=True)
    return scenario_or_raise(checked, [*problems, *more])


def drafted(scenario: Scenario) -> Draft:
    """A resolved scenario as a draft, as if a file had said all of it."""
    data = scenario.to_json()
    for key in ("environment_version", "code_dir", "code_hash"):
        data.pop(key, None)
    groups = tuple(agent.pop("group") for agent in data["agents"])
    root = from_plain(data, Place(f"scenario {scenario.name}"))
    return Draft(root, groups, Path(scenario.code_dir or "."))


def check_file(
    root: Node,
    folder: Path,
    overrides: Sequence[Override],
    *,
    policies: PolicyCatalog | None,
    allow_code: bool,
    base: Scenario | None = None,
) -> Checked:
    """Check a file's tree with overrides applied; `base` is the scenario without them where it is known."""
    root, problems = resized(root, [one for one in overrides if one.sizes_group])
    draft = expanded(root, folder)
    values = [one for one in overrides if not one.sizes_group]
    if values and base is None:
        base = check(draft, policies=policies, allow_code=allow_code).scenario
    draft, more = overridden(draft, values, base)
    checked = check(draft, policies=policies, allow_code=allow_code)
    return checked._replace(problems=[*problems, *more, *checked.problems])


def scenario_or_raise(checked: Checked, problems: Iterable[Problem]) -> Scenario:
    """The checked scenario, or a `ScenarioError` with its problems and those met before."""
    found = without_echoes(problems, checked.problems)
    if found or checked.scenario is None:
        raise ScenarioError(found)
    return checked.scenario


def without_echoes(first: Iterable[Problem], then: Iterable[Problem]) -> list[Problem]:
    """All problems, less the later ones at a place where an earlier one says what is really wrong."""
    cause = list(first)
    places = {(problem.file, problem.line, problem.column) for problem in cause}
    echoes = [one for one in then if (one.file, one.line, one.column) in places]
    return [*cause, *(one for one in then if one not in echoes)]
