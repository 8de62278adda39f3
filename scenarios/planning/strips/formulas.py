"""Preconditions, effects and goals: conjunctions of atoms and negated atoms, and what an action costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lab.core.errors import suggestion
from scenarios.planning.strips.declarations import TOTAL_COST
from scenarios.planning.strips.schemas import EQUALS, OBJECT, Atom, Condition, Predicate
from scenarios.planning.strips.tokens import Group, Node, Source, Word

UNSUPPORTED = {
    "forall": "quantifiers are",
    "exists": "quantifiers are",
    "or": "disjunction is",
    "imply": "disjunction is",
    "when": "a conditional effect is",
    "assign": "changing a number other than total-cost is",
    "decrease": "changing a number other than total-cost is",
    "scale-up": "changing a number other than total-cost is",
    "scale-down": "changing a number other than total-cost is",
    "<": "comparing numbers is",
    ">": "comparing numbers is",
    "<=": "comparing numbers is",
    ">=": "comparing numbers is",
    "preference": "a preference is",
}
MAX_COST = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What a formula may speak of.

    Attributes:
        source: the text, for errors.
        predicates: the relations by name.
        functions: the cost functions by name.
        terms: objects, and variables if any, with their types.
        parents: the direct super-type of each type.
    """

    source: Source
    predicates: Mapping[str, Predicate]
    functions: Mapping[str, Predicate]
    terms: Mapping[str, str]
    parents: Mapping[str, str] = field(default_factory=dict)

    def atom(self, node: Node) -> Atom:
        """A declared predicate with declared terms that may stand there.

        Raises:
            PddlError: it is not.
        """
        return self._applied(node, self.predicates, "predicate")

    def function(self, node: Node) -> Atom:
        """A declared cost function with declared terms that may stand there.

        Raises:
            PddlError: it is not.
        """
        return self._applied(node, self.functions, "function")

    def equality(self, node: Group) -> Atom:
        """Two declared terms.

        Raises:
            PddlError: they are not two, or not declared.
        """
        if len(node.items) != 3:
            raise self.source.error(node, f"'{EQUALS}' takes 2 terms, found {len(node.items) - 1}")
        if any(isinstance(item, Group) for item in node.items):
            raise self.source.error(node, "comparing numbers is not supported; '=' takes two objects here")
        return (EQUALS, *(self._term(item) for item in node.items[1:]))

    def _applied(self, node: Node, known: Mapping[str, Predicate], what: str) -> Atom:
        group = self.source.group(node, f"a {what}")
        if not group.items:
            raise self.source.error(group, f"expected a {what}, found ()")
        name = self.source.word(group.items[0], f"the name of a {what}")
        if name in UNSUPPORTED:
            raise self.source.error(group, f"{UNSUPPORTED[name]} not supported: ({name} ...)")
        if name not in known:
            allowed = ", ".join(sorted(known)) or "none"
            hint = suggestion(name, known)
            raise self.source.error(group, f"{what} '{name}' is not declared{hint} (declared: {allowed})")
        parameters = known[name].parameters
        if len(group.items) - 1 != len(parameters):
            found = len(group.items) - 1
            raise self.source.error(group, f"{what} '{name}' takes {len(parameters)} terms, found {found}")
        for item, parameter in zip(group.items[1:], parameters, strict=True):
            self._check_type(item, parameter.type, name)
        return (name, *(self._term(item) for item in group.items[1:]))

    def _term(self, node: Node) -> str:
        name = self.source.word(node, "an object or a variable")
        if name not in self.terms:
            what = "variable" if name.startswith("?") else "object"
            same = [term for term in self.terms if term.startswith("?") == name.startswith("?")]
            raise self.source.error(node, f"{what} '{name}' is not declared{suggestion(name, same)}")
        return name

    def _check_type(self, node: Node, wanted: str, predicate: str) -> None:
        """A variable may be of a narrower or wider type than the predicate asks; an object is what it is."""
        name = self._term(node)
        kind = self.terms[name]
        if wanted in self._lineage(kind) or (name.startswith("?") and kind in self._lineage(wanted)):
            return
        raise self.source.error(node, f"'{name}' is a '{kind}', but '{predicate}' takes a '{wanted}' here")

    def _lineage(self, kind: str) -> list[str]:
        chain = [kind]
        while chain[-1] != OBJECT:
            chain.append(self.parents.get(chain[-1], OBJECT))
        return chain


def conditions(node: Node, words: Vocabulary, *, equality: bool) -> tuple[Condition, ...]:
    """The conditions of a precondition or a goal, in written order, each once.

    Args:
        node: the formula.
        words: what it may speak of.
        equality: whether ``=`` may stand in it, as in a precondition.

    Raises:
        PddlError: it is no conjunction of declared atoms and negated atoms.
    """
    found = []
    for part in _conjuncts(node, words.source):
        negated = part.head == "not"
        inner = _negated(part, words.source) if negated else part
        if inner.head == EQUALS:
            if not equality:
                raise words.source.error(inner, f"'{EQUALS}' is not supported here")
            found.append(Condition(words.equality(inner), not negated))
        else:
            found.append(Condition(words.atom(inner), not negated))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action changes and costs; see `ActionSchema`."""

    add: tuple[Atom, ...]
    delete: tuple[Atom, ...]
    costs: tuple[int | Atom, ...]


def effect(node: Node, words: Vocabulary) -> Effect:
    """What an action changes and costs.

    Raises:
        PddlError: it is no conjunction of declared atoms, negated atoms and increases of ``total-cost``.
    """
    add, delete, costs = [], [], []
    for part in _conjuncts(node, words.source):
        if part.head == "increase":
            costs.append(_increase(part, words))
        elif part.head == "not":
            delete.append(words.atom(_negated(part, words.source)))
        else:
            add.append(words.atom(part))
    return Effect(tuple(dict.fromkeys(add)), tuple(dict.fromkeys(delete)), tuple(costs))


def whole_number(source: Source, node: Node) -> int:
    """A cost.

    Raises:
        PddlError: it is no whole number from 0 on.
    """
    text = source.word(node, "a number")
    digits = text.removesuffix(".0")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 13 and int(digits) <= MAX_COST):
        raise source.error(node, f"expected a cost, found '{text}'; costs are whole numbers from 0 on")
    return int(digits)


def _increase(part: Group, words: Vocabulary) -> int | Atom:
    if len(part.items) != 3:
        raise words.source.error(part, "expected (increase (total-cost) <cost>)")
    if words.function(part.items[1]) != (TOTAL_COST,):
        raise words.source.error(part.items[1], "only (total-cost) can be increased")
    amount = part.items[2]
    return whole_number(words.source, amount) if isinstance(amount, Word) else words.function(amount)


def _negated(part: Group, source: Source) -> Group:
    if len(part.items) != 2:
        raise source.error(part, f"'not' takes 1 formula, found {len(part.items) - 1}")
    inner = source.group(part.items[1], "an atom")
    if inner.head in ("not", "and"):
        raise source.error(inner, f"'not' of '{inner.head}' is not supported; only atoms can be negated")
    return inner


def _conjuncts(node: Node, source: Source) -> Iterator[Group]:
    """The parts of nested conjunctions, in written order; ``()`` has none."""
    group = source.group(node, "a formula")
    if group.head == "and":
        for item in group.items[1:]:
            yield from _conjuncts(item, source)
    elif group.items:
        yield group
