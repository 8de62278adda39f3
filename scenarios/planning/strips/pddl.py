"""PDDL domains and problems as tasks (McDermott et al., PDDL 1.2, 1998; costs as in the IPC 2008).

Read are typing, negative preconditions, constants, equality and action costs, in any case. Quantifiers,
disjunction, conditional effects, numbers other than costs, axioms and time are refused, each by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab.core.errors import UsageError, suggestion
from scenarios.planning.strips import declarations
from scenarios.planning.strips.declarations import TOTAL_COST
from scenarios.planning.strips.formulas import Vocabulary, conditions, effect, whole_number
from scenarios.planning.strips.model import ActionSchema, Atom, Domain, State, Task, Typed
from scenarios.planning.strips.tokens import MAX_CHARS, Group, Node, Source, read

DOMAIN_SECTIONS = (":requirements", ":types", ":constants", ":predicates", ":functions")
PROBLEM_SECTIONS = (":domain", ":requirements", ":objects", ":init", ":goal", ":metric")
ACTION_KEYS = (":parameters", ":precondition", ":effect")

EMPTY = Group((), 0)


def parse_domain(text: str, file: str = "domain") -> Domain:
    """The domain that a PDDL text declares.

    Args:
        text: all of it.
        file: its name, for errors.

    Raises:
        PddlError: the text is wrong, or uses what is not supported.
    """
    source = Source(file, text)
    name, sections = _define(source, "domain")
    single, actions = _sections(source, sections, DOMAIN_SECTIONS, many=":action")
    requirements = declarations.requirements(source, single[":requirements"])
    parents = declarations.types(source, single[":types"])
    constants = declarations.objects(source, single[":constants"], parents)
    predicates = declarations.predicates(source, single[":predicates"], parents)
    functions = declarations.functions(source, single[":functions"], parents)
    words = Vocabulary(
        source=source,
        predicates={item.name: item for item in predicates},
        functions={item.name: item for item in functions},
        terms={item.name: item.type for item in constants},
        parents=parents,
    )
    return Domain(
        name=name,
        requirements=requirements,
        parents=parents,
        constants=constants,
        predicates=predicates,
        functions=functions,
        actions=_actions(words, actions),
    )


def parse_problem(text: str, domain: Domain, file: str = "problem") -> Task:
    """The task that a PDDL problem text declares for `domain`.

    Args:
        text: all of it.
        domain: what it is a problem of.
        file: its name, for errors.

    Raises:
        PddlError: the text is wrong, or uses what is not supported.
    """
    source = Source(file, text)
    name, sections = _define(source, "problem")
    single, _ = _sections(source, sections, PROBLEM_SECTIONS)
    _check_domain(source, sections, domain, single[":domain"])
    declarations.requirements(source, single[":requirements"])
    objects = _objects(source, single[":objects"], domain)
    words = Vocabulary(
        source=source,
        predicates={item.name: item for item in domain.predicates},
        functions={item.name: item for item in domain.functions},
        terms={item.name: item.type for item in objects},
        parents=domain.parents,
    )
    first = _init(words, single[":init"])
    if not any(isinstance(section, Group) and section.head == ":goal" for section in sections):
        raise source.error(0, "a problem needs a (:goal ...)")
    goal = _only(source, single[":goal"], "goal") or EMPTY
    return Task(
        name=name,
        domain=domain,
        objects=objects,
        init=first.atoms,
        goal=conditions(goal, words, equality=False),
        costs=first.costs,
        unit_cost=not _metric(words, single[":metric"]),
    )


def parse_task(domain: str, problem: str, *, files: tuple[str, str] = ("domain", "problem")) -> Task:
    """The task of a domain text and a problem text; `files` are their names, for errors.

    Raises:
        PddlError: a text is wrong, or uses what is not supported.
    """
    return parse_problem(problem, parse_domain(domain, files[0]), files[1])


def load_task(domain: Path, problem: Path) -> Task:
    """The task of a domain file and a problem file.

    Raises:
        UsageError: a file cannot be read.
        PddlError: a file is wrong, or uses what is not supported.
    """
    return parse_task(_text(domain), _text(problem), files=(str(domain), str(problem)))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > 4 * MAX_CHARS:
            raise UsageError(f"{path}: the file is too large; at most {MAX_CHARS:,} characters are read")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 text (byte {error.start})") from error


def _define(source: Source, kind: str) -> tuple[str, Sequence[Node]]:
    """The name and the sections of ``(define (kind name) ...)``."""
    top = read(source)
    if top.head != "define" or len(top.items) < 2:
        raise source.error(top, f"expected (define ({kind} <name>) ...)")
    title = source.group(top.items[1], f"({kind} <name>)")
    if title.head != kind or len(title.items) != 2:
        found = f", found ({title.head} ...)" if title.head else ""
        raise source.error(title, f"expected ({kind} <name>){found}")
    return source.name(title.items[1], f"the name of the {kind}"), top.items[2:]


def _sections(
    source: Source, sections: Sequence[Node], allowed: Sequence[str], *, many: str | None = None
) -> tuple[dict[str, Sequence[Node]], list[Group]]:
    """The items of each section, none if it is missing; and the sections that may come more than once."""
    single: dict[str, Sequence[Node]] = {}
    several: list[Group] = []
    for node in sections:
        section = source.group(node, "a section")
        known = (*allowed, many) if many else allowed
        if section.head not in known:
            found = section.head or "()"
            hint = suggestion(found, known)
            raise source.error(section, f"section '{found}' is not supported{hint} ({', '.join(known)})")
        if section.head == many:
            several.append(section)
        elif section.head in single:
            raise source.error(section, f"section '{section.head}' stands twice")
        else:
            single[section.head] = section.items[1:]
    return {name: single.get(name, ()) for name in allowed}, several


def _actions(words: Vocabulary, groups: Sequence[Group]) -> tuple[ActionSchema, ...]:
    found: dict[str, ActionSchema] = {}
    for group in groups:
        schema = _action(words, group)
        if schema.name in found:
            raise words.source.error(group, f"action '{schema.name}' is declared twice")
        found[schema.name] = schema
    return tuple(found.values())


def _action(words: Vocabulary, group: Group) -> ActionSchema:
    source = words.source
    if len(group.items) < 2:
        raise source.error(group, "expected (:action <name> ...)")
    name = source.name(group.items[1], "the name of an action")
    parts = _keyed(source, group.items[2:], f"action '{name}'")
    listed = source.group(parts.get(":parameters", EMPTY), "a list of parameters")
    parameters = declarations.variables(source, listed.items, words.parents)
    inner = Vocabulary(
        source=source,
        predicates=words.predicates,
        functions=words.functions,
        terms={**words.terms, **{item.name: item.type for item in parameters}},
        parents=words.parents,
    )
    changes = effect(parts.get(":effect", EMPTY), inner)
    return ActionSchema(
        name=name,
        parameters=parameters,
        conditions=conditions(parts.get(":precondition", EMPTY), inner, equality=True),
        add=changes.add,
        delete=changes.delete,
        costs=changes.costs,
    )


def _keyed(source: Source, items: Sequence[Node], where: str) -> Mapping[str, Node]:
    """The formula after each key of an action."""
    parts: dict[str, Node] = {}
    rest = iter(items)
    for item in rest:
        key = source.word(item, f"one of {', '.join(ACTION_KEYS)}")
        if key not in ACTION_KEYS:
            hint = suggestion(key, ACTION_KEYS)
            raise source.error(item, f"{where}: '{key}' is not supported{hint} ({', '.join(ACTION_KEYS)})")
        if key in parts:
            raise source.error(item, f"{where}: '{key}' stands twice")
        value = next(rest, None)
        if value is None:
            raise source.error(item, f"{where}: nothing stands after '{key}'")
        parts[key] = value
    return parts


def _only(source: Source, items: Sequence[Node], what: str) -> Node | None:
    if len(items) > 1:
        raise source.error(items[1], f"the {what} is one formula; join several by (and ...)")
    return items[0] if items else None


def _check_domain(source: Source, sections: Sequence[Node], domain: Domain, items: Sequence[Node]) -> None:
    if len(items) != 1:
        raise source.error(sections[0] if sections else 0, "a problem needs one (:domain <name>)")
    name = source.word(items[0], "the name of the domain")
    if name != domain.name:
        raise source.error(items[0], f"the problem is of domain '{name}', but the domain is '{domain.name}'")


def _objects(source: Source, items: Sequence[Node], domain: Domain) -> tuple[Typed, ...]:
    """The constants, then the problem's objects; a constant may be repeated with the same type."""
    constants = {item.name: item for item in domain.constants}
    own = declarations.objects(source, items, domain.parents)
    for item in own:
        if constants.get(item.name, item) != item:
            kind = constants[item.name].type
            raise source.error(items[0], f"object '{item.name}' is a constant of type '{kind}' in the domain")
    return tuple({**constants, **{item.name: item for item in own}}.values())


@dataclass(frozen=True, slots=True)
class _First:
    """The first state and the values of the cost functions."""

    atoms: State
    costs: Mapping[Atom, int]


def _init(words: Vocabulary, items: Sequence[Node]) -> _First:
    source = words.source
    atoms: set[Atom] = set()
    costs: dict[Atom, int] = {}
    for node in items:
        group = source.group(node, "an atom")
        if group.head == "=":
            if len(group.items) != 3:
                raise source.error(group, "expected (= (<function> ...) <number>)")
            function = words.function(group.items[1])
            if function in costs:
                raise source.error(group, "this function already has a value")
            costs[function] = whole_number(source, group.items[2])
        elif group.head == "not":
            raise source.error(group, "the first state lists what is true; what is not listed is false")
        else:
            atoms.add(words.atom(group))
    return _First(frozenset(atoms), costs)


def _metric(words: Vocabulary, items: Sequence[Node]) -> bool:
    """Whether the problem asks for the least total cost."""
    if not items:
        return False
    source = words.source
    if len(items) != 2 or source.word(items[0], "'minimize'") != "minimize":
        raise source.error(items[0], "expected (:metric minimize (total-cost))")
    if words.function(items[1]) != (TOTAL_COST,):
        raise source.error(items[1], "only (total-cost) can be minimized")
    return True
