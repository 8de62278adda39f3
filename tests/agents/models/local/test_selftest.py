from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from transformers import BloomConfig, BloomForCausalLM, LlamaConfig, LlamaForCausalLM, PreTrainedModel

from agents.models.local import packed
from agents.models.local.loading import Loaded
from agents.models.local.options import LocalOptions
from agents.models.local.selftest import CONTEXT, attach, cache_bytes, unfit
from lab.core.calls import Artifact
from tests.support.zoo import FAMILIES, random_model, tokenizer_of

KEEPING = [kind for kind in FAMILIES if kind != "qwen3_next"]
TINY: dict[str, Any] = {"vocab_size": 480, "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 1}
TINY |= {"num_attention_heads": 2, "num_key_value_heads": 2}


def llama(**settings: Any) -> PreTrainedModel:
    model: PreTrainedModel = LlamaForCausalLM(LlamaConfig(**{**TINY, **settings})).eval()
    return model


def bloom() -> PreTrainedModel:
    model: PreTrainedModel = BloomForCausalLM(
        BloomConfig(vocab_size=480, hidden_size=32, n_layer=1, n_head=2)
    ).eval()
    return model


def loaded(model: PreTrainedModel) -> Loaded:
    return Loaded(
        model=model,
        tokenizer=tokenizer_of(),
        ends=frozenset(),
        pad_id=3,
        context_tokens=None,
        artifact=Artifact("local", "tiny"),
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", KEEPING)
def test_models_that_keep_every_token_pass(kind: str, dtype: torch.dtype) -> None:
    assert unfit(random_model(kind, tokenizer_of(), dtype=dtype)) is None


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (lambda: random_model("qwen3_next", tokenizer_of()), r"keep no keys .* \(LinearAttentionLayer\)"),
        (bloom, "the self-test ended with|its logits are off"),
        (lambda: llama(attn_implementation="flex_attention"), "attention 'flex_attention' takes no masks"),
        (lambda: llama(max_position_embeddings=CONTEXT - 1), "takes 99 tokens"),
        (
            lambda: llama(rope_parameters={"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}),
            r"rotary positions \(dynamic\)",
        ),
        (lambda: llama(attention_chunk_size=64), "chunks"),
    ],
    ids=["hybrid", "alibi", "attention", "short", "rotary", "chunks"],
)
def test_models_that_cannot_are_told_why(build: Callable[[], PreTrainedModel], reason: str) -> None:
    assert unfit(build()) is not None
    with pytest.raises(AssertionError, match=reason):
        raise AssertionError(unfit(build()))


def blind_to_windows(self: packed.Pack, window: int | None) -> torch.Tensor:
    return torch.arange(self.columns) <= self.column[:, None]


def one_column_late(self: packed.Pack, window: int | None) -> torch.Tensor:
    return torch.arange(self.columns) <= self.column[:, None] + 1


@pytest.mark.parametrize(
    ("kind", "sabotage"),
    [("mistral", blind_to_windows), ("llama", one_column_late), ("gpt2", one_column_late)],
)
def test_a_wrong_mask_is_noticed(kind: str, sabotage: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed.Pack, "visible", sabotage)
    assert "logits are off" in (unfit(random_model(kind, tokenizer_of())) or "")


def test_wrong_positions_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = random_model("gpt2", tokenizer_of())
    forward = model.forward

    def without_positions(**asked: Any) -> Any:
        asked.pop("position_ids", None)
        return forward(**asked)

    monkeypatch.setattr(model, "forward", without_positions)
    assert "logits are off" in (unfit(model) or "")


def test_a_layer_that_hides_its_window_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    model = random_model("gemma3", tokenizer_of())
    for layer in model.model.layers:
        monkeypatch.setattr(layer.self_attn, "sliding_window", None)
    model.config.sliding_window = 4_000
    assert "its layers attend within {None}" in (unfit(model) or "")


def test_logits_that_are_no_numbers_do_not_pass() -> None:
    model: Any = random_model("llama", tokenizer_of())
    model.model.norm.weight.fill_(torch.nan)
    assert "no numbers" in (unfit(model) or "")


def test_cached_execution_is_attached_where_asked_for_and_fit() -> None:
    tiny = loaded(llama())
    attached = attach(tiny, LocalOptions(execution="cached"))
    assert (attached.path.name, attached.note) == ("cached", None)
    assert attached.plan is not None
    assert attach(tiny, LocalOptions()).path.name == "reference"


@pytest.mark.parametrize(
    ("model", "options", "reason"),
    [
        (bloom, {}, "the self-test ended|its logits are off"),
        (llama, {"strict": True, "batch": 2}, "strict batches need the reference path"),
    ],
    ids=["unfit", "strict"],
)
def test_a_model_that_falls_back_says_so(
    model: Callable[[], PreTrainedModel], options: dict[str, Any], reason: str
) -> None:
    attached = attach(loaded(model()), LocalOptions(execution="cached", **options))
    assert attached.path.name == "reference"
    assert attached.plan is None
    with pytest.raises(AssertionError, match=f"runs on the reference path, not cached: ({reason})"):
        raise AssertionError(attached.note)


def test_the_budget_is_as_asked_or_a_share_of_what_is_free() -> None:
    tiny = loaded(llama())
    assert cache_bytes(tiny, LocalOptions(cache_bytes=5)) == 5
    assert cache_bytes(tiny, LocalOptions()) > 2**20
