from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scenarios.planning.strips import declarations
from scenarios.planning.strips.schemas import Predicate, Typed
from scenarios.planning.strips.tokens import PddlError, Source, read


def declared(kind: Callable[..., Any], text: str, *known: Any) -> Any:
    source = Source("d", f"({text})")
    return kind(source, read(source).items, *known)


def test_a_typed_list_gives_its_type_to_all_names_before_it() -> None:
    found = declared(declarations.objects, "a b - block t", ["block"])
    assert found == (Typed("a", "block"), Typed("b", "block"), Typed("t", "object"))


def test_types_know_their_parents_declared_or_not() -> None:
    assert declared(declarations.types, "cup box - thing thing room - object") == {
        "cup": "thing",
        "box": "thing",
        "thing": "object",
        "room": "object",
    }
    assert declared(declarations.types, "cup - thing") == {"cup": "thing", "thing": "object"}
    assert declared(declarations.types, "cup - object object") == {"cup": "object"}


def test_predicates_have_typed_parameters() -> None:
    assert declared(declarations.predicates, "(on ?x ?y - block) (free)", ["block"]) == (
        Predicate("on", (Typed("?x", "block"), Typed("?y", "block"))),
        Predicate("free"),
    )


def test_functions_are_numbers() -> None:
    found = declared(declarations.functions, "(total-cost) - number (length ?r) - number", [])
    assert [function.name for function in found] == ["total-cost", "length"]


@pytest.mark.parametrize(
    ("kind", "text", "known", "message"),
    [
        (
            declarations.requirements,
            ":strips :typping",
            (),
            "':typping' is not supported; did you mean ':typing'?",
        ),
        (declarations.requirements, ":adl", (), "requirement ':adl' is not supported"),
        (declarations.types, "a - b b - c c - a", (), "1:2: types go round in a circle: a - b - c - a"),
        (declarations.types, "a - a", (), "types go round in a circle: a - a"),
        (declarations.types, "a a", (), "1:4: type 'a' is declared twice"),
        (declarations.objects, "a - blok", (["block"],), "'blok' is not declared; did you mean 'block'?"),
        (declarations.objects, "a a", ([],), "1:4: 'a' is declared twice"),
        (declarations.objects, "- block", (["block"],), "1:2: expected an object before '- block'"),
        (declarations.objects, "a -", ([],), "1:4: expected a type after '-'"),
        (declarations.objects, "a - (either b c)", (["b", "c"],), "(either ...) is not supported"),
        (declarations.objects, "a$", ([],), "expected an object, found 'a$'"),
        (declarations.variables, "?x y", ([],), "'y'; a variable begins with '?'"),
        (declarations.predicates, "(p) (p ?x)", ([],), "1:6: predicate 'p' is declared twice"),
        (declarations.predicates, "p", ([],), "expected a predicate in parentheses, found 'p'"),
        (declarations.predicates, "(= ?a ?b)", ([],), "'=' is built in"),
        (declarations.predicates, "()", ([],), "expected a predicate, found ()"),
        (declarations.functions, "(f) - truck", ([],), "a function's type is 'number'"),
    ],
)
def test_a_wrong_declaration_is_refused(
    kind: Callable[..., Any], text: str, known: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(PddlError) as caught:
        declared(kind, text, *known)
    assert message in str(caught.value)
