"""Logged answers read again give what the acting pass gave."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from agents.models.local.loading import load
from agents.models.local.logged import LoggedAnswer
from agents.models.local.model import LocalModel
from agents.models.local.options import LocalOptions
from agents.models.local.rereading import ROUGH_TOLERANCE, TOLERANCE, Rereader, open_rereader
from agents.models.spec import ModelSpec
from lab.core.calls import ModelReply, ModelRequest, SegmentSpan
from lab.core.captures import ActionPlace, Captured, CaptureSpec
from lab.core.errors import UsageError
from tests.support.zoo import ZooFolder

ASKED = {"role": "user", "content": "Will you cooperate or defect?"}
SEGMENTS = (SegmentSpan("question", 0, 0, 29),)
SPEC = CaptureSpec(
    spans=("pre_action", "pre_choice", "action_first", "action_mean", "post", "segment(question)")
)
PLACE = ActionPlace(0, 2, 0)


@pytest.fixture(scope="module")
def folder(zoo_folder: ZooFolder) -> Path:
    return zoo_folder("llama")


@pytest.fixture(scope="module")
def reader(folder: Path) -> Rereader:
    return open_rereader(ModelSpec("tiny", "local", str(folder)))


@pytest.fixture(scope="module", params=["generate", "score"])
def acted(folder: Path, request: pytest.FixtureRequest) -> tuple[LoggedAnswer, Captured]:
    """An answer as the log would hold it, and what was captured while it was given."""
    options = LocalOptions()
    model = LocalModel(load(str(folder), options), options)
    asked = ModelRequest(
        model="tiny",
        messages=(ASKED,),
        sampling={"max_tokens": 8},
        seed=5,
        choices=("cooperate", "defect") if request.param == "score" else (),
        decide=request.param,
        segments=SEGMENTS,
        capture=SPEC,
        locate=lambda text: PLACE if len(text) > 1 else None,
    )

    async def answered() -> ModelReply:
        (reply,) = await model.complete([asked])
        await model.aclose()
        assert isinstance(reply, ModelReply)
        return reply

    reply = asyncio.run(answered())
    assert reply.captured is not None
    return logged(asked, reply), reply.captured


def logged(asked: ModelRequest, reply: ModelReply) -> LoggedAnswer:
    scores = reply.choice_logprobs or {}
    return LoggedAnswer(
        key=("run", 1, 0, 0, 0),
        agent="ann",
        model="tiny",
        artifact="a",
        messages=asked.messages,
        named=asked.segments,
        segments={"question": None},
        choices=asked.choices,
        decide=asked.decide,
        text=reply.text,
        finish=reply.finish,
        place=PLACE,
        prompt_ids=reply.prompt_ids,
        reply_ids=reply.reply_ids,
        reply_logprobs=reply.reply_logprobs,
        total=scores.get(reply.text) if asked.decide == "score" else None,
    )


def test_the_same_spans_stand_at_the_same_tokens_with_the_same_vectors(
    reader: Rereader, acted: tuple[LoggedAnswer, Captured]
) -> None:
    answer, live = acted
    again = reader.read(answer, SPEC, origin="reread")
    assert [span[:4] for span in again.spans] == [span[:4] for span in live.spans]
    assert [span.reason for span in again.spans] == [span.reason for span in live.spans]
    assert {span.origin for span in again.present} == {"reread"}
    assert again.sites == live.sites == reader.shapes(SPEC)
    for mine, theirs in zip(again.rows, live.rows, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-5, atol=1e-5)


def test_the_log_probabilities_come_out_as_logged(
    reader: Rereader, acted: tuple[LoggedAnswer, Captured]
) -> None:
    gap = reader.gap(acted[0])
    assert gap is not None
    assert gap < 1e-4 < reader.tolerance


def test_the_gap_is_the_largest_difference(reader: Rereader, acted: tuple[LoggedAnswer, Captured]) -> None:
    answer = acted[0]
    altered = (
        (*answer.reply_logprobs[:-1], answer.reply_logprobs[-1] - 0.25) if answer.reply_logprobs else None
    )
    total = None if answer.total is None else answer.total + 0.25
    assert reader.gap(replace(answer, reply_logprobs=altered, total=total)) == pytest.approx(0.25, abs=1e-4)
    assert reader.gap(replace(answer, reply_logprobs=None, total=None)) is None


def test_an_answer_is_written_in_the_tokens_of_another_model(
    reader: Rereader, acted: tuple[LoggedAnswer, Captured]
) -> None:
    answer = replace(
        acted[0], prompt_ids=None, reply_ids=None, text="defect", choices=("cooperate", "defect")
    )
    told = reader.encoded(answer)
    assert told.prompt_ids == acted[0].prompt_ids
    assert told.segments["question"] is not None
    assert reader.gap(told) is None
    assert len(reader.read(told, SPEC, origin="reread").present) == len(SPEC.spans)


def test_tokens_that_are_missing_or_none_of_the_models_are_refused(
    reader: Rereader, acted: tuple[LoggedAnswer, Captured]
) -> None:
    with pytest.raises(UsageError, match="decision 1 of run run: the log holds no token ids"):
        reader.read(replace(acted[0], prompt_ids=None), SPEC, origin="reread")
    with pytest.raises(UsageError, match="token 99999 is none of local/"):
        reader.gap(replace(acted[0], reply_ids=(99_999,)))


@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", TOLERANCE), ("bfloat16", ROUGH_TOLERANCE)])
def test_sixteen_bits_are_allowed_more(folder: Path, dtype: str, tolerance: float) -> None:
    assert (
        open_rereader(ModelSpec("m", "local", str(folder), options={"dtype": dtype})).tolerance == tolerance
    )
