"""What a scenario may say of a local model: `options:` of its alias."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, JsonValue

from agents.options import Options, option_problems
from lab.core.errors import UsageError, nearest

OURS = frozenset({"add_generation_prompt", "chat_template", "continue_final_message", "messages", "tokenize"})
"""Arguments of a chat template that the lab sets."""

ATTENTIONS = (
    "sdpa",
    "eager",
    "flex_attention",
    "flash_attention_2",
    "flash_attention_3",
    "flash_attention_4",
)
"""Implementations of attention that transformers has itself; others are kernels of the hub, ORG/NAME."""

_DEVICE = re.compile(r"auto|cpu|mps|cuda(:\d+)?")


def _is_device(name: str) -> str:
    if not _DEVICE.fullmatch(name):
        raise ValueError("should be auto, cpu, mps, cuda or cuda:N")
    return name


def _is_attention(name: str) -> str:
    if name not in ATTENTIONS and "/" not in name:
        close = nearest(name, ATTENTIONS)
        hint = f" (did you mean '{close}'?)" if close else ""
        raise ValueError(f"should be {', '.join(ATTENTIONS)} or a kernel's ORG/NAME{hint}")
    return name


def _is_pair(markers: list[str] | None) -> list[str] | None:
    if markers is not None and len(markers) != 2:
        raise ValueError("should be two texts, what opens thinking and what closes it, or null")
    return markers


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
        attention: one of `ATTENTIONS`, or a kernel of the hub as ORG/NAME.
        execution: ``reference`` encodes every prompt anew, ``cached`` keeps keys and values between calls.
        strict: fixed batch shape and row order, so that no row's numbers depend on its mates; reference only.
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
    attention: Annotated[str, AfterValidator(_is_attention)] = "sdpa"
    execution: Literal["reference", "cached"] = "reference"
    strict: bool = False
    batch: int = Field(32, ge=1)
    batch_tokens: int = Field(65_536, ge=1)
    cache_bytes: int | None = Field(None, ge=0)
    context_tokens: int | None = Field(None, ge=1)
    template: Annotated[dict[str, JsonValue], AfterValidator(_is_free)] = Field(default_factory=dict)
    system: Literal["auto", "keep", "merge"] = "auto"
    reasoning: Annotated[list[str] | None, AfterValidator(_is_pair)] = Field(["<think>", "</think>"])
    terminator: Literal["auto", "none"] = "auto"
    threads: int | None = Field(None, ge=1)
    revision: str | None = None


def problems_of(options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(name, what is wrong) for every bad option, and for options that do not go together."""
    for name, message in option_problems(LocalOptions, options):
        yield name, message.removeprefix("Input ")
    if options.get("strict") is True and options.get("execution") == "cached":
        yield "strict", "strict batches need execution: reference"


def options_of(options: Mapping[str, Any]) -> LocalOptions:
    """The options, checked and with defaults.

    Raises:
        UsageError: naming everything that is wrong.
    """
    problems = [f"options.{name}: {message}" for name, message in problems_of(options)]
    if problems:
        raise UsageError("local model: " + "; ".join(problems))
    return LocalOptions(**options)
