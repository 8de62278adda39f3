from __future__ import annotations

import pytest

from scenarios.planning.strips.formulas import Vocabulary, conditions, effect, whole_number
from scenarios.planning.strips.schemas import Condition, Predicate, Typed
from scenarios.planning.strips.tokens import PddlError, Source, read


def words(text: str) -> Vocabulary:
    return Vocabulary(
        source=Source("d", text),
        predicates={
            "clear": Predicate("clear", (Typed("?x", "block"),)),
            "free": Predicate("free"),
            "near": Predicate("near", (Typed("?a"), Typed("?b"))),
        },
        functions={"total-cost": Predicate("total-cost"), "size": Predicate("size", (Typed("?x", "block"),))},
        terms={"?x": "block", "?thing": "object", "?r": "room", "a": "block", "hall": "room", "it": "object"},
        parents={"block": "object", "room": "object"},
    )


def asked(text: str) -> tuple[Condition, ...]:
    return conditions(read(Source("d", text)), words(text), equality=True)


def test_nested_conjunctions_are_flat_and_in_written_order() -> None:
    assert asked("(and (free) (and (not (clear ?x)) (and)) (clear a) (free))") == (
        Condition(("free",)),
        Condition(("clear", "?x"), holds=False),
        Condition(("clear", "a")),
    )
    assert asked("()") == asked("(and)") == ()


def test_equality_is_a_condition_of_its_own() -> None:
    assert asked("(not (= ?x a))") == (Condition(("=", "?x", "a"), holds=False),)


def test_a_variable_of_a_wider_type_may_stand_where_a_narrower_is_asked() -> None:
    assert asked("(clear ?thing)") == (Condition(("clear", "?thing")),)


def test_an_effect_adds_deletes_and_costs() -> None:
    text = "(and (free) (not (clear ?x)) (increase (total-cost) 3) (increase (total-cost) (size ?x)))"
    changes = effect(read(Source("d", text)), words(text))
    assert changes.add == (("free",),)
    assert changes.delete == (("clear", "?x"),)
    assert changes.costs == (3, ("size", "?x"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "(claer ?x)",
            "1:1: predicate 'claer' is not declared; did you mean 'clear'? (declared: clear, free, near)",
        ),
        ("(clear ?y)", "1:8: variable '?y' is not declared"),
        ("(clear b)", "1:8: object 'b' is not declared"),
        ("(clear)", "predicate 'clear' takes 1 terms, found 0"),
        ("(clear ?r)", "'?r' is a 'room', but 'clear' takes a 'block' here"),
        ("(clear it)", "'it' is a 'object', but 'clear' takes a 'block' here"),
        ("(and free)", "expected a formula in parentheses, found 'free'"),
        ("(or (free) (clear ?x))", "disjunction is not supported: (or ...)"),
        ("(forall (?y) (clear ?y))", "quantifiers are not supported: (forall ...)"),
        ("(imply (free) (free))", "disjunction is not supported: (imply ...)"),
        ("(not (not (free)))", "'not' of 'not' is not supported"),
        ("(not (or (free)))", "disjunction is not supported"),
        ("(not)", "'not' takes 1 formula, found 0"),
        ("(>= (size ?x) 3)", "comparing numbers is not supported"),
        ("(= (size ?x) 3)", "comparing numbers is not supported"),
        ("(= ?x)", "'=' takes 2 terms, found 1"),
        ("(and ((free)))", "expected the name of a predicate, found a parenthesis"),
        ("(and (not ()))", "expected a predicate, found ()"),
    ],
)
def test_a_wrong_precondition_is_refused(text: str, message: str) -> None:
    with pytest.raises(PddlError) as caught:
        asked(text)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(when (free) (clear ?x))", "a conditional effect is not supported"),
        ("(increase (size ?x) 1)", "only (total-cost) can be increased"),
        ("(increase (total-cost) -1)", "expected a cost, found '-1'"),
        ("(increase (total-cost))", "expected (increase (total-cost) <cost>)"),
        ("(increase (total-cost) (weight ?x))", "function 'weight' is not declared"),
        ("(assign (size ?x) 1)", "changing a number other than total-cost is not supported"),
    ],
)
def test_a_wrong_effect_is_refused(text: str, message: str) -> None:
    with pytest.raises(PddlError) as caught:
        effect(read(Source("d", text)), words(text))
    assert message in str(caught.value)


def test_equality_has_no_place_in_a_goal() -> None:
    text = "(= a a)"
    with pytest.raises(PddlError, match="'=' is not supported here"):
        conditions(read(Source("d", text)), words(text), equality=False)


def test_a_cost_is_a_whole_number() -> None:
    source = Source("d", "(12 7.0 2.5 ٣ 1e3 9999999999999)")
    twelve, seven, *others = read(source).items
    assert (whole_number(source, twelve), whole_number(source, seven)) == (12, 7)
    for other in others:
        with pytest.raises(PddlError, match="costs are whole numbers from 0 on"):
            whole_number(source, other)
