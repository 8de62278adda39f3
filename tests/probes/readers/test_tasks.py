from __future__ import annotations

import pytest

from lab.core.errors import UnknownName, UsageError
from probes.readers.tasks import Task, task_of


def test_two_values_are_a_binary_task_whose_positive_comes_last_in_order() -> None:
    assert task_of([True, False, True]) == Task("binary", ("false", "true"))
    assert task_of([2, 10, 2]) == Task("binary", ("2", "10"))
    assert task_of(["honest", "bluffer"]) == Task("binary", ("bluffer", "honest"))


def test_a_declared_positive_value_is_the_positive_one() -> None:
    task = task_of(["honest", "bluffer"], positive="bluffer")
    assert task.encode(["bluffer", "honest"]).tolist() == [1, 0]
    with pytest.raises(UnknownName, match="did you mean 'bluffer'"):
        task_of(["honest", "bluffer"], positive="blufer")


def test_more_numbers_are_a_number_and_more_words_are_classes() -> None:
    assert task_of([0, 1, 2.5]).kind == "number"
    assert task_of(["a", "c", "b"]) == Task("classes", ("a", "b", "c"))
    assert task_of([3, 1, 2], kind="classes").classes == ("1", "2", "3")
    assert task_of(["a", "b"], kind="classes").kind == "binary"


def test_the_metric_goes_with_the_kind() -> None:
    assert [Task(kind).metric for kind in ("binary", "classes", "number")] == ["auroc", "accuracy", "r2"]


def test_codes_go_back_to_labels() -> None:
    assert Task("classes", ("a", "b", "c")).decode(2.0) == "c"
    assert Task("number").decode(1.5) == "1.5"


def test_a_constant_is_refused_with_its_value() -> None:
    with pytest.raises(UsageError, match="always honest in these 3 decisions"):
        task_of(["honest"] * 3)


def test_a_value_that_does_not_belong_is_refused() -> None:
    with pytest.raises(UnknownName, match="unknown value 'd'"):
        Task("classes", ("a", "b", "c")).encode(["d"])
    with pytest.raises(UsageError, match="'much' is none"):
        Task("number").encode([1.0, "much"])
    with pytest.raises(UsageError, match="needs two values, not 3"):
        task_of(["a", "b", "c"], kind="binary")
