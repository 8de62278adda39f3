from __future__ import annotations

from dataclasses import replace

import pytest

from scenarios.planning.strips.schemas import (
    Action,
    ActionSchema,
    Condition,
    Domain,
    GroundAction,
    Predicate,
    State,
    Typed,
    atom_text,
    bind,
    bind_all,
)

NONE: State = frozenset()
WAIT = GroundAction(
    action=Action("wait"), conditions=(), needs=NONE, forbids=NONE, add=NONE, delete=NONE, cost=1
)


def test_an_action_is_written_as_a_call_and_as_pddl() -> None:
    assert str(Action("stack", ("a", "b"))) == "stack(a, b)"
    assert Action("stack", ("a", "b")).pddl == "(stack a b)"
    assert str(Action("wait")) == "wait()"
    assert Action("wait").pddl == "(wait)"


def test_a_condition_says_whether_its_atom_must_hold() -> None:
    state = frozenset({("clear", "b")})
    assert Condition(("clear", "b")).met(state)
    assert not Condition(("clear", "b"), holds=False).met(state)
    assert str(Condition(("clear", "b"), holds=False)) == "not clear(b)"
    assert atom_text(("handempty",)) == "handempty"


def test_atoms_whose_joined_names_are_equal_stay_apart() -> None:
    assert ("on", "a-b", "c") != ("on", "a", "b-c")
    assert not Condition(("on", "a-b", "c")).met(frozenset({("on", "a", "b-c")}))


def test_binding_replaces_variables_and_leaves_constants() -> None:
    assert bind(("at", "?x", "hall"), {"?x": "cup"}) == ("at", "cup", "hall")
    assert bind_all([("p", "?x"), ("q",)], {"?x": "a"}) == {("p", "a"), ("q",)}
    assert Condition(("p", "?x"), holds=False).bound({"?x": "a"}) == Condition(("p", "a"), holds=False)


def test_what_an_action_adds_holds_even_if_it_deletes_it_too() -> None:
    same = frozenset({("at", "truck", "home")})
    action = replace(WAIT, needs=same, add=same, delete=same)
    assert action.after(same) == same


def test_a_type_descends_from_its_parents_up_to_object() -> None:
    domain = Domain(name="d", parents={"cup": "thing", "thing": "object"})
    assert domain.lineage("cup") == ("cup", "thing", "object")
    assert domain.lineage("object") == ("object",)


def test_a_predicate_that_no_action_changes_is_static() -> None:
    go = ActionSchema(name="go", parameters=(Typed("?to"),), add=(("at", "?to"),))
    domain = Domain(name="d", predicates=(Predicate("at"), Predicate("link")), actions=(go,))
    assert domain.static == {"link"}
    assert domain.by_name == {"go": go}
    assert str(go) == "go(to)"


def test_names_of_one_task_compare_by_name_then_arguments() -> None:
    assert sorted([Action("b"), Action("a", ("z",)), Action("a", ("b", "c"))]) == [
        Action("a", ("b", "c")),
        Action("a", ("z",)),
        Action("b"),
    ]


@pytest.mark.parametrize("holds", [True, False])
def test_a_blocked_action_can_be_done_nowhere(holds: bool) -> None:
    blocked = Condition(("=", "a", "a"), holds)
    assert WAIT.applicable(frozenset())
    assert not replace(WAIT, blocked=blocked).applicable(frozenset())
