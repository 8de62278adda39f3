from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from lab.core.errors import UsageError
from scenarios.planning.strips.model import Action, Condition, Typed
from scenarios.planning.strips.pddl import load_task, parse_domain, parse_problem, parse_task
from scenarios.planning.strips.search import solve_bfs
from scenarios.planning.strips.tokens import PddlError
from tests.scenarios.planning.strips.worlds import BLOCKS, DELIVERY, PLANBENCH, planbench

PROBLEM = """\
(define (problem p1) (:domain blocksworld)
  (:objects a b)
  (:init (clear a) (clear b) (ontable a) (ontable b) (handempty))
  (:goal (on a b)))
"""
TOLL = """\
(define (domain toll) (:requirements :strips :action-costs)
  (:predicates (at ?x) (road ?x ?y))
  (:functions (total-cost) - number (price ?x ?y) - number)
  (:action go :parameters (?x ?y) :precondition (and (at ?x) (road ?x ?y))
   :effect (and (at ?y) (not (at ?x)) (increase (total-cost) (price ?x ?y)) (increase (total-cost) 1))))
"""
TRIP = """\
(define (problem trip) (:domain toll) (:objects a b)
  (:init (at a) (road a b) (= (total-cost) 0) (= (price a b) 4)) (:goal (at b)){metric})
"""


def refusal(domain: str, problem: str = PROBLEM) -> str:
    with pytest.raises(PddlError) as caught:
        parse_task(domain, problem, files=("d.pddl", "p.pddl"))
    return str(caught.value)


def test_a_pair_of_texts_is_a_task() -> None:
    task = parse_task(BLOCKS, PROBLEM)
    assert task.name == "p1"
    assert task.objects == (Typed("a"), Typed("b"))
    assert task.goal == (Condition(("on", "a", "b")),)
    assert task.unit_cost
    assert task.validate([Action("pick-up", ("a",)), Action("stack", ("a", "b"))]).valid


def test_case_does_not_matter() -> None:
    assert parse_task(BLOCKS.upper(), PROBLEM.upper()) == parse_task(BLOCKS, PROBLEM)


def test_types_constants_negation_equality_and_costs_are_read() -> None:
    domain = parse_domain(DELIVERY)
    assert domain.constants == (Typed("hall", "room"),)
    assert domain.lineage("cup") == ("cup", "thing", "object")
    unlock = domain.by_name["unlock"]
    assert unlock.conditions[-1] == Condition(("=", "?r", "hall"), holds=False)
    assert unlock.costs == (5,)
    assert domain.by_name["move"].costs == (("distance", "?a", "?b"),)
    assert domain.by_name["smash"].conditions[1] == Condition(("broken", "?c"), holds=False)


def test_costs_count_only_if_the_problem_asks_for_the_least() -> None:
    go = [Action("go", ("a", "b"))]
    asks = parse_task(TOLL, TRIP.format(metric="(:metric minimize (total-cost))"))
    assert asks.validate(go).cost == 5
    assert parse_task(TOLL, TRIP.format(metric="")).validate(go).cost == 1


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(= (price a b) 4)", "(= (price a b))", "expected (= (<function> ...) <number>)"),
        ("(= (price a b) 4)", "(= (price a b) 4) (= (price a b) 5)", "this function already has a value"),
        ("(= (price a b) 4)", "(= (price a b) -4)", "costs are whole numbers from 0 on"),
        ("(total-cost)))", "(price a b)))", "only (total-cost) can be minimized"),
    ],
)
def test_a_wrong_cost_is_one_clear_error(old: str, new: str, message: str) -> None:
    text = TRIP.format(metric="(:metric minimize (total-cost))")
    assert old in text
    assert message in refusal(TOLL, text.replace(old, new))


def test_an_action_whose_cost_has_no_value_cannot_be_done() -> None:
    text = TRIP.format(metric="(:metric minimize (total-cost))").replace("(= (price a b) 4)", "")
    assert parse_task(TOLL, text).validate([Action("go", ("a", "b"))]).why == "precondition(price(a, b))"


@pytest.mark.parametrize("goal", ["()", "(and)"])
def test_an_empty_goal_is_reached_at_once(goal: str) -> None:
    task = parse_task(BLOCKS, PROBLEM.replace("(on a b)", goal))
    assert task.validate([]).valid


def test_a_goal_that_holds_already_is_reached_at_once() -> None:
    assert parse_task(BLOCKS, PROBLEM.replace("(on a b)", "(handempty)")).validate([]).valid


def test_a_constant_may_be_repeated_as_an_object_of_its_type() -> None:
    problem = "(define (problem p) (:domain delivery) (:objects {}) (:init (robot hall)) (:goal ()))"
    domain = parse_domain(DELIVERY)
    assert parse_problem(problem.format("hall - room"), domain).objects == (Typed("hall", "room"),)
    with pytest.raises(PddlError, match="object 'hall' is a constant of type 'room' in the domain"):
        parse_problem(problem.format("hall - cup"), domain)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (":effect (and (holding ?x)", ":effect (holding ?x)", "this ')' closes nothing"),
        (":requirements :strips)", ":requirements :strips", "d.pddl:1:1: this '(' is never closed (1 open"),
        (":strips", ":strip", "requirement ':strip' is not supported; did you mean ':strips'?"),
        (":strips", ":conditional-effects", "requirement ':conditional-effects' is not supported"),
        (
            "(define (domain blocksworld)",
            "(define (problem blocksworld)",
            "expected (domain <name>), found (problem",
        ),
        ("(:predicates", "(:predicate", "section ':predicate' is not supported; did you mean ':predicates'?"),
        ("(:predicates", "(:derived (p) (q)) (:predicates", "section ':derived' is not supported"),
        ("(:predicates", "(:requirements) (:predicates", "section ':requirements' stands twice"),
        (":action put-down", ":action pick-up", "action 'pick-up' is declared twice"),
        (":precondition (holding ?x)", ":precondtion (holding ?x)", "did you mean ':precondition'?"),
        (":precondition (holding ?x)", ":precondition (holdng ?x)", "did you mean 'holding'?"),
        (":precondition (holding ?x)", ":precondition (holding ?z)", "variable '?z' is not declared"),
        (":precondition (holding ?x)", ":effect ()", "action 'put-down': ':effect' stands twice"),
        (":parameters (?x ?y)", ":parameters (?x ?x)", "'?x' is declared twice"),
        ("(:action put-down", "(:action) (:action put-down", "expected (:action <name> ...)"),
        ("(:action put-down", "(:action go :effect) (:action put-down", "nothing stands after ':effect'"),
        ("(define (domain blocksworld)", "(def (domain d)", "expected (define (domain <name>) ...)"),
        (":parameters (?x ?y)", ":parameters (?x ?y - brick)", "type 'brick' is not declared"),
        ("(on ?x ?y))\n", "(on ?x ?y)) (:types a - b b - a)\n", "types go round in a circle"),
    ],
)
def test_a_wrong_domain_is_one_clear_error(old: str, new: str, message: str) -> None:
    assert old in BLOCKS
    found = refusal(BLOCKS.replace(old, new, 1))
    assert found.startswith("d.pddl:")
    assert message in found


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("(clear a)", "(clear c)", "p.pddl:3:17: object 'c' is not declared"),
        ("(clear a)", "(klear a)", "predicate 'klear' is not declared; did you mean 'clear'?"),
        ("(clear a)", "(clear a b)", "predicate 'clear' takes 1 terms, found 2"),
        ("(clear a)", "(not (clear a))", "the first state lists what is true"),
        ("(clear a)", "(= (size a) 3)", "function 'size' is not declared (declared: none)"),
        ("(clear a)", "clear", "expected an atom in parentheses, found 'clear'"),
        ("(on a b)", "(on a d)", "object 'd' is not declared"),
        ("(on a b)", "(on a b) (clear a)", "the goal is one formula; join several by (and ...)"),
        ("(on a b)", "(exists (?x) (on ?x b))", "quantifiers are not supported"),
        ("(:goal (on a b))", "", "p.pddl:1:1: a problem needs a (:goal ...)"),
        ("(:domain blocksworld)", "", "a problem needs one (:domain <name>)"),
        (
            "(:domain blocksworld)",
            "(:domain blocks)",
            "is of domain 'blocks', but the domain is 'blocksworld'",
        ),
        ("(:objects a b)", "(:objects a b a)", "'a' is declared twice"),
        ("(:objects a b)", "(:objects a b - block)", "type 'block' is not declared"),
        ("(:goal", "(:metric maximize (total-cost)) (:goal", "expected (:metric minimize (total-cost))"),
        ("(:goal", "(:metric minimize (total-cost)) (:goal", "function 'total-cost' is not declared"),
        ("(:goal", "(:metric minimize (length)) (:goal", "function 'length' is not declared"),
        ("(:goal", "(:constraints) (:goal", "section ':constraints' is not supported"),
        ("(define (problem p1)", "(define", "expected (problem <name>), found (:domain ...)"),
    ],
)
def test_a_wrong_problem_is_one_clear_error(old: str, new: str, message: str) -> None:
    assert old in PROBLEM
    found = refusal(BLOCKS, PROBLEM.replace(old, new, 1))
    assert found.startswith("p.pddl:")
    assert message in found


def test_files_are_read_and_named_in_errors(tmp_path: Path) -> None:
    domain, problem = tmp_path / "d.pddl", tmp_path / "p.pddl"
    domain.write_text(BLOCKS)
    problem.write_text(PROBLEM)
    assert load_task(domain, problem) == parse_task(BLOCKS, PROBLEM)
    problem.write_text(PROBLEM.replace("(clear a)", "(clear z)"))
    with pytest.raises(PddlError, match=r"p\.pddl:3:17: object 'z' is not declared"):
        load_task(domain, problem)


def test_a_file_that_cannot_be_read_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.pddl: cannot be read: No such file"):
        load_task(tmp_path / "none.pddl", tmp_path / "none.pddl")
    broken = tmp_path / "broken.pddl"
    broken.write_bytes(b"(define \xff")
    with pytest.raises(UsageError, match=r"broken\.pddl: is not UTF-8 text \(byte 8\)"):
        load_task(broken, broken)
    broken.write_bytes(b" " * 4_000_001)
    with pytest.raises(UsageError, match="too large"):
        load_task(broken, broken)


def seconds(domain: Path, problem: Path) -> float:
    """CPU time of loading a pair: the best of three, as a garbage collection may fall into any one."""
    times = []
    for _ in range(3):
        begun = process_time()
        load_task(domain, problem)
        times.append(process_time() - begun)
    return min(times)


def test_every_planbench_pair_loads_in_twenty_milliseconds() -> None:
    folders = sorted(folder.name for folder in PLANBENCH.glob("*/")) or ["blocksworld-4-5"]
    times = [seconds(*pair) for folder in folders for pair in planbench(folder)]
    assert len(times) == 150
    assert max(times) <= 0.020


def test_a_planbench_problem_is_solved_from_its_file() -> None:
    domain, problem = planbench("blocksworld-4-5")[0]
    assert solve_bfs(load_task(domain, problem)).status == "solved"
