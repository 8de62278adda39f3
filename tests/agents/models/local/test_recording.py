"""Captures of the acting pass, in both execution paths: what they hold, and which pass they come from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from transformers import PreTrainedModel

from agents.models.local import recording
from agents.models.local.cached import Cached
from agents.models.local.capturing import Captures
from agents.models.local.jobs import ExecutionPath, Job, JobCapture, Outcome, Said, TokenPlace
from agents.models.local.recording import Plan, said_by
from agents.models.local.reference import Reference
from lab.core.captures import SPANS, Captured, CaptureSpec
from lab.core.errors import UsageError
from lab.core.streams import generator, stream_key
from probes.sites.names import Site
from probes.sites.selftest import attach
from probes.sites.tape import read_ids
from tests.support.zoo import FAMILIES, random_model, tokenizer_of

PAD = 3
ENDS = frozenset(range(10, 480, 9))
CHOICES = ((31, 30, 32), (31, 30, 40, 2), (31, 30, 41))
SITES = ("resid_post", "attn_out", "final_norm")
EVERY_SPAN = CaptureSpec(sites=SITES, spans=(*SPANS, "segment(rules)", "segment(none)"))

Paths = Callable[[PreTrainedModel], ExecutionPath]
PATHS: dict[str, Paths] = {
    "reference": lambda model: Reference(model, pad_id=PAD),
    "strict": lambda model: Reference(model, pad_id=PAD, strict_rows=6),
    "cached": lambda model: Cached(model, cache_bytes=2**40),
}
EVERY_WAY = [(kind, way) for kind in FAMILIES for way in PATHS if (kind, way) != ("qwen3_next", "cached")]
"""Linear attention keeps no keys and values of its own tokens."""


@pytest.fixture(scope="module")
def models() -> dict[str, PreTrainedModel]:
    return {kind: random_model(kind, tokenizer_of()) for kind in FAMILIES}


@pytest.fixture(scope="module")
def llama(models: dict[str, PreTrainedModel]) -> PreTrainedModel:
    return models["llama"]


@pytest.fixture(params=PATHS)
def paths(request: pytest.FixtureRequest) -> Paths:
    return PATHS[request.param]


def tokens(size: int, *purpose: int) -> tuple[int, ...]:
    draw = generator(stream_key(1, "test", str(purpose)))
    return tuple(draw.integers(10, 480, size).tolist())


def placed(said: Said) -> TokenPlace | str:
    """The action is the second and third token of a reply, and the second tells it."""
    return TokenPlace(1, 3, 1) if len(said.ids) > 2 else "the reply states no action"


def capture(spec: CaptureSpec = EVERY_SPAN, **segments: tuple[int, int] | None) -> JobCapture:
    return JobCapture(spec, {"rules": (1, 5), **segments}, placed)


def job(ids: Sequence[int], key: int, captured: JobCapture | None = None, **settings: Any) -> Job:
    settings = {"temperature": 0.9, "max_tokens": 6, "ends": ENDS, **settings}
    return Job(tuple(ids), key=key, capture=captured, **settings)


def mates() -> list[Job]:
    """A batch: prompts of other lengths, some that capture, by generation and by score."""
    some = CaptureSpec(sites=("mlp_out",), layers=(-1,), spans=("pre_action", "pre_choice"))
    return [
        job(tokens(9, 1), 1),
        job(tokens(31, 2), 2, capture()),
        job(tokens(17, 3), 3, capture(some), max_tokens=3),
        job(tokens(12, 4), 4, capture(), choices=CHOICES, decide="score"),
        job(tokens(23, 5), 5, capture(), choices=CHOICES, decide="both"),
    ]


def captured(outcome: Outcome) -> Captured:
    assert outcome.captured is not None
    return outcome.captured


def plain(model: PreTrainedModel, one: Job, outcome: Outcome) -> tuple[list[list[Tensor]], Captured]:
    """What a forward over prompt and reply alone gives at the spans [site][span], and what was found."""
    found, site_map = captured(outcome), attach(model)
    ids = (*one.ids, *said_by(one, outcome.reply_ids, outcome.choice_logprobs).ids)
    sites = [site for site in site_map.places if site in {(s.site, s.layer) for s in found.sites}]
    sites.sort(key=[(s.site, s.layer) for s in found.sites].index)
    rows = read_ids(model, site_map, ids, sites, range(len(ids)), stop_early=False)

    def reduced(of_site: Tensor, span: str, start: int, end: int) -> Tensor:
        part = of_site[start:end]
        return part.max(dim=0).values if span == "action_max" else part.mean(dim=0)

    return [
        [reduced(of_site, one.span, one.start or 0, one.end or 0) for one in found.present]
        for of_site in rows
    ], found


def assert_right(model: PreTrainedModel, one: Job, outcome: Outcome) -> None:
    right, found = plain(model, one, outcome)
    assert len(found.rows) == len(right) == len(found.sites)
    for rows, of_site in zip(found.rows, right, strict=True):
        assert len(rows) == len(found.present)
        for row, wanted in zip(rows, of_site, strict=True):
            assert float((row - wanted).norm()) <= 1e-5 * float(wanted.norm())


@pytest.mark.parametrize(("kind", "way"), EVERY_WAY)
def test_captures_are_the_states_of_the_same_tokens_read_alone(
    kind: str, way: str, models: dict[str, PreTrainedModel]
) -> None:
    jobs = mates()
    for one, outcome in zip(jobs, PATHS[way](models[kind]).run(jobs), strict=True):
        assert (outcome.captured is None) == (one.capture is None)
        if one.capture is not None:
            assert_right(models[kind], one, outcome)


@pytest.mark.parametrize(("kind", "way"), EVERY_WAY)
def test_capturing_changes_neither_tokens_nor_log_probabilities(
    kind: str, way: str, models: dict[str, PreTrainedModel]
) -> None:
    bare = [replace(one, capture=None) for one in mates()]
    assert PATHS[way](models[kind]).run(mates()) == PATHS[way](models[kind]).run(bare)


def test_each_span_says_its_tokens_and_which_pass_it_comes_from(llama: PreTrainedModel, paths: Paths) -> None:
    one = job(tokens(20, 8), 3, capture(), ends=frozenset())
    (outcome,) = paths(llama).run([one])
    spans = {span.span: span for span in captured(outcome).spans}
    reply = outcome.reply_ids
    assert {name: (span.start, span.end, span.token_id) for name, span in spans.items()} == {
        "pre_action": (19, 20, one.ids[-1]),
        "pre_choice": (20, 21, reply[0]),
        "action_first": (21, 22, reply[1]),
        "action_mean": (21, 23, None),
        "action_max": (21, 23, None),
        "post": (25, 26, reply[-1]),
        "segment(rules)": (1, 5, None),
        "segment(none)": (None, None, None),
    }
    assert [name for name, span in spans.items() if span.origin == "recomputed"] == ["post"]
    assert [name for name, span in spans.items() if span.reason] == ["segment(none)"]


def test_a_choice_by_score_is_captured_where_its_options_part(llama: PreTrainedModel, paths: Paths) -> None:
    one = job(tokens(20, 8), 3, capture(), choices=CHOICES, decide="score")
    (outcome,) = paths(llama).run([one])
    spans = {span.span: span for span in captured(outcome).spans}
    assert spans["pre_choice"][1:5] == (21, 22, 30, "live")
    assert spans["action_mean"].origin == "recomputed"
    assert_right(llama, one, outcome)


def test_an_option_of_one_token_is_chosen_at_the_end_of_the_prompt(
    llama: PreTrainedModel, paths: Paths
) -> None:
    spec = CaptureSpec(spans=("pre_action", "pre_choice"))
    one = job(tokens(20, 8), 3, capture(spec), choices=((31, 2), (32, 2)), decide="score")
    (outcome,) = paths(llama).run([one])
    assert captured(outcome).spans[0][1:] == captured(outcome).spans[1][1:]
    for rows in captured(outcome).rows:
        assert torch.equal(rows[0], rows[1])


def test_a_reply_that_states_nothing_has_no_choice_and_says_so(llama: PreTrainedModel, paths: Paths) -> None:
    spec = CaptureSpec(spans=("pre_choice", "pre_action"))
    (outcome,) = paths(llama).run([job(tokens(20, 8), 3, capture(spec), max_tokens=2)])
    first, second = captured(outcome).spans
    assert first.reason == "the reply states no action"
    assert second.reason is None
    assert {len(rows) for rows in captured(outcome).rows} == {1}


def test_a_conversation_that_goes_on_in_its_cache_is_captured_all_the_same(llama: PreTrainedModel) -> None:
    path, rules = Cached(llama, cache_bytes=2**40), tokens(50)
    talks = [rules + tokens(5 + 7 * number, number) for number in range(3)]
    origins = set()
    for turn in range(3):
        jobs = [job(talk, 10 * turn + n, capture(far=(2, 60))) for n, talk in enumerate(talks)]
        jobs = [replace(one, capture=capture(segment_spec(), near=near(one.ids))) for one in jobs]
        outcomes = path.run(jobs)
        for one, outcome in zip(jobs, outcomes, strict=True):
            assert_right(llama, one, outcome)
            origins |= {(span.span, span.origin) for span in captured(outcome).present}
        talks = [
            talk + outcome.reply_ids + tokens(4, turn) for talk, outcome in zip(talks, outcomes, strict=True)
        ]
    assert {facts["cached"] > 0 for facts in (outcome.facts for outcome in outcomes)} == {True}
    assert ("segment(rules)", "recomputed") in origins
    assert ("segment(near)", "live") in origins
    assert ("pre_choice", "live") in origins
    assert ("pre_choice", "recomputed") not in origins


def segment_spec() -> CaptureSpec:
    return CaptureSpec(spans=("pre_choice", "segment(rules)", "segment(near)"))


def near(ids: Sequence[int]) -> tuple[int, int]:
    return len(ids) - 3, len(ids) - 1


def test_a_batch_without_captures_is_not_listened_to(llama: PreTrainedModel) -> None:
    captures = Captures(llama)
    assert captures.begin([job(tokens(5), 1)]) is None
    assert "_map" in vars(captures)
    assert vars(captures)["_map"] is None


def test_no_hook_outlives_a_batch_even_one_that_fails(llama: PreTrainedModel, paths: Paths) -> None:
    def hooks() -> int:
        return sum(len(one._forward_hooks) + len(one._forward_pre_hooks) for one in llama.modules())

    def fails(said: Said) -> TokenPlace | str:
        raise ZeroDivisionError

    before = hooks()
    broken = JobCapture(EVERY_SPAN, {}, fails)
    path = paths(llama)
    with pytest.raises(ZeroDivisionError):
        path.run([job(tokens(9, 1), 1), job(tokens(7, 2), 2, broken)])
    assert hooks() == before
    one = job(tokens(9, 1), 1, capture())
    (outcome,) = path.run([one])
    assert_right(llama, one, outcome)
    assert hooks() == before


def test_tokens_beyond_the_budget_are_read_again(
    llama: PreTrainedModel, paths: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "KEPT_BYTES", 0)
    one = job(tokens(20, 8), 3, capture(), ends=frozenset())
    (outcome,) = paths(llama).run([one])
    spans = {span.span: span.origin for span in captured(outcome).present}
    assert spans["action_mean"] == "recomputed"
    assert_right(llama, one, outcome)


def test_rows_are_kept_in_the_dtype_asked_for(llama: PreTrainedModel) -> None:
    spec = CaptureSpec(spans=("pre_action", "segment(rules)"), dtype="bfloat16")
    one = job(tokens(20, 8), 3, capture(spec))
    (outcome,) = Reference(llama, pad_id=PAD).run([one])
    found = captured(outcome)
    assert found.dtype == "bfloat16"
    assert {rows.dtype for rows in found.rows} == {torch.bfloat16}
    right, _ = plain(llama, one, outcome)
    for rows, of_site in zip(found.rows, right, strict=True):
        assert torch.equal(rows, torch.stack(of_site).to(torch.bfloat16))


def test_a_row_that_overflows_is_null_with_its_site_and_the_others_stay() -> None:
    model = random_model("llama", tokenizer_of())
    embedding: Any = model.get_input_embeddings()
    spec = CaptureSpec(spans=("pre_action", "segment(rules)"), dtype="float16")
    ids = tokens(20, 8)
    with torch.no_grad():
        embedding.weight[ids[-1]] *= 1e6
    (outcome,) = Reference(model, pad_id=PAD).run(
        [job(ids, 3, capture(spec), decide="score", choices=CHOICES)]
    )
    found = captured(outcome)
    assert [span.span for span in found.present] == ["segment(rules)"]
    assert found.spans[0].reason == "its row at resid_post[0] is not finite in float16"
    assert {len(rows) for rows in found.rows} == {1}
    assert all(rows.isfinite().all() for rows in found.rows)


def test_an_answer_can_be_read_again_from_its_tokens(llama: PreTrainedModel) -> None:
    one = job(tokens(20, 8), 3, capture(), ends=frozenset())
    (outcome,) = Reference(llama, pad_id=PAD).run([one])
    again = Captures(llama).read(one, Said(outcome.reply_ids))
    assert {span.origin for span in again.present} == {"reread"}
    assert_right(llama, one, replace(outcome, captured=again))


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (CaptureSpec(sites=("resid_pots",)), "resid_post"),
        (CaptureSpec(layers=(9,)), "layer 9 is out of range"),
        (CaptureSpec(scores=("/nowhere/probe.safetensors",)), "no probe can be read"),
    ],
)
def test_a_capture_that_this_model_cannot_give_is_refused(
    llama: PreTrainedModel, paths: Paths, spec: CaptureSpec, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        paths(llama).run([job(tokens(5), 1, capture(spec))])


def test_what_goes_to_the_cpu_is_there_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Extra memory stays within 1.1 times the bytes asked for: the device's rows go as the CPU's come."""
    sites, jobs, width = 32, 24, 64
    rows = [[torch.ones(width) for _ in range(sites)] for _ in range(jobs)]
    asked = sites * jobs * width * 4
    held: list[int] = []
    stack = torch.stack

    def stacked(some: Sequence[torch.Tensor]) -> torch.Tensor:
        column = stack(list(some))
        columns.append(column)
        left = [vector for vectors in rows for vector in vectors if vector.numel()]
        held.append(sum(one.nbytes for one in (*left, *columns)))
        return column

    columns: list[torch.Tensor] = []
    plan = Plan(tuple(Site("resid_post", n) for n in range(sites)), (width,) * sites, (), torch.float32)
    with monkeypatch.context() as watched:
        watched.setattr(torch, "stack", stacked)
        found = [recording._column(plan, rows, site) for site in range(sites)]
    assert max(held) <= 1.1 * asked
    assert all(column.shape == (jobs, width) for column in found)
