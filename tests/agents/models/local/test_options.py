"""The options of a local model: what is taken, and what is said of what is not."""

from __future__ import annotations

from typing import Any

import pytest

from agents.models.local.options import LocalOptions, options_of
from lab.core.errors import UsageError


def test_nothing_said_is_the_checkpoint_on_the_reference_path() -> None:
    options = options_of({})
    assert (options.dtype, options.execution, options.batch) == ("auto", "reference", 32)


@pytest.mark.parametrize("device", ["auto", "cpu", "mps", "cuda", "cuda:1"])
def test_every_kind_of_device_can_be_named(device: str) -> None:
    assert options_of({"device": device}).device == device


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"dtipe": "float32"}, "options.dtipe: unknown option; did you mean 'dtype'?"),
        ({"device": "gpu"}, "should be auto, cpu, mps, cuda or cuda:N, not 'gpu'"),
        ({"dtype": "fp16"}, "'float32'"),
        ({"batch": 0}, "options.batch"),
        ({"template": {"tokenize": True}}, "should leave tokenize to the lab"),
        ({"reasoning": ["<think>"]}, "options.reasoning"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        options_of(wrong)
    assert said in str(caught.value)


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(UsageError, match=r"options\.strict: .*options\.batch: "):
        options_of({"batch": 0, "strict": "yes"})


def test_options_hold_still() -> None:
    with pytest.raises(ValueError, match="frozen"):
        LocalOptions().batch = 2  # type: ignore[misc]  # that it cannot be set is the point
