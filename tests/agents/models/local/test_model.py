"""A local model as the lab asks it: replies, choices, limits, failures, conversations."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch

from agents.models.local.loading import Loaded, load
from agents.models.local.model import LocalModel, gap_facts, key_of, stop_texts
from agents.models.local.options import LocalOptions
from agents.models.local.scoring import chosen
from lab.core.calls import ModelFailure, ModelReply, ModelRequest, SegmentSpan
from lab.core.captures import CaptureSpec
from lab.core.streams import uniform
from tests.support import zoo
from tests.support.zoo import ZooFolder

ASK = ({"role": "system", "content": "You are ann."}, {"role": "user", "content": "Round 1: what do you do?"})
CHOICES = ("1", "10", "cooperate", "defect")


@pytest.fixture(scope="module")
def loaded(zoo_folder: ZooFolder) -> Loaded:
    return load(str(zoo_folder("llama")))


@pytest.fixture
def model(loaded: Loaded) -> Iterator[LocalModel]:
    opened = LocalModel(loaded, LocalOptions())
    yield opened
    opened.engine.close()


def request(seed: int = 1, messages: Sequence[Any] = ASK, **asked: Any) -> ModelRequest:
    sampling = {"temperature": 1.0, "max_tokens": 8} | asked.pop("sampling", {})
    return ModelRequest("local/tiny", tuple(messages), sampling, seed=seed, **asked)


def answers(model: LocalModel, *requests: ModelRequest) -> list[ModelReply]:
    results = asyncio.run(model.complete(requests))
    assert all(isinstance(result, ModelReply) for result in results), results
    return [result for result in results if isinstance(result, ModelReply)]


def failure(model: LocalModel, asked: ModelRequest) -> ModelFailure:
    (result,) = asyncio.run(model.complete([asked]))
    assert isinstance(result, ModelFailure)
    return result


def plain_logprob(loaded: Loaded, prompt: Sequence[int], ids: Sequence[int]) -> float:
    """Sum of log-probabilities of tokens behind a prompt, by one forward over all of it."""
    with torch.inference_mode():
        logits = loaded.model(torch.tensor([[*prompt, *ids]])).logits[0, len(prompt) - 1 : -1]
    return float(logits.log_softmax(-1)[range(len(ids)), list(ids)].sum())


def test_a_reply_tells_its_tokens_and_what_it_was_made_with(model: LocalModel, loaded: Loaded) -> None:
    (reply,) = answers(model, request(segments=(SegmentSpan("name", 0, 8, 11),)))
    assert reply.prompt_ids is not None
    assert reply.reply_ids is not None
    assert reply.segment_ids is not None
    assert (reply.tokens_in, reply.tokens_out) == (len(reply.prompt_ids), len(reply.reply_ids))
    start, end = reply.segment_ids[0] or (0, 0)
    assert loaded.tokenizer.decode([*reply.prompt_ids[start:end]]) == " ann"
    assert reply.cost_usd == 0.0
    assert reply.finish in ("stop", "length")
    assert reply.facts["path"] == "reference"
    assert reply.artifact is not None
    assert reply.artifact.fingerprint == loaded.artifact.fingerprint
    assert reply.artifact.config["execution"] == "reference"
    assert reply.artifact.config["note"] is None


def test_a_reply_tells_the_log_probability_of_each_of_its_tokens(model: LocalModel, loaded: Loaded) -> None:
    asked = [
        request(seed, sampling={"temperature": 0.5, "top_k": 3, "max_tokens": 5 + seed}) for seed in range(4)
    ]
    for reply in answers(model, *asked):
        assert reply.prompt_ids is not None
        assert reply.reply_ids is not None
        parts = [
            plain_logprob(loaded, reply.prompt_ids + reply.reply_ids[:n], reply.reply_ids[n : n + 1])
            for n in range(len(reply.reply_ids))
        ]
        assert reply.reply_logprobs == pytest.approx(parts, abs=1e-4)  # of the model, not of the sampler


def test_a_capture_that_cannot_be_had_fails_that_request_alone(model: LocalModel) -> None:
    far = CaptureSpec(layers=(9,))
    bad, good, plain = asyncio.run(
        model.complete([request(1, capture=far), request(2, capture=CaptureSpec()), request(3)])
    )
    assert isinstance(bad, ModelFailure)
    assert bad.kind == "refused_request"
    assert "layer 9 is out of range: this model has layers 0 to 2" in bad.message
    assert isinstance(good, ModelReply)
    assert isinstance(plain, ModelReply)
    assert good.captured is not None
    assert [span.reason for span in good.captured.spans] == [
        "nothing says where an action stands in this reply"
    ]
    assert plain.captured is None


def test_a_segment_of_several_with_one_name_is_the_last(model: LocalModel) -> None:
    segments = (SegmentSpan("name", 0, 0, 3), SegmentSpan("name", 0, 8, 11))
    spec = CaptureSpec(spans=("segment(name)",))
    (reply,) = answers(model, request(segments=segments, capture=spec))
    assert reply.captured is not None
    assert reply.segment_ids is not None
    assert reply.captured.spans[0][1:3] == reply.segment_ids[1]


def test_a_reply_depends_on_its_request_alone(model: LocalModel) -> None:
    alone = [answers(model, request(seed))[0].reply_ids for seed in range(6)]
    together = [reply.reply_ids for reply in answers(model, *(request(seed) for seed in reversed(range(6))))]
    assert together[::-1] == alone
    assert len(set(alone)) > 1


def test_a_scored_reply_is_drawn_from_its_choices_by_the_requests_key(
    model: LocalModel, loaded: Loaded
) -> None:
    replies = answers(model, *(request(seed, choices=CHOICES, decide="score") for seed in range(20)))
    (scores,) = {tuple((reply.choice_logprobs or {}).items()) for reply in replies[:1]}
    for seed, reply in enumerate(replies):
        assert reply.text == scores[chosen([score for _, score in scores], 1.0, uniform(seed))][0]
    assert len({reply.text for reply in replies}) > 1


def test_choice_scores_are_those_of_the_whole_text_and_make_the_legal_mass(
    model: LocalModel, loaded: Loaded
) -> None:
    (reply,) = answers(model, request(choices=CHOICES, decide="score", sampling={"temperature": 0}))
    scores = reply.choice_logprobs or {}
    assert reply.reply_ids is not None
    assert scores[reply.text] == max(scores.values())
    assert scores[reply.text] == pytest.approx(
        plain_logprob(loaded, reply.prompt_ids or (), reply.reply_ids), rel=1e-4
    )
    assert reply.reply_ids[-1] == loaded.tokenizer.eos_token_id
    assert reply.legal_mass == pytest.approx(sum(math.exp(score) for score in scores.values()))


def test_both_generates_and_scores_the_same_prompt(model: LocalModel) -> None:
    both, scored, written = answers(
        model,
        request(choices=CHOICES, decide="both"),
        request(choices=CHOICES, decide="score"),
        request(),
    )
    assert both.prompt_ids == scored.prompt_ids
    assert both.choice_logprobs == pytest.approx(scored.choice_logprobs)
    assert "score_gap" in both.facts
    assert "score_gap" not in scored.facts
    assert written.choice_logprobs is None
    assert written.legal_mass is None


def test_a_conversation_goes_on_with_the_tokens_that_were_written(zoo_folder: ZooFolder) -> None:
    loaded = load(str(zoo_folder("llama", template="header")))  # which drops nothing of a reply
    model = LocalModel(loaded, LocalOptions())
    messages: list[Any] = [*ASK]
    so_far: tuple[int, ...] = ()
    changed = 0
    for turn in range(4):
        (reply,) = answers(model, request(turn, messages))
        assert (reply.prompt_ids or ())[: len(so_far)] == so_far
        assert reply.reply_ids is not None
        again = loaded.tokenizer(reply.text, add_special_tokens=False)["input_ids"]
        changed += again != [*reply.reply_ids]
        so_far = (*(reply.prompt_ids or ()), *reply.reply_ids)
        messages += [
            {"role": "assistant", "content": reply.text, "ids": reply.reply_ids},
            {"role": "user", "content": f"Round {turn + 2}."},
        ]
    assert changed, "decoding and encoding again gave the same tokens: nothing was tested"
    model.engine.close()


def test_a_stop_text_ends_the_reply(model: LocalModel) -> None:
    (free,) = answers(model, request(3))
    stop = free.text[2:4]
    (reply,) = answers(model, request(3, sampling={"stop": stop}))
    assert reply.text == free.text[: free.text.index(stop)]
    assert reply.finish == "stop"


@pytest.mark.parametrize(
    ("context", "asked", "kind"),
    [
        (10, {}, "overflow"),
        (38, {"choices": CHOICES, "decide": "score"}, "overflow"),
        (1, {}, "overflow"),
    ],
)
def test_a_prompt_longer_than_the_model_takes_is_an_overflow(
    context: int, asked: dict[str, Any], kind: str, loaded: Loaded
) -> None:
    model = LocalModel(replace(loaded, context_tokens=context), LocalOptions())
    found = failure(model, request(**asked))
    assert found.kind == kind
    assert f"the model takes {context}" in found.message
    model.engine.close()


@pytest.mark.parametrize(("room", "max_tokens"), [(8, 9), (9, 400)])
def test_a_reply_that_would_be_cut_at_once_is_an_overflow(
    room: int, max_tokens: int, loaded: Loaded, model: LocalModel
) -> None:
    (free,) = answers(model, request())
    tight = LocalModel(replace(loaded, context_tokens=(free.tokens_in or 0) + room), LocalOptions())
    assert failure(tight, request(sampling={"max_tokens": max_tokens})).kind == "overflow"
    scored = request(choices=("1", "2"), decide="score", sampling={"max_tokens": max_tokens})
    (reply,) = answers(tight, scored)  # which needs no more than its longest choice
    assert "max_tokens_cut" not in reply.facts
    tight.engine.close()


def test_a_reply_gets_the_room_that_is_left_and_says_so(loaded: Loaded, model: LocalModel) -> None:
    asked = request(sampling={"temperature": 0, "max_tokens": 40})
    (free,) = answers(model, asked)
    assert free.reply_ids is not None
    assert "max_tokens_cut" not in free.facts
    room = (free.tokens_in or 0) // 2
    tight = LocalModel(replace(loaded, context_tokens=(free.tokens_in or 0) + room), LocalOptions())
    (reply,) = answers(tight, asked)
    assert (reply.reply_ids, reply.finish) == (free.reply_ids[:room], "length")
    assert reply.facts["max_tokens_cut"] == room
    tight.engine.close()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"interventions": ({"kind": "steer"},)}, "takes no interventions"),
        ({"choices": ("a", "a"), "decide": "score"}, "cannot be scored"),
    ],
)
def test_what_cannot_be_done_fails_that_request_alone(
    asked: dict[str, Any], said: str, model: LocalModel
) -> None:
    bad, good = asyncio.run(model.complete([request(**asked), request()]))
    assert isinstance(bad, ModelFailure)
    assert (bad.kind, said in bad.message) == ("refused_request", True)
    assert isinstance(good, ModelReply)


def test_a_model_that_cannot_run_cached_says_so(zoo_folder: ZooFolder) -> None:
    model = LocalModel(load(str(zoo_folder("qwen3_next"))), LocalOptions(execution="cached"))
    assert model.engine.path.name == "reference"
    assert model.note is not None
    (reply,) = answers(model, request())
    assert reply.artifact is not None
    assert reply.artifact.config["note"] == model.note
    model.engine.close()


TEMPLATES: list[zoo.TemplateKind] = ["chatml", "header", "nosystem", "inst"]
EVERYTHING = [
    *(("llama", template, words) for template in TEMPLATES for words in zoo.TOKENIZERS),
    *(
        (kind, TEMPLATES[n % 4], zoo.TOKENIZERS[n % 2])
        for n, kind in enumerate(zoo.FAMILIES)
        if kind != "llama"
    ),
]
"""Every template with every tokenizer, and every family; templates and families do not meet in the code."""


@pytest.mark.parametrize(("kind", "template", "words"), EVERYTHING)
def test_every_family_template_and_tokenizer_answers(
    kind: str, template: zoo.TemplateKind, words: zoo.TokenizerKind, zoo_folder: ZooFolder
) -> None:
    loaded = load(str(zoo_folder(kind, template=template, tokenizer=words)))
    model = LocalModel(loaded, LocalOptions())
    written, scored = answers(model, request(), request(choices=CHOICES, decide="score"))
    assert written.reply_ids
    assert (scored.choice_logprobs or {})[scored.text] == pytest.approx(
        plain_logprob(loaded, scored.prompt_ids or (), scored.reply_ids or ()), rel=1e-3
    )
    model.engine.close()


@pytest.mark.parametrize(("text", "gap"), [("a", 0.0), (" b\n", 1.5), ("c", None)])
def test_the_gap_compares_what_was_written_with_what_scores_best(text: str, gap: float | None) -> None:
    asked = request(choices=("a", "b"), decide="both")
    assert gap_facts(asked, {"a": -1.0, "b": -2.5}, text) == {"score_gap": gap}


def test_stop_texts_may_be_one_or_many() -> None:
    assert stop_texts({"stop": "x"}) == ("x",)
    assert stop_texts({"stop": ["x", "y"]}) == ("x", "y")
    assert stop_texts({}) == ()


def test_a_request_without_seed_has_a_key_of_its_own() -> None:
    bare = replace(request(), seed=None)
    assert key_of(bare) == key_of(replace(bare))
    assert key_of(bare) != key_of(replace(bare, messages=ASK[1:]))
    assert key_of(request(7)) == 7
