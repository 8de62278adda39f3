# ruff: noqa: E501 (each row of the tables stands on one line)
from __future__ import annotations

from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, PlainValidator, model_validator

from scenarios.environment import Spec
from scenarios.load.problems import in_words, validated
from scenarios.load.tree import Place, from_plain
from scenarios.spec import Name


class Inner(Spec):
    cost: float = 1.0
    points: tuple[int, ...] = ()


class Flat(Spec):
    kind: Literal["flat"] = "flat"
    cents: int = 0


class Share(Spec):
    kind: Literal["share"] = "share"
    percent: int = 0


class Outer(Spec):
    name: Name = "x"
    rounds: int = Field(1, ge=1)
    kind: Literal["any", "chicken"] = "any"
    inner: Inner | None = None
    table: dict[str, list[Inner]] = {}
    several: int | list[int] = 1
    some: list[int] = Field([1], min_length=1)
    flag: bool = False
    fee: Annotated[Flat | Share, Field(discriminator="kind")] = Flat()

    @model_validator(mode="after")
    def thirteen(self) -> Outer:
        if self.rounds == 13:
            raise ValueError("13 rounds bring bad luck")
        return self


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"rounds": 0}, "rounds: should be greater than or equal to 1, not 0"),
    ({"rounds": "3"}, "rounds: should be a whole number, not '3'"),
    ({"rounds": 2.5}, "rounds: should be a whole number, not 2.5"),
    ({"rounds": True}, "rounds: should be a whole number, not true"),
    ({"rounds": None}, "rounds: should be a whole number, not null"),
    ({"rounds": {"a": 1}}, "rounds: should be a whole number, not a mapping"),
    ({"rounds": 13}, "13 rounds bring bad luck"),
    ({"name": 7}, "name: should be text, not 7; put it in quotes"),
    ({"name": "a b"}, "name: should be letters, digits, '_' and '-' only, not 'a b'"),
    ({"flag": 1}, "flag: should be true or false, not 1"),
    ({"kind": "chickn"}, "kind: should be 'any' or 'chicken', not 'chickn'; did you mean 'chicken'?"),
    ({"inner": []}, "inner: should be a mapping, not an empty list"),
    ({"inner": {"cots": 1}}, "inner.cots: unknown key 'cots'; did you mean 'cost'? (known: cost, points)"),
    ({"inner": {"points": [1, "x"]}}, "inner.points[1]: should be a whole number, not 'x'"),
    ({"table": {"a": [{}, {"cot": 1}]}}, "table.a[1].cot: unknown key 'cot'; did you mean 'cost'? (known: cost, points)"),
    ({"fee": {"kind": "flat", "percent": 1}}, "fee.percent: unknown key 'percent'; did you mean 'cents'? (known: cents, kind)"),
    ({"several": "x"}, "several: should be a whole number or a list, not 'x'"),
    ({"some": []}, "some: should have 1 or more entries, not an empty list"),
    ({"some": ["x"]}, "some[0]: should be a whole number, not 'x'"),
]  # fmt: skip


@pytest.mark.parametrize(("data", "message"), WRONG)
def test_each_mistake_is_told_once_in_plain_words(data: dict[str, Any], message: str) -> None:
    value, problems = validated(Outer, from_plain(data, Place("f")))
    assert (value, [str(problem) for problem in problems]) == (None, [f"f: {message}"])


def test_a_part_is_validated_where_it_stands() -> None:
    root = from_plain({"agents": [{"params": {"cost": "x"}}]}, Place("f"))
    _, problems = validated(Inner, root, ("agents", 0, "params"))
    assert [problem.path for problem in problems] == ["agents[0].params.cost"]


def test_a_part_that_is_not_written_has_its_defaults() -> None:
    assert validated(Inner, from_plain({}, Place("f")), ("params",)) == (Inner(), [])


class Odd(Spec):
    shape: Annotated[object, PlainValidator(lambda value: value)] = None


class Missing(Spec):
    odd: Odd
    rounds: int


def test_missing_keys_are_named_and_a_spec_without_a_schema_still_tells_unknown_ones() -> None:
    _, problems = validated(Missing, from_plain({"odd": {"shap": 1}}, Place("f")))
    messages = [str(problem) for problem in problems]
    assert "f: rounds: is missing" in messages
    assert any(message.startswith("f: odd.shap: unknown key 'shap'") for message in messages)


@pytest.mark.parametrize(
    ("value", "words"),
    [(None, "null"), (False, "false"), ("a", "'a'"), ([], "an empty list"), ([1], "a list"), (0.5, "0.5")],
)
def test_values_are_shown_as_yaml_writes_them(value: Any, words: str) -> None:
    assert in_words(value) == words


def test_long_texts_are_cut() -> None:
    assert len(in_words("x" * 500)) == 60
