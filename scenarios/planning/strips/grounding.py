"""Ground actions: every action some state may allow, found by joining what never changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lab.core.errors import UsageError
from scenarios.planning.strips.schemas import (
    EQUALS,
    Action,
    ActionSchema,
    Atom,
    Condition,
    GroundAction,
    State,
    bind,
    bind_all,
)

if TYPE_CHECKING:
    from scenarios.planning.strips.model import Task

MAX_ACTIONS = 50_000
"""The most ground actions of one task."""

MAX_TRIES = 2_000_000
"""The most partial bindings looked at for one task: some seconds."""


class TooManyActions(UsageError):
    """A task is too large for this planner; says which schema and what the limit is."""


@dataclass(frozen=True)
class Grounding:
    """Every ground action of a task that what never changes allows, sorted by name, then arguments.

    Attributes:
        actions: the actions.
        static: the predicates that no action changes.
    """

    actions: tuple[GroundAction, ...]
    static: frozenset[str]

    def applicable(self, state: State) -> list[GroundAction]:
        """The actions that can be done in `state`, in canonical order."""
        watched = self._watched
        found = [
            index
            for atom in state
            for index, action in watched.get(atom, ())
            if action.needs <= state and action.forbids.isdisjoint(state)
        ]
        found += [index for index, action in self._unwatched if action.forbids.isdisjoint(state)]
        found.sort()
        return [self.actions[index] for index in found]

    @cached_property
    def _watched(self) -> Mapping[Atom, list[tuple[int, GroundAction]]]:
        """Each action under the one of its needs that fewest actions share: few are looked at in vain."""
        shared = Counter(atom for action in self.actions for atom in action.needs)
        watched = defaultdict(list)
        for index, action in enumerate(self.actions):
            if action.needs:
                rarest = min(action.needs, key=lambda atom: (atom[0] in self.static, shared[atom], atom))
                watched[rarest].append((index, action))
        return dict(watched)

    @cached_property
    def _unwatched(self) -> list[tuple[int, GroundAction]]:
        return [(index, action) for index, action in enumerate(self.actions) if not action.needs]


def ground(schema: ActionSchema, args: Sequence[str], costs: Mapping[Atom, int] | None) -> GroundAction:
    """A schema with objects for its parameters.

    Args:
        schema: what to ground.
        args: as many objects as it has parameters; their types are not looked at.
        costs: the values of cost functions; every action costs 1 if None.
    """
    binding = {parameter.name: arg for parameter, arg in zip(schema.parameters, args, strict=True)}
    bound = [condition.bound(binding) for condition in schema.conditions]
    conditions = tuple([condition for condition in bound if condition.atom[0] != EQUALS])
    false = [c for c in bound if c.atom[0] == EQUALS and (c.atom[1] == c.atom[2]) != c.holds]
    cost = 1
    if costs is not None:
        terms = [term if isinstance(term, int) else bind(term, binding) for term in schema.costs]
        false += [Condition(term) for term in terms if not isinstance(term, int) and term not in costs]
        cost = sum(term if isinstance(term, int) else costs.get(term, 0) for term in terms)
    return GroundAction(
        action=Action(schema.name, tuple(args)),
        conditions=conditions,
        needs=frozenset([c.atom for c in conditions if c.holds]),
        forbids=frozenset([c.atom for c in conditions if not c.holds]),
        add=bind_all(schema.add, binding),
        delete=bind_all(schema.delete, binding),
        cost=cost,
        blocked=false[0] if false else None,
    )


def ground_all(task: Task, *, cap: int = MAX_ACTIONS) -> Grounding:
    """Every action that the task's static atoms allow.

    Raises:
        TooManyActions: there are more than `cap`, or more than two million bindings to look at.
    """
    join = _Join(task)
    costs = None if task.unit_cost else task.costs
    actions: list[GroundAction] = []
    for schema in task.domain.actions:
        for args in join.bindings(schema):
            action = ground(schema, args, costs)
            if action.blocked is None and action.needs.isdisjoint(action.forbids):
                actions.append(action)
            if len(actions) > cap:
                raise TooManyActions(
                    f"task '{task.name}' has more than {cap:,} ground actions, seen at '{schema.name}'; "
                    "use fewer objects, or types and static preconditions that rule more out"
                )
    actions.sort(key=lambda action: action.action)
    return Grounding(tuple(actions), task.domain.static)


class _Join:
    """Binds parameters one by one; drops a binding as soon as a static precondition says no."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.tries = 0
        self.objects: dict[str, list[str]] = defaultdict(list)
        for name, lineage in task.types.items():
            for kind in lineage:
                self.objects[kind].append(name)
        self.facts: dict[str, list[Atom]] = defaultdict(list)
        for atom in sorted(task.init):
            if atom[0] in task.domain.static:
                self.facts[atom[0]].append(atom)

    def bindings(self, schema: ActionSchema) -> Iterator[tuple[str, ...]]:
        """The arguments of every grounding of `schema` that no static precondition rules out."""
        static = self.task.domain.static
        checks = [c for c in schema.conditions if c.atom[0] in static or c.atom[0] == EQUALS]
        candidates = {
            parameter.name: self._candidates(parameter.name, parameter.type, checks)
            for parameter in schema.parameters
        }
        order = _order(candidates, checks)
        ready = [_decided(checks, order, depth) for depth in range(len(order) + 1)]
        if not all(self._true(condition, {}) for condition in ready[0]):
            return
        for binding in self._extend(schema, order, candidates, ready, {}):
            yield tuple([binding[parameter.name] for parameter in schema.parameters])

    def _candidates(self, variable: str, kind: str, checks: Sequence[Condition]) -> list[str]:
        """The objects of the type that stand where `variable` does in each static precondition."""
        allowed = self.objects[kind]
        for condition in checks:
            name, *terms = condition.atom
            if name != EQUALS and condition.holds and variable in terms:
                place = terms.index(variable) + 1
                seen = {fact[place] for fact in self.facts[name]}
                allowed = [item for item in allowed if item in seen]
        return allowed

    def _extend(
        self,
        schema: ActionSchema,
        order: Sequence[str],
        candidates: Mapping[str, list[str]],
        ready: Sequence[Sequence[Condition]],
        binding: dict[str, str],
    ) -> Iterator[dict[str, str]]:
        depth = len(binding)
        if depth == len(order):
            yield binding
            return
        for item in candidates[order[depth]]:
            self._count(schema)
            longer = binding | {order[depth]: item}
            if all(self._true(condition, longer) for condition in ready[depth + 1]):
                yield from self._extend(schema, order, candidates, ready, longer)

    def _true(self, condition: Condition, binding: Mapping[str, str]) -> bool:
        atom = bind(condition.atom, binding)
        holds = atom[1] == atom[2] if atom[0] == EQUALS else atom in self.task.init
        return holds == condition.holds

    def _count(self, schema: ActionSchema) -> None:
        self.tries += 1
        if self.tries > MAX_TRIES:
            raise TooManyActions(
                f"task '{self.task.name}': action '{schema.name}' has too many ways to bind its "
                f"{len(schema.parameters)} parameters; use fewer objects or narrower types"
            )


def _order(candidates: Mapping[str, list[str]], checks: Sequence[Condition]) -> list[str]:
    """The variables, those first that have few candidates or share a precondition with one before them."""
    order: list[str] = []
    left = list(candidates)
    while left:
        linked = {term for c in checks if set(order) & set(c.atom[1:]) for term in c.atom[1:]}
        best = min(left, key=lambda name: (name not in linked, len(candidates[name])))
        order.append(best)
        left.remove(best)
    return order


def _decided(checks: Sequence[Condition], order: Sequence[str], depth: int) -> list[Condition]:
    """The preconditions whose last variable is bound at `depth`; those without any at 0."""
    place = {name: index + 1 for index, name in enumerate(order)}
    return [c for c in checks if max((place.get(term, 0) for term in c.atom[1:]), default=0) == depth]
