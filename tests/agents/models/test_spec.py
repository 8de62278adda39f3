"""What a scenario's name of a model stands for, and what may be asked of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.models.spec import (
    DEFAULT_SAMPLING,
    PROVIDERS,
    Capabilities,
    ModelSpec,
    SamplingOptions,
    alias_problems,
    model_spec,
    resolved_sampling,
    unsupported,
)
from lab.core.errors import UnknownName

ALIASES: dict[str, dict[str, Any]] = {
    "small": {
        "model": "mock/first",
        "base_url": None,
        "api_key_env": None,
        "price": {"in": 0.5, "out": 2.0},
        "options": {"temperature": 0.2, "seed_name": "s"},
    },
}


@pytest.mark.parametrize(
    ("name", "provider", "target"),
    [
        ("mock/first", "mock", "first"),
        ("openai/gpt-x", "openai", "gpt-x"),
        ("local/./weights/qwen", "local", "./weights/qwen"),
        ("local//abs/path", "local", "/abs/path"),
        ("mock/package.module:speak", "mock", "package.module:speak"),
    ],
)
def test_a_model_is_named_by_its_provider_and_what_it_is_there(name: str, provider: str, target: str) -> None:
    assert model_spec(name, ALIASES) == ModelSpec(name, provider, target)


def test_an_alias_parts_sampling_from_the_providers_own_options() -> None:
    spec = model_spec("small", ALIASES)
    assert (spec.name, spec.provider, spec.target, spec.price) == ("small", "mock", "first", (0.5, 2.0))
    assert (spec.sampling, spec.options) == ({"temperature": 0.2}, {"seed_name": "s"})
    assert "temperature" in ALIASES["small"]["options"]


@pytest.mark.parametrize("name", ["smal", "mock", "mock/", "/first", "mok/first"])
def test_an_unknown_model_is_refused_with_the_names_there_are(name: str) -> None:
    with pytest.raises(UnknownName, match=r"known: local/…, mock/.*small"):
        model_spec(name, ALIASES)


def test_a_near_miss_is_told_the_alias() -> None:
    with pytest.raises(UnknownName, match="unknown model 'smal'; did you mean 'small'"):
        model_spec("smal", ALIASES)


def test_the_key_of_a_model_leaves_out_its_name_and_sampling_alone() -> None:
    spec = model_spec("small", ALIASES)
    assert replace(spec, name="other", sampling={}).key == spec.key
    changes: list[dict[str, Any]] = [
        {"provider": "openai"},
        {"target": "x"},
        {"base_url": "http://localhost"},
        {"api_key_env": "KEY"},
        {"price": None},
        {"options": {}},
    ]
    assert len({replace(spec, **change).key for change in changes} | {spec.key}) == 1 + len(changes)


@pytest.mark.parametrize(
    ("price", "tokens", "cost"),
    [
        ((0.5, 2.0), (2_000_000, 500_000), 2.0),
        ((0.5, 2.0), (None, 1), None),
        ((0.5, 2.0), (1, None), None),
        (None, (1, 1), None),
        ((0.0, 0.0), (5, 5), 0.0),
    ],
)
def test_a_cost_is_known_where_price_and_tokens_are(price: Any, tokens: Any, cost: float | None) -> None:
    assert replace(model_spec("mock/first", {}), price=price).cost_usd(*tokens) == cost


@pytest.mark.parametrize(
    ("alias", "path", "message"),
    [
        ({"model": "small"}, "model", "alias 'm' names another alias; name the model itself"),
        ({"model": "m"}, "model", "alias 'm' names another alias"),
        ({"model": "mok/first"}, "model", "unknown model 'mok/first'"),
        ({"model": "mock/frst"}, "model", "did you mean 'first'?"),
        ({"model": "mock/first", "options": {"colour": 1}}, "options.colour", "unknown option"),
    ],
)
def test_what_is_wrong_with_an_alias_is_said_with_its_path(
    alias: dict[str, Any], path: str, message: str
) -> None:
    ((found, says),) = alias_problems("m", {**ALIASES, "m": alias})
    assert found == path
    assert message in says


def test_a_good_alias_has_no_problems() -> None:
    good = {"model": "mock/first", "options": {"temperature": 0.1, "stop": ["\n"]}}
    assert list(alias_problems("m", {"m": good})) == []


def test_a_requested_setting_that_the_model_does_not_take_is_a_problem_and_a_default_is_left_out() -> None:
    takes = Capabilities(sampling=frozenset({"max_tokens"}))
    spec = model_spec("openai/o-one", {})
    ((path, message),) = unsupported({"temperature": 0, "max_tokens": 9}, takes, spec, "sampling.")
    assert (path, message) == (
        "sampling.temperature",
        "openai/o-one does not take 'temperature' (it takes: max_tokens)",
    )
    assert resolved_sampling({}, takes) == {"max_tokens": DEFAULT_SAMPLING["max_tokens"]}


def test_what_is_requested_wins_over_the_default() -> None:
    assert resolved_sampling({"max_tokens": 9}, Capabilities()) == {**DEFAULT_SAMPLING, "max_tokens": 9}


def test_every_provider_has_a_place() -> None:
    assert {name: PROVIDERS.place(name).partition(":")[0] for name in PROVIDERS} == {
        "local": "agents.models.local.provider",
        "mock": "agents.models.mock",
        "openai": "agents.models.openai_api",
    }


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"temperature": -3}, "options.temperature"),
        ({"temperature": "hot"}, "options.temperature"),
        ({"max_tokens": 0}, "options.max_tokens"),
        ({"top_p": 9}, "options.top_p"),
        ({"stop": 5}, "options.stop"),
    ],
)
def test_an_alias_with_nonsense_for_a_setting_is_refused(options: dict[str, Any], path: str) -> None:
    found = dict(alias_problems("m", {"m": {"model": "local/organisms/bluff", "options": options}}))
    assert list(found) == [path]


def test_one_stop_text_may_stand_alone() -> None:
    assert SamplingOptions.model_validate({"stop": "x"}).requested() == {"stop": ["x"]}


@pytest.mark.parametrize("name", ["mock/uniform", "human", "scripted", "a/b"])
def test_an_alias_cannot_be_called_like_a_model_or_a_policy(name: str) -> None:
    ((path, message),) = alias_problems(name, {name: {"model": "mock/first"}})
    assert path == ""
    assert f"cannot be called '{name}'" in message
