"""What a scenario may say of a local model: `options:` of its alias."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, JsonValue

from agents.options import Options, option_problems
from lab.core.errors import UsageError

OURS = frozenset({"add_generation_prompt", "chat_template", "continue_final_message", "messages", "tokenize"})
"""Arguments of a chat template that the lab sets."""

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


def _is_device(name: str) -> str:
    if not _DEVICE.fullmatch(name):
        raise ValueError("should be auto, cpu, mps, cuda or cuda:N")
    return name


def _is_free(settings: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if taken := sorted(OURS & settings.keys()):
        raise ValueError(f"should leave {', '.join(taken)} to the lab")
    return settings


class LocalOptions(Options):
    """How a local model is loaded, prompted and run.

    Attributes:
        dtype: of the weights in memory; auto takes what the checkpoint has.
        device: auto, cpu, mps, cuda or cuda:N; auto takes CUDA where there is some.
        quantization: passed to the quantization config that its `quant_method` names.
        attention: transformers' name of the attention implementation.
        execution: ``reference`` encodes every prompt anew, ``cached`` keeps keys and values between calls.
        strict: fixed batch shape and row order, so that no row's numbers depend on its mates.
        batch: most rows of a batch.
        batch_tokens: most rows × tokens of a batch.
        cache_bytes: of kept keys and values; null for half of what is free on the device once loaded.
        context_tokens: longest prompt and reply together; null for what the model was made for.
        template: passed to the chat template, such as ``{enable_thinking: false}``.
        system: ``merge`` puts the system text before the first user text, ``keep`` never does, ``auto`` does
            where the template has no place for it.
        reasoning: what opens and closes thinking in a reply; null when nothing does.
        terminator: whether a scored reply ends with an end token: ``auto`` where the model has one.
        threads: of torch on the CPU; null for 1 below 50 million parameters, else as torch has it.
        revision: branch, tag or commit of a hub repository.
    """

    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    device: Annotated[str, AfterValidator(_is_device)] = "auto"
    quantization: dict[str, JsonValue] | None = None
    attention: str = "sdpa"
    execution: Literal["reference", "cached"] = "reference"
    strict: bool = False
    batch: int = Field(32, ge=1)
    batch_tokens: int = Field(65_536, ge=1)
    cache_bytes: int | None = Field(None, ge=0)
    context_tokens: int | None = Field(None, ge=1)
    template: Annotated[dict[str, JsonValue], AfterValidator(_is_free)] = Field(default_factory=dict)
    system: Literal["auto", "keep", "merge"] = "auto"
    reasoning: list[str] | None = Field(["<think>", "</think>"], min_length=2, max_length=2)
    terminator: Literal["auto", "none"] = "auto"
    threads: int | None = Field(None, ge=1)
    revision: str | None = None


def options_of(options: Mapping[str, Any]) -> LocalOptions:
    """The options, checked and with defaults.

    Raises:
        UsageError: naming everything that is wrong.
    """
    problems = [f"options.{name}: {message}" for name, message in option_problems(LocalOptions, options)]
    if problems:
        raise UsageError("local model: " + "; ".join(problems))
    return LocalOptions(**options)
