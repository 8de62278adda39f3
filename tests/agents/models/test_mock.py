"""Stand-ins for models: legal replies, seeded, or whatever a function says."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from agents.models.mock import MOCKS, MockModel, MockProvider
from agents.models.spec import ModelSpec, model_spec
from lab.core.calls import ModelFailure, ModelReply, ModelRequest
from lab.core.canonical import parse
from lab.core.errors import UsageError
from lab.core.spaces import Choice, Form, Message, Quantity, Space

HERE = "tests.agents.models.test_mock"
ASK = ModelRequest("mock/uniform", ({"role": "user", "content": "left or right?"},), seed=3)
SPACES = [
    Choice("left", "right"),
    Quantity("coins", 0, 20),
    Quantity("coins", 0.5, 2.5),
    Quantity("coins", -2.5, -0.5),
    Quantity("share", 0.25, 0.75, whole=False),
    Message(),
    Form("move", {"side": Choice("left", "right"), "coins": Quantity("coins", 1, 3), "why": Message()}),
]


def open_mock(target: str) -> Any:
    return MockProvider().open(ModelSpec(f"mock/{target}", "mock", target))


def replied(target: str, *requests: ModelRequest) -> list[Any]:
    """What a mock answers."""
    return list(asyncio.run(open_mock(target).complete(requests)))


def texts(target: str, *requests: ModelRequest) -> list[str]:
    return [reply.text for reply in replied(target, *requests)]


def shout(request: ModelRequest) -> str:
    return str(request.messages[-1]["content"]).upper()


async def shout_later(request: ModelRequest) -> ModelReply | ModelFailure:
    await asyncio.sleep(0)
    return ModelReply(shout(request), tokens_in=1) if request.seed else ModelFailure("timeout", "30 s")


def count_characters(request: ModelRequest) -> int:
    return len(shout(request))


NOT_CALLABLE = "left"


@pytest.mark.parametrize("space", SPACES, ids=lambda space: type(space).__name__)
@pytest.mark.parametrize("mock", list(MOCKS))
def test_every_reply_to_a_schema_is_legal(mock: str, space: Space) -> None:
    asked = [replace(ASK, schema=space.schema(), seed=seed) for seed in range(50)]
    for text in texts(mock, *asked):
        space.read(parse(text))


@pytest.mark.parametrize("space", SPACES, ids=lambda space: type(space).__name__)
def test_first_says_what_comes_first(space: Space) -> None:
    (text,) = texts("first", replace(ASK, schema=space.schema()))
    assert parse(text) == space.first()


def test_uniform_says_every_legal_reply_about_as_often() -> None:
    """Six joint replies in 600: chi-square below its 99.9 % quantile, 20.5."""
    form = Form("move", {"side": Choice("left", "right"), "coins": Quantity("coins", 1, 3)})
    counts = Counter(
        texts("uniform", *(replace(ASK, schema=form.schema(), seed=seed) for seed in range(600)))
    )
    assert len(counts) == 6
    assert sum((count - 100) ** 2 / 100 for count in counts.values()) < 20.5


def test_a_reply_depends_on_the_seed_alone_and_not_on_what_was_asked_before() -> None:
    asked = [replace(ASK, schema=SPACES[1].schema(), seed=seed) for seed in range(9)]
    assert texts("uniform", *asked[::-1])[::-1] == texts("uniform", *asked)
    assert len(set(texts("uniform", *asked))) > 1


def test_one_of_the_choices_is_said_where_replies_are_scored() -> None:
    score = replace(ASK, schema=SPACES[0].schema(), choices=('{"a":1}', "right"), decide="score")
    assert texts("first", score) == ['{"a":1}']
    assert set(texts("uniform", *(replace(score, seed=seed) for seed in range(20)))) == set(score.choices)


def test_a_thought_without_a_schema_is_words() -> None:
    assert texts("first", ASK) == texts("uniform", ASK) == ["I consider what I was told."]


def test_a_function_of_the_users_own_speaks() -> None:
    assert texts(f"{HERE}:shout", ASK) == ["LEFT OR RIGHT?"]


def test_a_function_may_await_and_say_in_full_what_came_of_it() -> None:
    assert replied(f"{HERE}:shout_later", ASK, replace(ASK, seed=None)) == [
        ModelReply("LEFT OR RIGHT?", tokens_in=1),
        ModelFailure("timeout", "30 s"),
    ]


def test_a_function_that_says_no_text_is_told_so() -> None:
    with pytest.raises(UsageError, match=r"mock model '.*:count_characters' returned 14, not a text"):
        replied(f"{HERE}:count_characters", ASK)


def test_a_mock_costs_nothing_and_says_who_it_is() -> None:
    (reply,) = replied("first", ASK)
    assert (reply.tokens_in, reply.tokens_out, reply.cost_usd) == (3, 6, 0.0)
    assert (reply.artifact.provider, reply.artifact.name) == ("mock", "first")


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("unifrm", "unknown mock model 'unifrm'; did you mean 'uniform'?"),
        (f"{HERE}:nobody", "has no 'nobody'"),
        ("tests.nowhere:shout", "no module named 'tests.nowhere'"),
        (f"{HERE}:NOT_CALLABLE", "is not callable"),
    ],
)
def test_an_unknown_mock_is_a_problem_before_it_is_opened(target: str, message: str) -> None:
    ((path, says),) = MockProvider().problems(model_spec(f"mock/{target}", {}))
    assert path == "model"
    assert message in says


def test_a_mock_has_neither_options_nor_an_address() -> None:
    spec = ModelSpec("m", "mock", "first", base_url="http://localhost", options={"dtype": "x"})
    assert list(MockProvider().problems(spec)) == [
        ("options.dtype", "unknown option (a mock model has none)"),
        ("model", "a mock model has neither base_url nor api_key_env"),
    ]


def test_any_callable_makes_a_mock() -> None:
    (reply,) = asyncio.run(MockModel("mine", lambda request: "left").complete([ASK]))
    assert isinstance(reply, ModelReply)
    assert reply.text == "left"
