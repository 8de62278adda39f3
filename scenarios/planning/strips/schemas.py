"""What a domain is made of: atoms, actions, conditions, schemas, types. All names are lower case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

Atom = tuple[str, ...]
"""A predicate and its arguments, as ``("on", "a", "b")``; never one joined string, so no two atoms meet."""

State = frozenset[Atom]
"""The atoms that hold; every other atom does not."""

OBJECT = "object"
"""The type that every type descends from."""

EQUALS = "="
"""The built-in predicate, in preconditions only."""


def atom_text(atom: Atom) -> str:
    """An atom as a reader writes it: ``on(a, b)``, ``handempty``."""
    name, *args = atom
    return f"{name}({', '.join(args)})" if args else name


@dataclass(frozen=True, slots=True, order=True)
class Action:
    """One action with its arguments; `str` is ``stack(a, b)``."""

    name: str
    args: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.args)})"

    @property
    def pddl(self) -> str:
        """The action as plan files write it: ``(stack a b)``."""
        return f"({' '.join((self.name, *self.args))})"


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """An atom that must hold, or must not; `str` is ``clear(b)`` or ``not clear(b)``."""

    atom: Atom
    holds: bool = True

    def __str__(self) -> str:
        return atom_text(self.atom) if self.holds else f"not {atom_text(self.atom)}"

    def met(self, state: State) -> bool:
        """Whether the condition is true in `state`."""
        return (self.atom in state) == self.holds

    def bound(self, binding: Mapping[str, str]) -> Condition:
        """The condition with variables replaced by objects."""
        return Condition(bind(self.atom, binding), self.holds)


@dataclass(frozen=True, slots=True)
class Typed:
    """A name and its type: an object, a constant, a parameter (its name begins with ``?``)."""

    name: str
    type: str = OBJECT


@dataclass(frozen=True, slots=True)
class Predicate:
    """The name of a relation, or of a cost function, and what its arguments may be."""

    name: str
    parameters: tuple[Typed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSchema:
    """An action before its parameters are given.

    Attributes:
        name: as in plans.
        parameters: what the arguments may be, in order.
        conditions: positive and negative preconditions as written; ``("=", x, y)`` among them is equality.
        add: atoms true afterwards, also those that `delete` names.
        delete: atoms false afterwards, unless added.
        costs: terms of the action's cost: whole numbers and cost functions, whose values the task holds.
    """

    name: str
    parameters: tuple[Typed, ...] = ()
    conditions: tuple[Condition, ...] = ()
    add: tuple[Atom, ...] = ()
    delete: tuple[Atom, ...] = ()
    costs: tuple[int | Atom, ...] = ()

    def __str__(self) -> str:
        return f"{self.name}({', '.join(parameter.name.lstrip('?') for parameter in self.parameters)})"


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundAction:
    """A schema with objects for parameters, ready to be tried in any state.

    Attributes:
        action: its name and arguments.
        conditions: the preconditions in written order, without equalities.
        needs: the atoms that must hold.
        forbids: the atoms that must not hold.
        add: atoms true afterwards.
        delete: atoms false afterwards, unless added.
        cost: what it costs.
        blocked: why it can be done in no state at all: an equality that is false, a cost that has no value.
    """

    action: Action
    conditions: tuple[Condition, ...]
    needs: frozenset[Atom]
    forbids: frozenset[Atom]
    add: frozenset[Atom]
    delete: frozenset[Atom]
    cost: int
    blocked: Condition | None = None

    def applicable(self, state: State) -> bool:
        """Whether it can be done in `state`."""
        return self.blocked is None and self.needs <= state and self.forbids.isdisjoint(state)

    def after(self, state: State) -> State:
        """The state it leads to from `state`, where it must be applicable."""
        return (state - self.delete) | self.add


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A kind of world: its types, relations and actions.

    Attributes:
        name: as declared.
        requirements: the declared flags, such as ``:strips``.
        parents: the direct super-type of each type but ``object``.
        constants: objects that every task of the domain has.
        predicates: the relations.
        functions: the cost functions, ``total-cost`` left out.
        actions: the schemas as written.
    """

    name: str
    requirements: tuple[str, ...] = ()
    parents: Mapping[str, str] = field(default_factory=dict)
    constants: tuple[Typed, ...] = ()
    predicates: tuple[Predicate, ...] = ()
    functions: tuple[Predicate, ...] = ()
    actions: tuple[ActionSchema, ...] = ()

    @cached_property
    def by_name(self) -> Mapping[str, ActionSchema]:
        """The schemas by name."""
        return {schema.name: schema for schema in self.actions}

    @cached_property
    def static(self) -> frozenset[str]:
        """The predicates that no action changes."""
        changed = {atom[0] for schema in self.actions for atom in schema.add + schema.delete}
        return frozenset(predicate.name for predicate in self.predicates) - changed

    def lineage(self, name: str) -> tuple[str, ...]:
        """A type and all it descends from, nearest first, ``object`` last."""
        chain = [name]
        while chain[-1] != OBJECT:
            chain.append(self.parents.get(chain[-1], OBJECT))
        return tuple(chain)


def bind(atom: Atom, binding: Mapping[str, str]) -> Atom:
    """An atom with variables replaced by objects."""
    return tuple([binding.get(term, term) for term in atom])


def bind_all(atoms: Iterable[Atom], binding: Mapping[str, str]) -> frozenset[Atom]:
    """Several atoms with variables replaced by objects."""
    return frozenset([bind(atom, binding) for atom in atoms])
