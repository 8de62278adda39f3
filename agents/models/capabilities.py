"""Which sampling settings OpenAI-compatible models take, as one table; the first row that fits counts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class Family(NamedTuple):
    """Models that take the same settings.

    Attributes:
        about: what these models are, for error messages.
        pattern: fits the beginning of a model's name, without an organization before it.
        sampling: setting of `agents.models.spec.SAMPLING` to the parameter that carries it; the others are
            not taken.
    """

    about: str
    pattern: re.Pattern[str]
    sampling: Mapping[str, str]


_CHAT = {name: name for name in ("temperature", "top_p", "max_tokens", "stop")}

FAMILIES = (
    Family("a chat model of OpenAI", re.compile(r"gpt-5[\w.]*-chat|gpt-[34]|chatgpt"), _CHAT),
    Family(
        "a reasoning model of OpenAI",
        re.compile(r"(gpt-([5-9]|\d\d)|o\d)(?![a-z\d])"),
        {"max_tokens": "max_completion_tokens"},
    ),
    Family("a model of a compatible server", re.compile(""), {**_CHAT, "top_k": "top_k"}),
)
"""The last row is every other model: vLLM, llama.cpp, LM Studio, Ollama … take all settings."""


def family_of(target: str) -> Family:
    """The family of a model by its name: ``gpt-5-mini``, or ``openai/gpt-5-mini`` as routers say it."""
    name = target.rpartition("/")[2]
    return next(family for family in FAMILIES if family.pattern.match(name))
