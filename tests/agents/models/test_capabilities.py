from __future__ import annotations

import pytest

from agents.models.capabilities import FAMILIES, family_of
from agents.models.spec import SAMPLING


@pytest.mark.parametrize(
    ("target", "about"),
    [
        ("gpt-5", "a reasoning model of OpenAI"),
        ("gpt-5-mini-2025-08-07", "a reasoning model of OpenAI"),
        ("gpt-5.1", "a reasoning model of OpenAI"),
        ("openai/gpt-5-nano", "a reasoning model of OpenAI"),
        ("o1", "a reasoning model of OpenAI"),
        ("o3-mini", "a reasoning model of OpenAI"),
        ("o4-mini", "a reasoning model of OpenAI"),
        ("gpt-5-chat-latest", "a chat model of OpenAI"),
        ("gpt-4o-mini", "a chat model of OpenAI"),
        ("chatgpt-4o-latest", "a chat model of OpenAI"),
        ("gpt-oss-20b", "a model of a compatible server"),
        ("Qwen/Qwen3-8B", "a model of a compatible server"),
        ("o1ympus", "a model of a compatible server"),
    ],
)
def test_a_model_belongs_to_the_first_family_that_fits_its_name(target: str, about: str) -> None:
    assert family_of(target).about == about


def test_reasoning_models_take_a_limit_of_tokens_and_nothing_else() -> None:
    assert family_of("gpt-5-mini").sampling == {"max_tokens": "max_completion_tokens"}


def test_only_compatible_servers_take_top_k() -> None:
    assert [family.about for family in FAMILIES if "top_k" in family.sampling] == [FAMILIES[-1].about]


def test_families_speak_of_settings_the_lab_knows() -> None:
    assert {name for family in FAMILIES for name in family.sampling} == set(SAMPLING)
