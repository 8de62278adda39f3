from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
import torch
from transformers import PreTrainedModel

from agents.models.local.batches import by_length
from agents.models.local.cached import PADDING_TOKENS, Cached, forwards, scored
from agents.models.local.jobs import ExecutionPath, Job, Outcome
from agents.models.local.packed import Feed
from agents.models.local.reference import Reference, Traits
from agents.models.local.scoring import branches_of
from lab.core.streams import generator, stream_key
from tests.support.zoo import FAMILIES, random_model, tokenizer_of

MUCH = 2**40
PAD = 3
VOCABULARY = range(10, 480)
ENDS = frozenset(range(10, 480, 9))
CHOICES = ((31, 30, 32), (31, 30), (450,), (31, 33))
KEEPING = [kind for kind in FAMILIES if kind != "qwen3_next"]


@pytest.fixture(scope="module", params=KEEPING)
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    return random_model(request.param, tokenizer_of())


@pytest.fixture(scope="module")
def llama() -> PreTrainedModel:
    return random_model("llama", tokenizer_of())


def tokens(count: int, *purpose: int) -> tuple[int, ...]:
    draw = generator(stream_key(1, "test", str(purpose)))
    return tuple(draw.integers(VOCABULARY.start, VOCABULARY.stop, count).tolist())


@dataclass
class Story:
    """Conversations of four agents under common rules, told turn by turn on any path."""

    path: ExecutionPath
    temperature: float = 0.8
    talks: dict[int, tuple[int, ...]] = field(default_factory=dict)
    told: list[Outcome] = field(default_factory=list)
    turn: int = 0

    def tell(self, agents: Sequence[int], settings: Mapping[int, Mapping[str, Any]] | None = None) -> None:
        """One batch: what is new to each agent, then all their replies."""
        self.turn += 1
        rules = tokens(40)
        for agent in agents:
            new = tokens(1 + (11 * agent + 7 * self.turn) % 23, agent, self.turn)
            self.talks[agent] = self.talks.get(agent, rules) + new
        jobs = [self.job(agent, (settings or {}).get(agent, {})) for agent in agents]
        outcomes = self.path.run(jobs)
        self.told += outcomes
        for agent, outcome in zip(agents, outcomes, strict=True):
            self.talks[agent] += outcome.reply_ids

    def job(self, agent: int, settings: Mapping[str, Any]) -> Job:
        key = stream_key(self.turn, "act", str(agent))
        return Job(
            self.talks[agent],
            key=key,
            **{"temperature": self.temperature, "max_tokens": 7, "ends": ENDS, **settings},
        )

    def tell_all(self) -> list[Outcome]:
        """Turns with changing membership and order, scoring between, forgotten turns and a fork."""
        self.tell([0, 1, 2])
        self.tell([0, 1, 2])
        self.tell([2, 0])
        self.tell([0, 1, 2, 3], {1: {"decide": "score", "choices": CHOICES}, 2: {"max_tokens": 1}})
        self.tell([3, 1, 0, 2], {3: {"decide": "both", "choices": CHOICES}, 0: {"temperature": 0.0}})
        self.talks[1] = self.talks[1][:60]
        self.talks[2] = self.talks[2][:40] + self.talks[2][70:]
        self.tell([0, 1, 2, 3])
        self.talks[4] = self.talks[0]
        self.tell([4, 0])
        self.tell([1])
        return self.told


def assert_equal(found: Sequence[Outcome], right: Sequence[Outcome]) -> None:
    """Replies are the same, and scores but for rounding."""
    for one, other in zip(found, right, strict=True):
        assert (one.reply_ids, one.finish) == (other.reply_ids, other.finish)
        assert one.choice_logprobs == pytest.approx(other.choice_logprobs, abs=1e-4)
        assert one.reply_logprobs == pytest.approx(other.reply_logprobs, abs=1e-4)


def reference(model: PreTrainedModel) -> Reference:
    return Reference(model, pad_id=PAD, traits=Traits(pads=False, copies=False))


def job(ids: Sequence[int], **settings: Any) -> Job:
    return Job(tuple(ids), **{"key": 1, "temperature": 0.0, "max_tokens": 4, **settings})


def facts(outcomes: Sequence[Outcome], name: str) -> list[Any]:
    return [outcome.facts[name] for outcome in outcomes]


def test_replies_and_scores_are_those_of_the_reference_path(model: PreTrainedModel) -> None:
    told = Story(Cached(model, cache_bytes=MUCH)).tell_all()
    assert_equal(told, Story(reference(model)).tell_all())
    assert sum(facts(told, "cached")) > 3 * sum(facts(told, "new"))


@pytest.mark.parametrize("cache_bytes", [0, 200_000, 400_000])
def test_a_small_budget_costs_time_and_changes_nothing(llama: PreTrainedModel, cache_bytes: int) -> None:
    told = Story(Cached(llama, cache_bytes=cache_bytes)).tell_all()
    roomy = Story(Cached(llama, cache_bytes=MUCH)).tell_all()
    assert_equal(told, roomy)
    assert sum(facts(told, "new")) > sum(facts(roomy, "new"))


def test_only_what_is_new_is_run(llama: PreTrainedModel) -> None:
    path, talks = Cached(llama, cache_bytes=MUCH), [tokens(50, 1), tokens(30, 2)]
    replies = path.run([job(talk) for talk in talks])
    talks = [talk + outcome.reply_ids + tokens(6, 3) for talk, outcome in zip(talks, replies, strict=True)]
    outcomes = path.run([job(talk) for talk in talks])
    assert facts(outcomes, "path") == ["cached", "cached"]
    assert facts(outcomes, "cached") == [53, 33]
    assert facts(outcomes, "new") == [7, 7]
    assert facts(outcomes, "in_place") == [True, True]


def test_common_rules_are_run_once_and_serve_later_conversations(llama: PreTrainedModel) -> None:
    path, rules = Cached(llama, cache_bytes=MUCH), tokens(90)
    first = path.run([job(rules + tokens(20, agent)) for agent in range(3)])
    assert facts(first, "shared") == [90, 90, 90]
    assert facts(first, "new") == [20, 20, 20]
    later = path.run([job(rules + tokens(20, agent)) for agent in (7, 8)])
    assert facts(later, "shared") == [0, 0]
    assert facts(later, "cached") == [90, 90]


def test_the_same_prompt_asked_many_times_is_run_once(llama: PreTrainedModel) -> None:
    path, prompt = Cached(llama, cache_bytes=MUCH), tokens(80)
    jobs = [job(prompt, key=key, temperature=1.0) for key in range(5)]
    outcomes = path.run(jobs)
    assert facts(outcomes, "new") == [1] * 5
    assert_equal(outcomes, reference(llama).run(jobs))
    assert_equal(path.run(jobs[3:4]), outcomes[3:4])


def test_agents_that_take_turns_alone_keep_their_own_conversations(llama: PreTrainedModel) -> None:
    path = Cached(llama, cache_bytes=MUCH)
    talks = {agent: tokens(40) + tokens(30, agent) for agent in range(3)}
    for agent in [*range(3)] * 2:
        (outcome,) = path.run([job(talks[agent])])
        talks[agent] += outcome.reply_ids + tokens(5, 9)
    assert outcome.facts["cached"] == 73


def test_a_reply_ends_at_a_stop_text_an_end_token_or_its_length(llama: PreTrainedModel) -> None:
    path, prompt = Cached(llama, cache_bytes=MUCH), tokens(30)
    (free,) = path.run([job(prompt)])
    assert (len(free.reply_ids), free.finish) == (4, "length")
    third = free.reply_ids[2]
    first_three = free.reply_ids[: free.reply_ids.index(third) + 1]
    ended, stopped = path.run(
        [job(prompt, ends=frozenset({third})), job(prompt, stops=lambda ids: third in ids)]
    )
    assert (ended.reply_ids, ended.finish) == (first_three, "stop")
    assert (stopped.reply_ids, stopped.finish) == (first_three, "stop")


def test_a_reply_never_outruns_the_positions_of_the_model() -> None:
    model = random_model("gpt2", tokenizer_of())
    limit = model.config.max_position_embeddings
    path = Cached(model, cache_bytes=0)
    (outcome,) = path.run([job(tokens(limit - 1), max_tokens=9)])
    assert (len(outcome.reply_ids), outcome.finish) == (2, "length")
    with pytest.raises(ValueError, match=f"{limit + 1} tokens, where the model takes {limit}"):
        path.run([job(tokens(limit + 1))])


class Failing(torch.nn.Module):
    """Fails as a full device does, once `fails`."""

    def __init__(self) -> None:
        super().__init__()
        self.fails = False

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        if self.fails:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return hidden


def test_nothing_is_kept_when_memory_runs_out_and_the_next_batch_is_right() -> None:
    model = random_model("llama", tokenizer_of())
    body: Any = model.model
    norm, failing = body.norm, Failing()
    body.norm = torch.nn.Sequential(failing, norm)
    path, jobs = Cached(model, cache_bytes=MUCH), [job(tokens(40, number)) for number in range(2)]
    outcomes = path.run(jobs)
    failing.fails = True
    with pytest.raises(torch.OutOfMemoryError):
        path.run(jobs)
    failing.fails = False
    again = path.run(jobs)
    assert facts(again, "cached") == [0, 0]
    assert_equal(again, outcomes)


@pytest.mark.parametrize("decide", ["generate", "score"])
def test_logits_that_are_no_numbers_are_an_error_and_no_answer(decide: Any) -> None:
    model = random_model("llama", tokenizer_of())
    body: Any = model.model
    body.norm.weight.fill_(torch.nan)
    with pytest.raises(FloatingPointError):
        Cached(model, cache_bytes=0).run([job(tokens(5), decide=decide, choices=CHOICES)])


def test_watching_shows_the_logits_of_every_token(llama: PreTrainedModel) -> None:
    seen: list[tuple[int, int]] = []
    path = Cached(
        llama, cache_bytes=0, watch=lambda job, logits: seen.append((job.key, int(logits.argmax())))
    )
    outcomes = path.run([job(tokens(20, key), key=key, max_tokens=2 + key) for key in range(2)])
    for key, outcome in enumerate(outcomes):
        assert tuple(token for of, token in seen if of == key) == outcome.reply_ids


def test_conversations_of_one_slab_are_planned_together(llama: PreTrainedModel) -> None:
    path = Cached(llama, cache_bytes=MUCH)
    talks = [tokens(40 + 5 * number, number) for number in range(4)]
    for pair in ((0, 3), (1, 2)):
        path.run([job(talks[number], max_tokens=1) for number in pair])
    jobs = [job(talk + tokens(3)) for talk in (*talks, tokens(60, 7))]
    assert path.plan(jobs, 32, 10**6) == [[3, 0], [2, 1], [4]]
    assert path.plan(jobs, 1, 10**6) == [[3], [0], [2], [1], [4]]
    untouched = Cached(llama, cache_bytes=MUCH)
    assert untouched.plan(jobs, 3, 10**6) == by_length(jobs, 3, 10**6)


def test_feeds_of_like_length_share_a_forward() -> None:
    def feeds(*sizes: int) -> list[Feed]:
        return [Feed(row, 0, range(size)) for row, size in enumerate(sizes)]

    assert forwards(feeds(20, 90, 40)) == [[0, 1, 2]]
    long = 2 * PADDING_TOKENS
    assert forwards(feeds(5, long, 6, long, 7)) == [[1, 3], [0, 2, 4]]
    assert forwards(feeds(*[5_000] * 4)) == [[0, 1, 2], [3]]
    assert forwards(feeds(100_000)) == [[0]]


def test_options_score_as_the_sum_over_their_tokens() -> None:
    branches = branches_of(0, CHOICES)
    logits = torch.randn(1 + sum(len(branch.tokens) for branch in branches), 480)
    log_p = logits.double().log_softmax(-1)
    after: dict[tuple[int, ...], int] = {(): 0}
    for branch in branches:
        for depth in range(len(branch.tokens)):
            after[branch.tokens[: depth + 1]] = len(after)
    right = [float(sum(log_p[after[c[:i]], c[i]] for i in range(len(c)))) for c in CHOICES]
    assert scored(CHOICES, branches, logits) == pytest.approx(right, abs=1e-4)


def test_outcomes_come_in_the_order_of_the_jobs(llama: PreTrainedModel) -> None:
    jobs = [job(tokens(10 + 9 * number, number), key=number) for number in (3, 0, 2, 1)]
    path = Cached(llama, cache_bytes=MUCH)
    forth, back = path.run(jobs), path.run([replace(one) for one in reversed(jobs)])
    assert_equal(forth, back[::-1])
    assert_equal(forth, reference(llama).run(jobs))
