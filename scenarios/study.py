"""The study: a scenario × factors × seeds, laid out as cells that share their seeds.

`StudyFile` is what a YAML file may say; `Study` is what the loader makes of it, every cell validated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field, JsonValue

from lab.core.canonical import canonical
from lab.core.streams import replicate_seed
from scenarios.spec import MAX_SEED, LimitsSpec, Name, Scenario, Section, acting

MAX_CELLS = 1000
MAX_SEEDS = 1_000_000
SCENARIO = "scenario"
"""Alias and path of the factor whose levels are whole scenarios."""

Direction = Literal["greater", "less", "two-sided"]
Block = dict[str, JsonValue]


class FactorEntry(Section):
    """Something that differs between cells."""

    path: str
    """What it sets: params.punish.effect, agents.bob.policy, render.labels; agents by name."""
    levels: Annotated[list[JsonValue], Field(min_length=1)] | Annotated[Block, Field(min_length=1)]
    """Scalars, or named blocks; the cell shows the scalar or the name."""


class SeedsSpec(Section):
    """How many runs each cell has. Cells share seeds, so they are paired by design."""

    count: int = Field(1, ge=1, le=MAX_SEEDS)
    """Runs per cell."""
    root: int = Field(0, ge=0, le=MAX_SEED)
    """What the seeds of all replicates are derived from."""


class HypothesisEntry(Section):
    """A declared comparison: first level minus second level, over paired runs."""

    id: Name
    """Short name, such as H1."""
    factor: str
    """Alias of a factor."""
    contrast: Annotated[list[JsonValue], Field(min_length=2, max_length=2)]
    """Two levels of that factor."""
    measure: str
    """A measure of the scenario."""
    direction: Direction = "two-sided"
    """Expected sign of the difference."""


class StudyFile(Section):
    """A study file: a scenario × factors × seeds in YAML."""

    schema_: Literal[1] = Field(alias="schema")
    """Version of this format: 1."""
    study: Name
    """Name of the study in the log."""
    scenario: str | Block | None = None
    """Path of a scenario file relative to this one, or a scenario written here."""
    scenarios: dict[Name, str | Block] = {}
    """Instead of one scenario several by name, each a path or written here: the first factor, `scenario`."""
    factors: dict[Name, FactorEntry] = {}
    """What differs between cells, by alias."""
    seeds: SeedsSpec = SeedsSpec()
    """How many runs each cell has."""
    limits: LimitsSpec = LimitsSpec()
    """What stops the whole study."""
    hypotheses: tuple[HypothesisEntry, ...] = ()
    """Declared comparisons."""


@dataclass(frozen=True, slots=True)
class Level:
    """A value that a factor takes, and the name that cells show for it."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Factor:
    """What differs between cells: `path` of the scenario takes the value of each level."""

    alias: str
    path: str
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A declared comparison: `contrast[0]` minus `contrast[1]`, levels by name."""

    id: str
    factor: str
    contrast: tuple[str, str]
    measure: str
    direction: Direction


@dataclass(frozen=True, slots=True)
class Seeds:
    """Runs per cell, and the root of their seeds."""

    count: int
    root: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of levels, with the scenario that it makes.

    Attributes:
        index: place in file order, the last factor changing fastest.
        name: ``alias=level`` joined by commas, empty without factors.
        levels: alias to level name.
        scenario: the scenario of this cell.
    """

    index: int
    name: str
    levels: Mapping[str, str]
    scenario: Scenario


class Planned(NamedTuple):
    """A run that a study asks for."""

    cell: Cell
    replicate: int
    seed: int


@dataclass(frozen=True, slots=True)
class Study:
    """A validated study.

    Attributes:
        name: its name in the log.
        scenario: the scenario without any factor applied; the first one where there are several.
        factors: in file order.
        seeds: runs per cell, and their root.
        limits: what stops the whole study.
        hypotheses: declared comparisons.
        source: the file it was read from, as given.
        changes: for each cell, the sections of its scenario that differ from `scenario`.
    """

    name: str
    scenario: Scenario
    factors: tuple[Factor, ...]
    seeds: Seeds
    limits: LimitsSpec
    hypotheses: tuple[Hypothesis, ...]
    source: str
    changes: tuple[Mapping[str, Any], ...] = field(default=({},))

    def cells(self) -> tuple[Cell, ...]:
        """Every combination of levels, in file order."""
        base = self.scenario.to_json()
        rows = enumerate(zip(combinations(self.factors), self.changes, strict=True))
        return tuple(
            Cell(index, cell_name(levels), levels, Scenario.from_json(base | dict(changed)))
            for index, (levels, changed) in rows
        )

    def plan(self) -> Iterator[Planned]:
        """Every run: all cells of replicate 0, then of replicate 1 …; a replicate's seed is one for all."""
        cells = self.cells()
        for replicate in range(self.seeds.count):
            seed = replicate_seed(self.seeds.root, replicate)
            for cell in cells:
                yield Planned(cell, replicate, seed)

    @property
    def n_runs(self) -> int:
        """How many runs the study asks for."""
        return n_cells(self.factors) * self.seeds.count

    def identity(self) -> dict[str, Any]:
        """The part that may not change when a study is continued; see `compare_identity`."""
        factors = {
            factor.alias: {
                "path": factor.path,
                "levels": {one.name: _acting(one.value) for one in factor.levels},
            }
            for factor in self.factors
        }
        seeds = {"count": self.seeds.count, "root": self.seeds.root}
        return self.scenario.identity() | {"factors": factors, "seeds": seeds}

    def to_json(self) -> dict[str, Any]:
        """The study as JSON data."""
        return {
            "study": self.name,
            "scenario": self.scenario.to_json(),
            "factors": [
                {"alias": one.alias, "path": one.path, "levels": [[at.name, at.value] for at in one.levels]}
                for one in self.factors
            ],
            "seeds": {"count": self.seeds.count, "root": self.seeds.root},
            "limits": self.limits.model_dump(mode="json"),
            "hypotheses": [_hypothesis_json(one) for one in self.hypotheses],
            "source": self.source,
            "changes": [dict(changed) for changed in self.changes],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Study:
        """The study that `to_json` wrote down."""
        return cls(
            name=data["study"],
            scenario=Scenario.from_json(data["scenario"]),
            factors=tuple(
                Factor(one["alias"], one["path"], tuple(Level(*pair) for pair in one["levels"]))
                for one in data["factors"]
            ),
            seeds=Seeds(**data["seeds"]),
            limits=LimitsSpec.model_validate_json(canonical(data["limits"])),
            hypotheses=tuple(
                Hypothesis(**{**one, "contrast": tuple(one["contrast"])}) for one in data["hypotheses"]
            ),
            source=data["source"],
            changes=tuple(data["changes"]),
        )


def _acting(level: Any) -> Any:
    """A level as far as it decides behavior."""
    return acting(level) if isinstance(level, Mapping) and "kind" in level else level


def _hypothesis_json(one: Hypothesis) -> dict[str, Any]:
    fields = {"id": one.id, "factor": one.factor, "measure": one.measure, "direction": one.direction}
    return fields | {"contrast": list(one.contrast)}


def combinations(factors: tuple[Factor, ...]) -> Iterator[dict[str, str]]:
    """Alias to level name for every cell, the last factor changing fastest."""
    aliases = [factor.alias for factor in factors]
    for names in product(*([level.name for level in factor.levels] for factor in factors)):
        yield dict(zip(aliases, names, strict=True))


def n_cells(factors: tuple[Factor, ...]) -> int:
    """How many combinations of levels there are."""
    return prod(len(factor.levels) for factor in factors)


def cell_name(levels: Mapping[str, str]) -> str:
    """``alias=level`` joined by commas; empty without factors."""
    return ",".join(f"{alias}={level}" for alias, level in levels.items())


def level_name(value: Any) -> str:
    """How a cell shows a scalar level: texts as they are, all else as in YAML."""
    return value if isinstance(value, str) else canonical(value)


def compare_identity(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """What keeps a changed study from being continued, one line each; empty when nothing does.

    Levels may be added and `seeds.count` may grow.
    """
    before, after = _flat(old), _flat(new)
    lines = []
    for path in sorted(before.keys() | after.keys()):
        one, other = before.get(path), after.get(path)
        if one != other and not _may_change(path, one, other, old):
            lines.append(f"{'.'.join(path)}: {_shown(one)} → {_shown(other)}")
    return lines


def _may_change(path: tuple[str, ...], one: str | None, other: str | None, old: Mapping[str, Any]) -> bool:
    if path == ("seeds", "count"):
        return one is not None and other is not None and int(other) > int(one)
    is_level = len(path) > 3 and path[0] == "factors" and path[2] == "levels"
    known = old["factors"].get(path[1]) if is_level else None
    return known is not None and path[3] not in known["levels"]


def _shown(text: str | None) -> str:
    return "(absent)" if text is None else text


def _flat(data: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    """Every leaf as canonical text by its path; agents by name, empty containers as leaves."""
    if isinstance(data, Mapping) and data:
        inside = data.items()
    elif isinstance(data, list) and data:
        inside = {_called(item, index): item for index, item in enumerate(data)}.items()
    else:
        return {path: canonical(data)}
    return {leaf: text for key, value in inside for leaf, text in _flat(value, (*path, key)).items()}


def _called(item: Any, index: int) -> str:
    name = item.get("name") if isinstance(item, Mapping) else None
    return name if isinstance(name, str) else str(index)
