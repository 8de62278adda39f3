from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor

from agents.models.local.decoder import Decoder, Reply
from agents.models.local.jobs import Job
from lab.core.errors import UsageError
from tests.support.zoo import FAMILIES, random_model, tokenizer_of

PROMPTS = [[*range(5, 45)], [9, 8, 7], [*range(100, 170)]]


@pytest.fixture(scope="module", params=FAMILIES)
def decoder(request: pytest.FixtureRequest) -> Decoder:
    words = tokenizer_of()
    return Decoder(random_model(request.param, words), pad_id=words.pad_token_id)


@pytest.fixture(scope="module")
def llama() -> Decoder:
    words = tokenizer_of()
    return Decoder(random_model("llama", words), pad_id=words.pad_token_id)


def jobs_of(prompts: Sequence[Sequence[int]], **settings: Any) -> list[Job]:
    return [Job(ids=tuple(prompt), key=number, **settings) for number, prompt in enumerate(prompts)]


def alone(decoder: Decoder, ids: Sequence[int]) -> Tensor:
    """Logits after every token, from one plain forward: no padding, no cache, no positions given."""
    logits: Tensor = decoder.model(torch.tensor([[*ids]]), use_cache=False).logits[0]
    return logits


@torch.inference_mode()
def test_padded_rows_have_the_logits_of_rows_read_alone(decoder: Decoder) -> None:
    context = decoder.read(PROMPTS, columns=80)
    for row, prompt in enumerate(PROMPTS):
        assert torch.allclose(context.logits[row], alone(decoder, prompt)[-1], atol=1e-4)


@torch.inference_mode()
def test_tokens_fed_one_by_one_have_the_logits_of_a_text_read_at_once(decoder: Decoder) -> None:
    context = decoder.read(PROMPTS)
    for token in (11, 12, 13):
        decoder.advance(context, torch.full_like(context.positions, token))
    for row, prompt in enumerate(PROMPTS):
        assert torch.allclose(context.logits[row], alone(decoder, [*prompt, 11, 12, 13])[-1], atol=1e-4)


@torch.inference_mode()
def test_chosen_rows_go_on_by_themselves(decoder: Decoder) -> None:
    context = decoder.read(PROMPTS)
    copies = context.rows(torch.tensor([2, 1, 2]))
    decoder.advance(copies, torch.tensor([11, 12, 13]))
    decoder.advance(context, torch.tensor([14, 14, 14]))  # the context is as it was
    for copy, (row, token) in enumerate([(2, 11), (1, 12), (2, 13)]):
        assert torch.allclose(copies.logits[copy], alone(decoder, [*PROMPTS[row], token])[-1], atol=1e-4)
    assert torch.allclose(context.logits[1], alone(decoder, [*PROMPTS[1], 14])[-1], atol=1e-4)


@torch.inference_mode()
def test_rows_that_leave_the_batch_change_no_reply(decoder: Decoder) -> None:
    lengths = (2, 9, 5)
    jobs = [replace(job, max_tokens=most) for job, most in zip(jobs_of(PROMPTS), lengths, strict=True)]
    dropped = decoder.write(decoder.read(PROMPTS), jobs)
    kept = decoder.write(decoder.read(PROMPTS), jobs, drop=False)
    assert [reply.ids for reply in dropped] == [reply.ids for reply in kept]
    assert tuple(len(reply.ids) for reply in kept) == lengths


@pytest.mark.parametrize(
    ("settings", "tokens", "ids", "finish"),
    [
        ({"max_tokens": 3}, [4, 5, 6, 7], [4, 5, 6], "length"),
        ({"ends": frozenset({6, 9})}, [4, 6, 5], [4, 6], "stop"),
        ({"ends": frozenset({6}), "max_tokens": 2}, [4, 6], [4, 6], "stop"),
        ({"stops": lambda ids: sum(ids) > 10}, [4, 6, 5, 5], [4, 6, 5], "stop"),
        ({}, [4, 5], [4, 5], None),
        ({"max_tokens": 0}, [4], [], "length"),
    ],
)
def test_a_reply_ends_where_its_job_says(
    settings: dict[str, Any], tokens: list[int], ids: list[int], finish: str | None
) -> None:
    reply = Reply(Job(ids=(1,), key=0, **settings), most=100)
    for token in tokens:
        reply.take(token)
    assert (reply.ids, reply.finish) == (ids, finish)


def test_a_reply_ends_where_the_positions_of_the_model_do(llama: Decoder) -> None:
    assert llama.limit is not None
    prompts = [[7] * (llama.limit - 2), [7, 8, 9]]
    jobs = jobs_of(prompts, max_tokens=8)
    replies = llama.write(llama.read(prompts), jobs)
    assert [(len(reply.ids), reply.finish) for reply in replies] == [(3, "length"), (8, "length")]


def test_a_prompt_longer_than_the_model_takes_is_refused(llama: Decoder) -> None:
    assert llama.limit is not None
    with pytest.raises(ValueError, match="a prompt of 1025 tokens, where the model takes 1024"):
        llama.read([[7] * (llama.limit + 1)])


def test_logits_that_are_no_numbers_are_an_error_and_no_token(llama: Decoder) -> None:
    context = llama.read(PROMPTS)
    context.logits[1] = torch.nan
    with pytest.raises(FloatingPointError, match="no numbers after 0 tokens"):
        llama.write(context, jobs_of(PROMPTS))


def test_a_model_without_a_key_value_cache_is_refused_by_name() -> None:
    class Stateful(torch.nn.Module):
        def forward(self, input_ids: Tensor, cache_params: object) -> None: ...

    with pytest.raises(UsageError, match="Stateful keeps no key-value cache"):
        Decoder(Stateful(), pad_id=0)
