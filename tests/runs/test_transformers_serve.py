"""The API client against transformers' own server, offline, with a model that the test builds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from agents.models.spec import model_spec, provider_of
from lab.core.calls import ModelFailure, ModelReply, ModelRequest
from tests.support import zoo
from tests.support.transformers_server import transformers_server

SCHEMA = {"type": "object", "properties": {"action": {"enum": ["left", "right"]}}}


class Served(NamedTuple):
    """A model in its folder, and where it is served."""

    folder: Path
    base_url: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = zoo.build("llama", tmp_path_factory.mktemp("serve") / "llama")
    with transformers_server(folder) as base_url:
        yield Served(folder, base_url)


def ask(text: str, *, seed: int = 1, **sampling: Any) -> ModelRequest:
    messages = ({"role": "user", "content": text},)
    return ModelRequest("main", messages, {"max_tokens": 8, **sampling}, seed=seed, schema=SCHEMA)


def answers(served: Served, *requests: ModelRequest) -> list[ModelReply | ModelFailure]:
    """What the server says, through the provider as a scenario opens it."""
    alias = {"model": f"openai/{served.folder}", "base_url": served.base_url, "price": {"in": 1, "out": 2}}
    spec = model_spec("main", {"main": alias})
    model: Any = provider_of(spec).open(spec)

    async def play() -> list[ModelReply | ModelFailure]:
        try:
            return list(await model.complete(requests))
        finally:
            await model.aclose()

    return asyncio.run(play())


def replies(served: Served, *requests: ModelRequest) -> list[ModelReply]:
    results = answers(served, *requests)
    assert all(isinstance(result, ModelReply) for result in results), results
    return [result for result in results if isinstance(result, ModelReply)]


def greedy(folder: Path, request: ModelRequest) -> tuple[str, int, int]:
    """(likeliest reply, tokens in, tokens out) of the same model in this process."""
    words: Any = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(folder)
    ids = words.apply_chat_template(
        [dict(one) for one in request.messages],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    with torch.no_grad():
        out = model.generate(
            **ids, do_sample=False, max_new_tokens=8, temperature=None, top_p=None, top_k=None
        )
    n_in = ids["input_ids"].shape[1]
    return words.decode(out[0, n_in:], skip_special_tokens=True), n_in, out.shape[1] - n_in


def test_the_reply_is_the_models_own(served: Served) -> None:
    asked = ask("left or right?", temperature=0.0)
    (said,) = replies(served, asked)
    text, tokens_in, tokens_out = greedy(served.folder, asked)
    assert (said.text, said.tokens_in, said.tokens_out) == (text, tokens_in, tokens_out)
    assert said.cost_usd == (tokens_in + 2 * tokens_out) / 1e6
    assert said.facts["sent"] == {
        "max_tokens": 8,
        "temperature": 0.0,
        "seed": 1,
        "response_format": "json_schema",
    }


def test_the_seed_decides_what_is_drawn(served: Served) -> None:
    drawn = [replies(served, ask("say", seed=seed, temperature=1.0))[0].text for seed in (1, 2, 1)]
    assert drawn[0] == drawn[2] != drawn[1]


def test_many_at_once_are_answered_in_order(served: Served) -> None:
    asked = [ask(f"option {number}?", temperature=0.0) for number in range(6)]
    together = [said.text for said in replies(served, *asked)]
    assert together == [replies(served, one)[0].text for one in asked]


def test_a_setting_that_the_server_does_not_know_is_a_refused_request(served: Served) -> None:
    (result,) = answers(served, ask("say", top_k=5))
    assert isinstance(result, ModelFailure)
    assert result.kind == "refused_request"
    assert "422: Unexpected fields in the request: {'top_k'}" in result.message
