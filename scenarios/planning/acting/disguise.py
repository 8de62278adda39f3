"""Names that mean nothing, drawn for the actions, relations, types and objects of a run.

An agent that solves a task by what it has read of blocks or ferries, not by the rules it is given, is worse
under a disguise (as in the obfuscated domains of PlanBench, Valmeekam et al., arXiv 2206.10498).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from scenarios.planning.strips.model import (
    ActionSchema,
    Atom,
    Condition,
    Domain,
    Predicate,
    Task,
    Typed,
)
from scenarios.planning.strips.schemas import EQUALS, OBJECT

if TYPE_CHECKING:
    from numpy.random import Generator

Names = Mapping[str, str]
FEWEST_NAMES = 90


@dataclass(frozen=True, slots=True)
class Disguise:
    """New names by old ones, for each kind of name; `object` and ``=`` keep theirs."""

    actions: Names
    predicates: Names
    types: Names
    objects: Names

    @classmethod
    def drawn(cls, tasks: Sequence[Task], rng: Generator) -> Disguise:
        """New names for tasks of one domain: a letter for the kind and a drawn number, as in ``p41``."""
        domain = tasks[0].domain
        relations = [item.name for item in (*domain.predicates, *domain.functions)]
        return cls(
            actions=_drawn("a", (schema.name for schema in domain.actions), rng),
            predicates=_drawn("p", relations, rng),
            types=_drawn("t", domain.parents, rng) | {OBJECT: OBJECT},
            objects=_drawn("o", (item.name for task in tasks for item in task.objects), rng),
        )

    def task(self, task: Task) -> Task:
        """The same task under the new names."""
        return replace(
            task,
            domain=self.domain(task.domain),
            objects=self._typed(task.objects),
            init=frozenset(self._atom(atom) for atom in task.init),
            goal=self._conditions(task.goal),
            costs={self._atom(atom): cost for atom, cost in task.costs.items()},
        )

    def domain(self, domain: Domain) -> Domain:
        """The same domain under the new names, its actions in the order of theirs."""
        schemas = sorted((self._schema(schema) for schema in domain.actions), key=lambda one: one.name)
        return replace(
            domain,
            parents={self.types[name]: self.types[above] for name, above in domain.parents.items()},
            constants=self._typed(domain.constants),
            predicates=tuple(self._predicate(item) for item in domain.predicates),
            functions=tuple(self._predicate(item) for item in domain.functions),
            actions=tuple(schemas),
        )

    def _schema(self, schema: ActionSchema) -> ActionSchema:
        given = {item.name: f"?x{place}" for place, item in enumerate(schema.parameters, 1)}
        return ActionSchema(
            name=self.actions[schema.name],
            parameters=self._typed(schema.parameters, given),
            conditions=tuple(sorted(self._conditions(schema.conditions, given))),
            add=tuple(sorted(self._atom(atom, given) for atom in schema.add)),
            delete=tuple(sorted(self._atom(atom, given) for atom in schema.delete)),
            costs=tuple(cost if isinstance(cost, int) else self._atom(cost, given) for cost in schema.costs),
        )

    def _predicate(self, item: Predicate) -> Predicate:
        given = {one.name: f"?x{place}" for place, one in enumerate(item.parameters, 1)}
        return Predicate(self.predicates[item.name], self._typed(item.parameters, given))

    def _typed(self, items: Iterable[Typed], variables: Names | None = None) -> tuple[Typed, ...]:
        names = variables if variables is not None else self.objects
        return tuple(Typed(names[item.name], self.types[item.type]) for item in items)

    def _conditions(
        self, conditions: Iterable[Condition], variables: Names | None = None
    ) -> tuple[Condition, ...]:
        return tuple(Condition(self._atom(one.atom, variables), one.holds) for one in conditions)

    def _atom(self, atom: Atom, variables: Names | None = None) -> Atom:
        name, *terms = atom
        known = {**self.objects, **(variables or {})}
        return (name if name == EQUALS else self.predicates[name], *(known[term] for term in terms))


def _drawn(letter: str, names: Iterable[str], rng: Generator) -> dict[str, str]:
    """A letter and a number for each name; the numbers say nothing of the names' order."""
    known = sorted(set(names))
    count = max(FEWEST_NAMES, 2 * len(known))
    numbers = rng.permutation(count)[: len(known)]
    return {name: f"{letter}{10 + int(number)}" for name, number in zip(known, numbers, strict=True)}
