from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedModel

from agents.models.local.kv import Slab
from agents.models.local.packed import Feed, Packed, pack
from tests.support.zoo import FAMILIES, WINDOW, random_model, tokenizer_of

CPU = torch.device("cpu")
KEEPING = [kind for kind in FAMILIES if kind != "qwen3_next"]


@pytest.fixture(scope="module", params=KEEPING)
def model(request: pytest.FixtureRequest) -> PreTrainedModel:
    return random_model(request.param, tokenizer_of())


@pytest.fixture(scope="module")
def llama() -> PreTrainedModel:
    return random_model("llama", tokenizer_of())


def ids(count: int, first: int = 5) -> list[int]:
    return [(first + 7 * place) % 440 + 5 for place in range(count)]


def plain(model: PreTrainedModel, tokens: Sequence[int]) -> Tensor:
    """Logits after every token of one row, without padding or cache."""
    row = torch.tensor([tokens])
    with torch.inference_mode():
        logits: Tensor = model(input_ids=row, attention_mask=torch.ones_like(row), use_cache=False).logits[0]
    return logits


def fed(packed: Packed, slab: Slab, *feeds: Feed) -> list[Tensor]:
    """Logits after every token of each feed."""
    with packed.running():
        logits = packed.feed(pack(feeds, slab, CPU), slab, keep=0)
    return [*logits.split([feed.size for feed in feeds])]


def assert_close(found: Tensor, right: Tensor) -> None:
    torch.testing.assert_close(found, right, rtol=0, atol=1e-4 * float(right.abs().max()))


def test_rows_of_any_length_read_in_pieces_are_as_each_read_alone(model: PreTrainedModel) -> None:
    talks = [ids(3 * WINDOW), ids(2, first=90), ids(WINDOW + 3, first=60), ids(40, first=7)]
    cuts = [(0, 50, 71, 72), (0, 1, 2), (0, 1, 27), (0, 20, 39, 40)]
    packed, slab = Packed(model), Slab(4, 80)
    for step in range(3):
        rows = [row for row in range(4) if step + 1 < len(cuts[row])]
        spans = {row: (cuts[row][step], cuts[row][step + 1]) for row in rows}
        feeds = [Feed(row, start, talks[row][start:end]) for row, (start, end) in spans.items()]
        for (row, (start, end)), found in zip(spans.items(), fed(packed, slab, *feeds), strict=True):
            assert_close(found, plain(model, talks[row])[start:end])


def test_branches_see_their_prompt_and_themselves_alone(model: PreTrainedModel) -> None:
    prompt, branches = ids(WINDOW + 6), (tuple(ids(3, 40)), tuple(ids(1, 80)), tuple(ids(9, 120)))
    packed, slab = Packed(model), Slab(1, 64)
    fed(packed, slab, Feed(0, 0, prompt[:20]))
    (found,) = fed(packed, slab, Feed(0, 20, prompt[20:], branches))
    parts = found.split([len(prompt) - 20, *map(len, branches)])
    assert_close(parts[0], plain(model, prompt)[20:])
    for part, branch in zip(parts[1:], branches, strict=True):
        assert_close(part, plain(model, [*prompt, *branch])[len(prompt) :])


def test_a_row_goes_on_after_branches_as_if_they_had_not_been(llama: PreTrainedModel) -> None:
    prompt, more = ids(20), ids(6, 50)
    packed, slab = Packed(llama), Slab(2, 64)
    fed(packed, slab, Feed(0, 0, prompt, ((9, 9, 9), (8, 8))), Feed(1, 0, ids(4)))
    found, _ = fed(packed, slab, Feed(0, 20, more), Feed(1, 4, [11]))
    assert_close(found, plain(llama, prompt + more)[20:])


def test_rows_fed_nothing_stay_as_they_are(llama: PreTrainedModel) -> None:
    packed, slab = Packed(llama), Slab(5, 64)
    talks = [ids(10, first=20 * row) for row in range(5)]
    fed(packed, slab, *[Feed(row, 0, talk) for row, talk in enumerate(talks)])
    before = slab.read(1, 64)[0].clone()
    for rows in ([1, 3], [0, 1, 3, 4]):
        found = fed(packed, slab, *[Feed(row, 10, [17]) for row in rows])
        for row, logits in zip(rows, found, strict=True):
            assert_close(logits, plain(llama, [*talks[row], 17])[10:])
    assert torch.equal(slab.read(1, 64)[0][2], before[2])


@pytest.mark.parametrize("kind", ["llama", "gemma3", "gpt2"])
def test_eager_attention_is_given_the_same_masks(kind: str) -> None:
    config = FAMILIES[kind](vocab_size=480, bos_token_id=1, eos_token_id=2, pad_token_id=3)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").eval()
    packed, slab = Packed(model), Slab(2, 64)
    talks = [ids(WINDOW + 9), ids(5)]
    found = fed(packed, slab, *[Feed(row, 0, talk) for row, talk in enumerate(talks)])
    for talk, logits in zip(talks, found, strict=True):
        assert_close(logits, plain(model, talk))


def test_only_the_tokens_asked_for_have_logits(llama: PreTrainedModel) -> None:
    packed, slab, talk = Packed(llama), Slab(1, 64), ids(12)
    with packed.running():
        found = packed.feed(pack([Feed(0, 0, talk)], slab, CPU), slab, keep=torch.tensor([3, 11]))
    assert_close(found, plain(llama, talk)[[3, 11]])


@pytest.mark.parametrize(
    ("feeds", "rows", "is_square"),
    [
        ([Feed(0, 0, [1, 2, 3])], 1, True),
        ([Feed(0, 7, [1])], 1, True),
        ([Feed(0, 7, [1, 2])], 1, False),
        ([Feed(0, 0, [1, 2]), Feed(1, 0, [1, 2])], 2, True),
        ([Feed(0, 0, [1, 2]), Feed(1, 0, [1])], 2, False),
        ([Feed(0, 6, [1]), Feed(1, 7, [1])], 2, False),
        ([Feed(0, 0, [1], ((2,),))], 1, False),
        ([Feed(1, 0, [1, 2])], 3, True),
    ],
)
def test_a_mask_is_spared_only_where_a_causal_one_says_it_all(
    feeds: list[Feed], rows: int, is_square: bool
) -> None:
    assert pack(feeds, Slab(rows, 8), CPU).is_square is is_square


def test_the_windows_of_the_layers_are_remembered() -> None:
    packed = Packed(random_model("gemma3", tokenizer_of()))
    assert packed.windows == set()
    fed(packed, Slab(1, 8), Feed(0, 0, [5, 6]))
    assert packed.windows == {None, WINDOW}


def test_a_model_is_as_before_also_after_a_failure(llama: PreTrainedModel) -> None:
    before, packed = plain(llama, ids(9)), Packed(llama)
    with pytest.raises(IndexError):
        fed(packed, Slab(1, 8), Feed(0, 0, [10**6]))
    assert llama.config._attn_implementation == "sdpa"
    assert torch.equal(plain(llama, ids(9)), before)
