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
        ({"dtype": "fp16"}, "options.dtype: should be 'auto', 'float32'"),
        ({"attention": "sdpaa"}, "a kernel's ORG/NAME (did you mean 'sdpa'?), not 'sdpaa'"),
        ({"strict": True, "execution": "cached"}, "options.strict: strict batches need execution: reference"),
        ({"batch": 0}, "options.batch"),
        ({"template": {"tokenize": True}}, "should leave tokenize to the lab"),
        ({"reasoning": ["<think>"]}, "options.reasoning: should be two texts"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError) as caught:
        options_of(wrong)
    assert said in str(caught.value)


@pytest.mark.parametrize("attention", ["eager", "flash_attention_3", "kernels-community/flash-attn3"])
def test_attention_is_one_of_transformers_or_a_kernel(attention: str) -> None:
    assert options_of({"attention": attention}).attention == attention


def test_strict_batches_and_cached_execution_are_each_fine_alone() -> None:
    assert options_of({"strict": True}).strict
    assert options_of({"strict": False, "execution": "cached"}).execution == "cached"


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(UsageError, match=r"options\.strict: .*options\.batch: "):
        options_of({"batch": 0, "strict": "yes"})


def test_options_hold_still() -> None:
    with pytest.raises(ValueError, match="frozen"):
        LocalOptions().batch = 2  # type: ignore[misc]  # that it cannot be set is the point
