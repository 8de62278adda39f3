from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from agents.models.openai_api import OpenAIProvider
from agents.models.openai_model import OpenAIModel
from agents.models.spec import ModelSpec, model_spec, provider_of
from lab.core.errors import UsageError

CANARY = "sk-canary-0123456789"
LOCAL = "http://127.0.0.1:8000/v1"


def alias(model: str = "openai/qwen", **fields: Any) -> ModelSpec:
    return model_spec("main", {"main": {"model": model, **fields}})


def problems(spec: ModelSpec) -> dict[str, str]:
    return dict(OpenAIProvider().problems(spec))


def test_the_table_of_providers_leads_here() -> None:
    assert isinstance(provider_of(alias()), OpenAIProvider)


def test_a_good_alias_has_no_problem_and_needs_no_key() -> None:
    options = {
        "timeout_s": 30,
        "retries": 0,
        "concurrency": 8,
        "schema": False,
        "seed": False,
        "reasoning_effort": "low",
        "extra_body": {"chat_template_kwargs": {"enable_thinking": False}},
        "top_k": 20,
    }
    assert problems(alias(base_url=LOCAL, api_key_env="MY_KEY", options=options)) == {}
    assert problems(model_spec("openai/gpt-5-mini", {})) == {}


@pytest.mark.parametrize(
    ("options", "path", "says"),
    [
        ({"timout_s": 3}, "options.timout_s", "did you mean 'timeout_s'?"),
        ({"temprature": 1}, "options.temprature", "did you mean 'temperature'?"),
        ({"timeout_s": 0}, "options.timeout_s", "greater than 0"),
        ({"timeout_s": float("nan")}, "options.timeout_s", "finite"),
        ({"retries": -1}, "options.retries", "greater than or equal to 0"),
        ({"concurrency": 0}, "options.concurrency", "greater than or equal to 1"),
        ({"schema": "maybe"}, "options.schema", "boolean"),
        ({"extra_body": {"stream": True}}, "options.extra_body", "the lab itself sets stream"),
        ({"extra_body": {"temperature": 1}}, "options.extra_body", "the lab itself sets temperature"),
    ],
)
def test_a_bad_option_is_told_with_what_is_right(options: dict[str, Any], path: str, says: str) -> None:
    found = problems(alias(options=options))
    assert list(found) == [path]
    assert says in found[path]


def test_a_setting_that_a_family_does_not_take_is_told() -> None:
    found = problems(alias("openai/gpt-5-mini", options={"temperature": 0, "max_tokens": 100}))
    assert found == {
        "options.temperature": "'gpt-5-mini' is a reasoning model of OpenAI and takes no temperature "
        "(takes: max_tokens)"
    }


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("127.0.0.1:8000", "begins with http://"),
        ("ftp://host/v1", "begins with http://"),
        ("http://", "begins with http://"),
        ("http://host:port/v1", "begins with http://"),
        (f"http://me:{CANARY}@host/v1", "holds no user or password"),
        (f"http://host/v1?key={CANARY}", "ends before any"),
        ("http://host/v1/chat/completions", "ends before /chat/completions"),
    ],
)
def test_a_bad_address_is_told_without_repeating_it(url: str, says: str) -> None:
    found = problems(alias(base_url=url))
    assert list(found) == ["base_url"]
    assert says in found["base_url"]
    assert CANARY not in found["base_url"]


@pytest.mark.parametrize(
    ("target", "sampling"),
    [
        ("gpt-5", {"max_tokens"}),
        ("gpt-4o", {"max_tokens", "temperature", "top_p", "stop"}),
        ("qwen3", {"max_tokens", "temperature", "top_p", "stop", "top_k"}),
    ],
)
def test_capabilities_are_those_of_the_family(target: str, sampling: set[str]) -> None:
    found = OpenAIProvider().capabilities(alias(f"openai/{target}"))
    assert (found.sampling, found.scoring, found.free) == (frozenset(sampling), False, False)


@pytest.mark.parametrize(
    ("fields", "variable"),
    [
        ({}, "OPENAI_API_KEY"),
        ({"api_key_env": "MY_KEY"}, "MY_KEY"),
        ({"base_url": LOCAL, "api_key_env": "MY_KEY"}, "MY_KEY"),
    ],
)
def test_a_missing_key_is_told_when_the_model_is_opened(fields: dict[str, str], variable: str) -> None:
    with pytest.raises(UsageError, match=f"set the environment variable {variable}"):
        OpenAIProvider().open(alias(**fields))


def test_a_server_of_ones_own_needs_no_key() -> None:
    assert isinstance(OpenAIProvider().open(alias(base_url=LOCAL)), OpenAIModel)


def test_a_key_that_cannot_be_one_is_told_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{CANARY}\nX-Other: 1")
    with pytest.raises(UsageError, match="OPENAI_API_KEY holds characters") as error:
        OpenAIProvider().open(alias())
    assert CANARY not in str(error.value)


def test_the_usual_variable_names_another_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    monkeypatch.setenv("OPENAI_BASE_URL", "nowhere")
    with pytest.raises(UsageError, match="base_url: an address begins with"):
        OpenAIProvider().open(alias())


def test_an_opened_model_does_not_show_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    model = OpenAIProvider().open(alias())
    assert CANARY not in repr(model) + str(model)


def test_checking_a_model_loads_nothing_heavy() -> None:
    code = (
        "import sys; from agents.models.spec import model_spec, provider_of;"
        "spec = model_spec('openai/gpt-5', {}); provider = provider_of(spec);"
        "list(provider.problems(spec)); provider.capabilities(spec);"
        "sys.exit('openai' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
