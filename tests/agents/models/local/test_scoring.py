from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest
import torch

from agents.models.local import scoring
from agents.models.local.decoder import Context, Decoder
from agents.models.local.scoring import Branch, Choice, branches_of, chosen, score
from tests.support.zoo import FAMILIES, random_model, tokenizer_of

END = 2
PROMPTS = [[*range(5, 45)], [9, 8, 7], [*range(100, 170)]]
CHOICES: list[list[Choice]] = [
    [(31, END), (31, 30, END), (31, 30, 30, END), (32, END), (END,)],  # 1, 10, 100, 2 and nothing
    [(40, 41, 42, END), (40, 41, 43, END)],
    [(50,), (51,), (52, 53)],
]


@pytest.fixture(scope="module", params=FAMILIES)
def decoder(request: pytest.FixtureRequest) -> Decoder:
    words = tokenizer_of()
    return Decoder(random_model(request.param, words), pad_id=words.pad_token_id)


@pytest.fixture(scope="module")
def llama() -> Decoder:
    words = tokenizer_of()
    return Decoder(random_model("llama", words), pad_id=words.pad_token_id)


@pytest.fixture(autouse=True)
def without_gradients() -> Iterator[None]:
    with torch.inference_mode():
        yield


def enumerated(decoder: Decoder, prompt: Sequence[int], choice: Choice) -> float:
    """The log-probability of a choice by one plain forward: no padding, no cache, no shared prompt."""
    logits = decoder.model(torch.tensor([[*prompt, *choice]]), use_cache=False).logits[0]
    log_p = logits.double().log_softmax(-1)
    return sum(float(log_p[len(prompt) - 1 + place, token]) for place, token in enumerate(choice))


def brute_force(decoder: Decoder) -> list[list[float]]:
    return [
        [enumerated(decoder, prompt, choice) for choice in of_row]
        for prompt, of_row in zip(PROMPTS, CHOICES, strict=True)
    ]


def read(decoder: Decoder) -> Context:
    return decoder.read(PROMPTS)


def test_scores_are_those_of_enumeration_even_of_choices_that_begin_others(decoder: Decoder) -> None:
    expected = brute_force(decoder)
    context = read(decoder)
    for found in (
        score(decoder, context, CHOICES),
        score(decoder, context, CHOICES, row_by_row=True),
        score(decoder, context, CHOICES, prompts=PROMPTS),
    ):
        for row, wanted in zip(found, expected, strict=True):
            assert row == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize(("cells", "logits"), [(1, 2**28), (160, 2**28), (2**17, 1), (2**17, 3000)])
def test_scores_do_not_depend_on_how_options_are_batched(
    llama: Decoder, monkeypatch: pytest.MonkeyPatch, cells: int, logits: int
) -> None:
    monkeypatch.setattr(scoring, "CACHE_CELLS", cells)
    monkeypatch.setattr(scoring, "LOGITS", logits)
    for row_by_row in (False, True):
        found = score(llama, read(llama), CHOICES, row_by_row=row_by_row)
        for row, wanted in zip(found, brute_force(llama), strict=True):
            assert row == pytest.approx(wanted, abs=1e-4)


def test_the_context_stays_as_it_is(llama: Decoder) -> None:
    context = read(llama)
    first = score(llama, context, CHOICES)
    assert score(llama, context, CHOICES) == first
    assert context.cache.get_seq_length() == context.mask.shape[-1]


def test_the_probabilities_of_all_single_tokens_sum_to_one(llama: Decoder) -> None:
    context = llama.read(PROMPTS[:1])
    every = [(token,) for token in range(context.logits.shape[-1])]
    (found,) = score(llama, context, [every])
    assert math.fsum(map(math.exp, found)) == pytest.approx(1, abs=1e-5)


def test_the_probabilities_of_what_may_follow_a_token_sum_to_its_own(llama: Decoder) -> None:
    context = llama.read(PROMPTS[:1])
    longer = [(31, token) for token in range(context.logits.shape[-1])]
    (found,) = score(llama, context, [[(31,), *longer]])
    assert math.fsum(map(math.exp, found[1:])) == pytest.approx(math.exp(found[0]), rel=1e-4)


def test_rows_without_choices_have_no_scores(llama: Decoder) -> None:
    assert score(llama, read(llama), [[], CHOICES[1], []])[::2] == [(), ()]


def test_logits_that_are_no_numbers_are_an_error_and_no_probability(llama: Decoder) -> None:
    context = read(llama)
    context.logits[0] = torch.nan
    with pytest.raises(FloatingPointError, match="no choice has a probability"):
        score(llama, context, CHOICES)


@pytest.mark.parametrize(
    ("choices", "branches"),
    [
        ([(1,), (2,)], []),
        ([(1, 0), (1, 0, 0)], [((1, 0), [1, 0])]),
        ([(1, 0), (2, 0)], [((2,), [1]), ((1,), [0])]),
        ([(1, 5, 0), (1, 5, 7, 0), (1, 0), (0,)], [((1, 5, 7), [1, 0, 2])]),
        ([(3, 1), (3, 2), (3, 1)], [((3,), [0, 1, 2])]),
    ],
)
def test_choices_that_begin_alike_share_a_branch(
    choices: list[Choice], branches: list[tuple[Choice, list[int]]]
) -> None:
    assert branches_of(4, choices) == [Branch(4, tokens, of) for tokens, of in branches]


def test_chosen_draws_each_choice_as_often_as_its_share() -> None:
    scores = [math.log(0.06), math.log(0.03), math.log(0.01)]
    counts = Counter(chosen(scores, 1.0, (number + 0.5) / 1000) for number in range(1000))
    assert counts == {0: 600, 1: 300, 2: 100}
    sharp = Counter(chosen(scores, 0.5, (number + 0.5) / 460) for number in range(460))
    assert sharp == {0: 360, 1: 90, 2: 10}


def test_at_temperature_zero_the_first_of_the_likeliest_is_chosen() -> None:
    assert chosen([-2.0, -1.0, -1.0], 0, 0.99) == 1


def test_a_draw_at_the_very_end_still_chooses() -> None:
    assert chosen([-800.0, -1000.0], 0.1, 1 - 2**-53) in (0, 1)
