from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from agents.models.local.batches import by_shape
from agents.models.local.decoder import Decoder
from agents.models.local.jobs import Job, Outcome
from agents.models.local.reference import Reference, Traits, traits_of
from lab.core.streams import stream_key
from tests.support.zoo import FAMILIES, WINDOW, random_model, tokenizer_of

PAD = 3
LENGTHS = (2 * WINDOW + 5, 3, 17, 70, 1, 30)
END = 450
CHOICES = ((31, END), (31, 30, END), (32, END))
SIZE: dict[str, Any] = {"vocab_size": 480, "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2}
SIZE |= {"num_attention_heads": 4, "head_dim": 16, "max_position_embeddings": 160}
BARE = Traits(pads=False, copies=False)


@pytest.fixture(scope="module", params=FAMILIES)
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    return random_model(request.param, tokenizer_of())


@pytest.fixture(scope="module")
def llama() -> PreTrainedModel:
    return random_model("llama", tokenizer_of())


def job(number: int, **settings: Any) -> Job:
    length = LENGTHS[number % len(LENGTHS)]
    ids = tuple((7 * place + 11 * number) % 440 + 5 for place in range(length))
    settings = {"max_tokens": 10, "choices": CHOICES, **settings}
    return Job(ids=ids, key=stream_key(1, "act", str(number)), order=f"{number * 7919 % 97:02d}", **settings)


def mixed_jobs() -> list[Job]:
    """Jobs of all kinds: sampled and greedy, short and long, written and scored."""
    return [
        job(0),
        job(1, temperature=0.0, decide="both"),
        job(2, top_p=0.9, max_tokens=3),
        job(3, top_k=5, temperature=1.4, decide="both"),
        job(4, decide="score"),
        job(5, ends=frozenset(range(0, 480, 3))),
    ]


def said(outcomes: Sequence[Outcome]) -> list[tuple[tuple[int, ...], str | None]]:
    return [(outcome.reply_ids, outcome.finish) for outcome in outcomes]


def close(some: Sequence[Outcome], others: Sequence[Outcome]) -> bool:
    """Whether two lists of outcomes have the same replies and, but for rounding, the same scores."""
    return said(some) == said(others) and all(
        one.choice_logprobs == pytest.approx(other.choice_logprobs, abs=1e-4)
        for one, other in zip(some, others, strict=True)
    )


def test_greedy_replies_are_those_of_generate(model: Any) -> None:
    ends = frozenset(range(0, 480, 17))
    jobs = [job(number, temperature=0.0, ends=ends) for number in range(6)]
    config = GenerationConfig(max_new_tokens=10, do_sample=False, pad_token_id=PAD, eos_token_id=sorted(ends))
    for one, outcome in zip(jobs, Reference(model, pad_id=PAD).run(jobs), strict=True):
        ids = torch.tensor([one.ids])
        row = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=config)[0]
        reply = row[len(one.ids) :].tolist()
        assert (list(outcome.reply_ids), outcome.finish) == (reply, "stop" if reply[-1] in ends else "length")


def test_an_outcome_depends_on_its_job_alone(model: PreTrainedModel) -> None:
    path, jobs = Reference(model, pad_id=PAD), mixed_jobs()
    together = path.run(jobs)
    assert close(together, [path.run([one])[0] for one in jobs])
    assert close(together[::-1], path.run(jobs[::-1]))
    assert close(together, path.run(jobs[:2]) + path.run(jobs[2:]))


def test_a_batch_of_32_gives_what_32_batches_give(llama: PreTrainedModel) -> None:
    path = Reference(llama, pad_id=PAD)
    jobs = [job(number, max_tokens=1 + number % 9, top_p=0.8 + number / 160) for number in range(32)]
    assert said(path.run(jobs)) == [said(path.run([one]))[0] for one in jobs]


def test_the_families_of_the_zoo_bear_padding_and_copies(model: PreTrainedModel) -> None:
    path = Reference(model, pad_id=PAD)
    assert path.traits == Traits(pads=True, copies=True)
    assert path.note is None


def test_a_model_that_bears_nothing_gives_the_same_outcomes(model: PreTrainedModel) -> None:
    jobs = [*mixed_jobs(), replace(job(0), key=5), replace(job(3), key=6)]
    bare = Reference(model, pad_id=PAD, traits=BARE)
    assert close(Reference(model, pad_id=PAD).run(jobs), bare.run(jobs))
    assert bare.note is not None
    assert "equal length" in bare.note
    assert "whole prompt" in bare.note


def test_padding_that_does_harm_is_found_out(llama: PreTrainedModel, monkeypatch: pytest.MonkeyPatch) -> None:
    forward = llama.forward

    def deaf(*args: Any, attention_mask: Any = None, **more: Any) -> Any:
        return forward(*args, attention_mask=None, **more)

    decoder = Decoder(llama, pad_id=PAD)
    monkeypatch.setattr(llama, "forward", deaf)
    assert traits_of(decoder) == Traits(pads=False, copies=True)


def test_positions_that_are_ignored_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    gpt2 = random_model("gpt2", tokenizer_of())
    forward = gpt2.forward

    def deaf(*args: Any, position_ids: Any = None, **more: Any) -> Any:
        return forward(*args, **more)

    decoder = Decoder(gpt2, pad_id=PAD)
    monkeypatch.setattr(gpt2, "forward", deaf)
    assert not traits_of(decoder).pads


def test_a_cache_that_cannot_be_copied_is_found_out(
    llama: PreTrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise NotImplementedError

    monkeypatch.setattr("transformers.DynamicCache.reorder_cache", refuse)
    path = Reference(llama, pad_id=PAD)
    assert path.traits == Traits(pads=True, copies=False)
    jobs = mixed_jobs()
    found = path.run(jobs)
    monkeypatch.undo()
    assert close(found, Reference(llama, pad_id=PAD).run(jobs))


def test_rows_whose_length_turns_the_rotary_positions_of_others_go_alone() -> None:
    rope = {"rope_type": "longrope", "rope_theta": 1e4, "original_max_position_embeddings": 40}
    rope |= {"short_factor": [1.0] * 8, "long_factor": [4.0] * 8}
    config = LlamaConfig(**SIZE, rope_parameters=rope)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        path = Reference(LlamaForCausalLM(config).eval(), pad_id=PAD)
    jobs = [job(number, decide="both", temperature=0.0) for number in range(6)]
    assert close(path.run(jobs), [path.run([one])[0] for one in jobs])
    assert path.note == "its rotary positions change beyond 40 tokens: such rows go alone"


@pytest.mark.parametrize("context", [8, 15])
def test_a_model_that_takes_few_tokens_is_tried_within_them(context: int) -> None:
    config = LlamaConfig(**SIZE | {"max_position_embeddings": context})
    with torch.random.fork_rng():
        torch.manual_seed(3)
        found = traits_of(Decoder(LlamaForCausalLM(config).eval(), pad_id=PAD))
    assert found == Traits()


def test_the_facts_name_path_and_shape(llama: PreTrainedModel) -> None:
    outcomes = Reference(llama, pad_id=PAD).run([job(0), job(1)])
    assert outcomes[0].facts == {"path": "reference", "rows": 2, "columns": LENGTHS[0]}


def test_scored_jobs_write_nothing_and_written_jobs_score_nothing(llama: PreTrainedModel) -> None:
    path = Reference(llama, pad_id=PAD)
    written, scored, both = path.run([job(0), job(0, decide="score"), job(0, decide="both")])
    assert (scored.reply_ids, scored.finish) == ((), None)
    assert written.choice_logprobs is None
    assert both.reply_ids == written.reply_ids
    assert both.choice_logprobs == pytest.approx(scored.choice_logprobs, abs=1e-5)


def test_no_jobs_have_no_outcomes(llama: PreTrainedModel) -> None:
    assert Reference(llama, pad_id=PAD).run([]) == []


# --- strict ----------------------------------------------------------------------------------------


def strict_run(path: Reference, jobs: Sequence[Job], rows: int) -> dict[int, Outcome]:
    """Outcomes by key, run in strict batches."""
    found: dict[int, Outcome] = {}
    for places in by_shape(jobs, rows, 0):
        batch = [jobs[place] for place in places]
        found.update(zip([one.key for one in batch], path.run(batch), strict=True))
    return found


@pytest.mark.parametrize("family", ["llama", "mistral", "gpt2", "qwen3_next"])
def test_strict_rows_are_equal_to_the_last_bit_whatever_their_mates(family: str) -> None:
    path = Reference(random_model(family, tokenizer_of()), pad_id=PAD, strict_rows=4)
    jobs = [job(number, decide="both") for number in range(12)]
    together = strict_run(path, jobs, 4)
    for some in ([jobs[3]], jobs[5:8], jobs[::2], jobs[::-1]):
        for key, outcome in strict_run(path, some, 4).items():
            assert said([outcome]) == said([together[key]])
            assert outcome.choice_logprobs == together[key].choice_logprobs


def test_strict_outcomes_are_those_of_free_batches(llama: PreTrainedModel) -> None:
    jobs = mixed_jobs()
    strict = strict_run(Reference(llama, pad_id=PAD, strict_rows=3), jobs, 3)
    free = Reference(llama, pad_id=PAD).run(jobs)
    assert close([strict[one.key] for one in jobs], free)
