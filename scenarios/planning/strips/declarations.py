"""What PDDL declares by lists: typed names, types, predicates, cost functions, requirements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from lab.core.errors import suggestion
from scenarios.planning.strips.schemas import EQUALS, OBJECT, Predicate, Typed
from scenarios.planning.strips.tokens import Group, Node, Source, Word

REQUIREMENTS = (":strips", ":typing", ":negative-preconditions", ":equality", ":action-costs")
"""The requirements that are met; what they allow may be used undeclared, as many files do."""

TOTAL_COST = "total-cost"
NUMBER = "number"


def requirements(source: Source, items: Sequence[Node]) -> tuple[str, ...]:
    """The declared flags.

    Raises:
        PddlError: a flag is unknown or not supported.
    """
    found = []
    for item in items:
        flag = source.word(item, "a requirement")
        if flag not in REQUIREMENTS:
            hint = suggestion(flag, REQUIREMENTS)
            allowed = ", ".join(REQUIREMENTS)
            raise source.error(item, f"requirement '{flag}' is not supported{hint} (supported: {allowed})")
        found.append(flag)
    return tuple(found)


def types(source: Source, items: Sequence[Node]) -> dict[str, str]:
    """The direct super-type of each declared type; a super-type need not be declared itself.

    Raises:
        PddlError: a type is declared twice or descends from itself.
    """
    parents: dict[str, str] = {}
    places: dict[str, Node] = {}
    for item, parent in _typed(source, items, "a type"):
        name = source.name(item, "a type")
        if name == OBJECT:
            continue
        if name in parents:
            raise source.error(item, f"type '{name}' is declared twice")
        parents[name], places[name] = parent, item
    for name, place in places.items():
        chain = [name]
        while (above := parents.get(chain[-1])) is not None:
            if above in chain:
                raise source.error(place, f"types go round in a circle: {' - '.join([*chain, above])}")
            chain.append(above)
    for parent in list(parents.values()):
        if parent != OBJECT:
            parents.setdefault(parent, OBJECT)
    return parents


def objects(source: Source, items: Sequence[Node], known_types: Iterable[str]) -> tuple[Typed, ...]:
    """Objects or constants with their types.

    Raises:
        PddlError: a name is declared twice or a type is not declared.
    """
    return _names(source, items, known_types, "an object")


def variables(source: Source, items: Sequence[Node], known_types: Iterable[str]) -> tuple[Typed, ...]:
    """Parameters with their types; their names keep the ``?``.

    Raises:
        PddlError: a name is declared twice, has no ``?``, or a type is not declared.
    """
    return _names(source, items, known_types, "a variable")


def predicates(
    source: Source, items: Sequence[Node], known_types: Iterable[str], what: str = "predicate"
) -> tuple[Predicate, ...]:
    """Relations and what their arguments may be; `what` they are called in errors.

    Raises:
        PddlError: one is declared twice, or a type is not declared.
    """
    found: dict[str, Predicate] = {}
    for item in items:
        group = source.group(item, f"a {what}")
        if not group.items:
            raise source.error(group, f"expected a {what}, found ()")
        if group.head == EQUALS:
            raise source.error(group, f"'{EQUALS}' is built in and cannot be declared")
        name = source.name(group.items[0], f"the name of a {what}")
        if name in found:
            raise source.error(group, f"{what} '{name}' is declared twice")
        found[name] = Predicate(name, variables(source, group.items[1:], known_types))
    return tuple(found.values())


def functions(source: Source, items: Sequence[Node], known_types: Iterable[str]) -> tuple[Predicate, ...]:
    """The cost functions, ``total-cost`` among them if declared.

    Raises:
        PddlError: one is not a number, or as in `predicates`.
    """
    groups: list[Node] = []
    rest = iter(items)
    for item in rest:
        if isinstance(item, Word) and item.text == "-":
            kind = next(rest, None)
            if kind is None or source.word(kind, "a type") != NUMBER:
                raise source.error(kind or item, "a function's type is 'number'; no other is supported")
        else:
            groups.append(item)
    return predicates(source, groups, known_types, "function")


def _names(source: Source, items: Sequence[Node], known_types: Iterable[str], what: str) -> tuple[Typed, ...]:
    known = {OBJECT, *known_types}
    found: dict[str, Typed] = {}
    for item, kind in _typed(source, items, what, known):
        name = source.word(item, what)
        if what == "a variable":
            if not name.startswith("?"):
                raise source.error(item, f"expected {what}, found '{name}'; a variable begins with '?'")
            source.name(Word(name[1:], item.offset), what)
        else:
            source.name(item, what)
        if name in found:
            raise source.error(item, f"'{name}' is declared twice")
        found[name] = Typed(name, kind)
    return tuple(found.values())


def _typed(
    source: Source, items: Sequence[Node], what: str, known: set[str] | None = None
) -> Iterator[tuple[Node, str]]:
    """Each name of a list such as ``a b - block t`` with its type; any type goes if `known` is None."""
    waiting: list[Node] = []
    rest = iter(items)
    for item in rest:
        if source.word(item, what) != "-":
            waiting.append(item)
            continue
        kind = _type_name(source, item, next(rest, None), known)
        if not waiting:
            raise source.error(item, f"expected {what} before '- {kind}'")
        yield from ((name, kind) for name in waiting)
        waiting = []
    yield from ((name, OBJECT) for name in waiting)


def _type_name(source: Source, dash: Node, node: Node | None, known: set[str] | None) -> str:
    if node is None:
        raise source.error(dash, "expected a type after '-'")
    if isinstance(node, Group) and node.head == "either":
        raise source.error(node, "(either ...) is not supported; declare a common super-type")
    name = source.name(node, "a type")
    if known is not None and name not in known:
        allowed = ", ".join(sorted(known))
        raise source.error(
            node, f"type '{name}' is not declared{suggestion(name, known)} (declared: {allowed})"
        )
    return name
