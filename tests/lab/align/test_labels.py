from __future__ import annotations

import pytest

from db.store import Store
from lab.align.labels import Label, Variable, read_variable, variables
from lab.align.scope import read_scope
from lab.core.errors import UnknownName, UsageError
from lab.core.records import TruthSpec


def of(store: Store, name: str) -> Variable:
    return read_variable(store, read_scope(store, "claims"), name)


def test_a_hidden_variable_is_as_its_environment_declares_it(reading: Store) -> None:
    found = of(reading, "type")

    assert (found.task.kind, found.task.classes, found.positive) == (
        "binary",
        ("honest", "bluffer"),
        "bluffer",
    )
    assert found.visible is False
    assert all(one.posterior is not None for one in found.labels.values())
    assert of(reading, "strong").visible is True


def test_a_claim_is_false_where_said_and_private_differ(reading: Store) -> None:
    said, private, false = (of(reading, f"claim_act.{column}") for column in ("said", "private", "false"))

    assert false.positive == "true"
    assert {key: one.value == "true" for key, one in false.labels.items()} == {
        key: one.value != private.labels[key].value for key, one in said.labels.items()
    }


def test_any_query_may_give_the_values(reading: Store) -> None:
    found = of(reading, "select run, seq, tick * 1.5 as value from decision")

    assert found.task.kind == "classes"
    assert found.task.classes == ("6.0", "7.5", "9.0", "10.5")
    assert found.visible is None
    assert (
        of(
            reading, "select run, seq, instr('0123456789abcdef', substr(run, 3, 1)) as value from decision"
        ).task.kind
        == "number"
    )


def test_a_query_may_say_what_the_agent_saw(reading: Store) -> None:
    asked = "select run, seq, value, visible from hidden where name ="
    assert [of(reading, f"{asked} '{name}'").visible for name in ("strong", "type")] == [True, False]


def test_a_number_may_be_written_in_any_way(reading: Store) -> None:
    asked = "select run, seq, case when value = 'true' then '1e3' else '2.50' end as value from hidden"
    found = of(reading, f"{asked} where name = 'strong'")
    assert found.task.classes == ("2.5", "1000.0")
    assert found.task.encode([2.5, 1000.0]).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("typ", r"unknown variable 'typ'; did you mean 'type'\? \(known: claim_act.false, .* strong, type\)"),
        ("claim_act.sayd", "did you mean 'claim_act.said'"),
        ("select run, seq from decision", "this one lacks value"),
        ("select run, seq, 1 as value from decision", "is '1' at all 192 decisions: what never varies"),
        ("select run, seq, 1 as value from decision where agent = 'bob'", "it has 384 values elsewhere"),
        (
            "select run, seq, agent as value from decision union select run, seq, 'x' from decision",
            "has two values",
        ),
        ("select nothing from decision", "this query is not right"),
    ],
)
def test_what_is_no_variable_is_refused_with_what_there_is(reading: Store, name: str, message: str) -> None:
    with pytest.raises((UnknownName, UsageError), match=message):
        of(reading, name)


def test_the_study_tells_its_variables(reading: Store) -> None:
    scope = read_scope(reading, "claims")

    assert variables(reading, scope)[:2] == ("strong", "type")
    assert "claim_act.false" in variables(reading, scope)


def test_a_label_is_a_number_where_it_is_one() -> None:
    assert [Label(value).number for value in ("3.5", "true", "weak")] == [3.5, 1.0, None]


def test_a_declared_number_stays_one_however_few_values_it_takes(
    reading: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lab.align.scope.Scope.truth", lambda *_: TruthSpec("state", "a number"))

    assert of(reading, "strong").task.kind == "number"
