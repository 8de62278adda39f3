"""Tiny random language models in transformers format, with tokenizers trained on the spot: no download.

Every model has two layers, width 64 and random norm weights, so that an error in a norm, a mask or a
position shows in the logits (probes.md T4, T10). Equal arguments build equal files.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    GPT2Config,
    GPTNeoXConfig,
    LlamaConfig,
    MistralConfig,
    MixtralConfig,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3NextConfig,
)
from transformers.utils import logging as transformers_logging

TokenizerKind = Literal["bpe", "unigram"]
TemplateKind = Literal["chatml", "header", "nosystem", "inst", "none"]

ZooFolder = Callable[..., Path]
"""`build` without a folder, as the fixture `zoo_folder` of tests of local models offers it."""

TOKENIZERS: tuple[TokenizerKind, ...] = ("bpe", "unigram")
MAX_POSITIONS = 1024
WINDOW = 24
"""Tokens that a sliding-window layer sees; short enough to matter in small tests."""

_WIDTH = 64
_SHARED: dict[str, Any] = {
    "hidden_size": _WIDTH,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": MAX_POSITIONS,
}
_GROUPED: dict[str, Any] = {**_SHARED, "num_key_value_heads": 2, "head_dim": 16}
_LINEAR: dict[str, Any] = {
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 16,
    "linear_value_head_dim": 16,
    "layer_types": ["linear_attention", "full_attention"],
}
_EXPERTS: dict[str, Any] = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
_GPT2: dict[str, Any] = {"n_embd": _WIDTH, "n_layer": 2, "n_head": 4, "n_positions": MAX_POSITIONS}

FAMILIES: Mapping[str, Callable[..., PreTrainedConfig]] = {
    "llama": lambda **ids: LlamaConfig(**_GROUPED, **ids),
    "qwen3": lambda **ids: Qwen3Config(**_GROUPED, **ids),
    "mistral": lambda **ids: MistralConfig(**_GROUPED, sliding_window=WINDOW, **ids),
    "gemma3": lambda **ids: Gemma3TextConfig(
        **_GROUPED,
        query_pre_attn_scalar=16,
        sliding_window=WINDOW,
        layer_types=["sliding_attention", "full_attention"],
        **ids,
    ),
    "gpt2": lambda **ids: GPT2Config(**_GPT2, resid_pdrop=0.0, embd_pdrop=0.0, attn_pdrop=0.0, **ids),
    "gpt_neox": lambda **ids: GPTNeoXConfig(**_SHARED, **ids),
    "mixtral": lambda **ids: MixtralConfig(**_GROUPED, num_local_experts=4, num_experts_per_tok=2, **ids),
    "qwen3_next": lambda **ids: Qwen3NextConfig(
        **_GROUPED, **_LINEAR, **_EXPERTS, shared_expert_intermediate_size=32, **ids
    ),
}
"""Family to a function that gives its config, from vocabulary size, special ids and tying."""

TEMPLATES: Mapping[TemplateKind, str | None] = {
    "chatml": (  # as Qwen 3: earlier thinking is dropped, `enable_thinking: false` writes an empty block
        "{%- for m in messages %}"
        "{%- set said = m.content %}"
        "{%- if m.role == 'assistant' and '</think>' in said %}"
        "{%- set said = said.split('</think>')[-1].lstrip('\\n') %}"
        "{%- endif %}"
        "{{- '<|im_start|>' + m.role + '\\n' + said + '<|im_end|>\\n' }}"
        "{%- endfor %}"
        "{%- if add_generation_prompt %}"
        "{{- '<|im_start|>assistant\\n' }}"
        "{%- if enable_thinking is defined and not enable_thinking %}"
        "{{- '<think>\\n\\n</think>\\n\\n' }}"
        "{%- endif %}"
        "{%- endif %}"
    ),
    "header": (  # as Llama 3
        "{{- bos_token }}"
        "{%- for m in messages %}"
        "{{- '<|start_header_id|>' + m.role + '<|end_header_id|>\\n\\n' + m.content | trim + '<|im_end|>' }}"
        "{%- endfor %}"
        "{%- if add_generation_prompt %}"
        "{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}"
        "{%- endif %}"
    ),
    "nosystem": (  # as Gemma: roles alternate and there is no system role
        "{{- bos_token }}"
        "{%- if messages[0].role == 'system' %}"
        "{{- raise_exception('System role not supported') }}"
        "{%- endif %}"
        "{%- for m in messages %}"
        "{%- if (m.role == 'user') != (loop.index0 % 2 == 0) %}"
        "{{- raise_exception('Roles must alternate user/assistant') }}"
        "{%- endif %}"
        "{%- set role = 'model' if m.role == 'assistant' else m.role %}"
        "{{- '<start_of_turn>' + role + '\\n' + m.content | trim + '<|im_end|>\\n' }}"
        "{%- endfor %}"
        "{%- if add_generation_prompt %}{{- '<start_of_turn>model\\n' }}{%- endif %}"
    ),
    "inst": (  # as Mistral: a system text stands before the first user text
        "{{- bos_token }}"
        "{%- if messages[0].role == 'system' %}"
        "{%- set first = messages[0].content + '\\n\\n' %}{%- set rest = messages[1:] %}"
        "{%- else %}{%- set first = '' %}{%- set rest = messages %}{%- endif %}"
        "{%- for m in rest %}"
        "{%- if m.role == 'user' %}"
        "{{- '[INST] ' + (first if loop.first else '') + m.content + ' [/INST]' }}"
        "{%- else %}{{- ' ' + m.content | trim + eos_token }}{%- endif %}"
        "{%- endfor %}"
    ),
    "none": None,
}
"""Four shapes of chat template, and a model without one."""

_ENDS: Mapping[TemplateKind, str] = {"inst": "</s>", "none": "</s>"}
"""What ends a turn, where it is not `<|im_end|>`."""

_SPECIAL = (
    "<unk>",
    "<s>",
    "</s>",
    "<pad>",
    "<|im_start|>",
    "<|im_end|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<start_of_turn>",
)
_WORDS_KEPT = ("<think>", "</think>")  # tokens of their own that are no special tokens, as in Qwen 3

_CORPUS = (
    "You are ann. Each round every member keeps or gives some of 20 coins; what is given is multiplied.\n"
    "Round 1: bob gave 8, cat gave 12, you earned 23.5. What do you do? Reply with cooperate or defect.\n"
    "I think that bob will defect again, so I will not trust him. I choose to cooperate, it pays.\n"
    'Answer as JSON: {"action": "cooperate", "amount": 10}. Options: 1, 2, 3, 10, 100; yes or no.\n'
    "The price rose from 99.75 to 101.20; you hold 5 units. Say something to the others or stay silent.\n"
    "Die Karten sind stark — bluffen lohnt sich nicht. ¿Qué haces ahora? 你现在做什么?\n"
    "Nothing is known of the other's type: strong, weak, honest, deceptive. Rounds left: 0123456789.\n"
    "assistant user system model INST /INST\n"
) * 3


def build(
    kind: str,
    folder: Path,
    *,
    tokenizer: TokenizerKind = "bpe",
    template: TemplateKind = "chatml",
    shards: bool = False,
    tied: bool = False,
    dtype: torch.dtype = torch.float32,
    seed: int = 0,
) -> Path:
    """The folder, now with a random model of family `kind`, its tokenizer and generation settings.

    Args:
        kind: a name of `FAMILIES`.
        folder: created where it does not exist.
        tokenizer: byte-level BPE, or Unigram with a metaspace.
        template: the chat template; ``none`` for a base model.
        shards: whether the weights are cut into several files with an index.
        tied: whether input and output embeddings are one tensor.
        dtype: of the saved weights.
        seed: of the weights.
    """
    words = tokenizer_of(tokenizer, template)
    model = random_model(kind, words, tied=tied, seed=seed, dtype=dtype)
    model.generation_config.update(**_asked_for(words, template))
    transformers_logging.disable_progress_bar()
    try:
        model.save_pretrained(folder, max_shard_size="60KB" if shards else "1GB")
        words.save_pretrained(folder)
    finally:
        transformers_logging.enable_progress_bar()
    return folder


def random_model(
    kind: str,
    tokenizer: PreTrainedTokenizerFast,
    *,
    tied: bool = False,
    seed: int = 0,
    dtype: torch.dtype = torch.float32,
) -> PreTrainedModel:
    """A model of family `kind` for this tokenizer, in memory and in eval mode.

    Its vocabulary is a little larger than the tokenizer's, as that of many published models is.
    """
    config = FAMILIES[kind](
        vocab_size=-(-(len(tokenizer) + 1) // 16) * 16,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=tied,
    )
    return drawn(config, seed=seed, dtype=dtype)


def drawn(config: PreTrainedConfig, *, seed: int = 0, dtype: torch.dtype = torch.float32) -> PreTrainedModel:
    """A model with this config and random weights, norms included, in memory and in eval mode."""
    with torch.random.fork_rng(devices=[]):  # for what is left as initialized
        torch.manual_seed(seed)
        model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    _randomize(model, seed)
    torch.nn.Module.to(model, dtype)
    model.eval()
    model.requires_grad_(False)
    return model


def tokenizer_of(kind: TokenizerKind = "bpe", template: TemplateKind = "chatml") -> PreTrainedTokenizerFast:
    """A tokenizer trained on a few lines, with the special tokens and the chat template asked for."""
    trained = _byte_level_bpe() if kind == "bpe" else _unigram()
    words = PreTrainedTokenizerFast(
        tokenizer_object=trained,
        bos_token="<s>",
        eos_token=_ENDS.get(template, "<|im_end|>"),
        unk_token="<unk>",
        pad_token="<pad>",
        additional_special_tokens=[*_SPECIAL[4:]],
        clean_up_tokenization_spaces=False,
    )
    words.chat_template = TEMPLATES[template]
    return words


def hub_cache(home: Path, repo: str, folder: Path, *, revision: str = "0" * 40) -> Path:
    """A copy of `folder` where huggingface_hub keeps `repo` ("org/name"), below `home`/hub.

    Point ``huggingface_hub.constants.HF_HUB_CACHE`` (or ``HF_HOME`` of a new process) at it to load by id.
    """
    place = home / "hub" / f"models--{repo.replace('/', '--')}"
    snapshot = place / "snapshots" / revision
    shutil.copytree(folder, snapshot)
    (place / "refs").mkdir()
    (place / "refs" / "main").write_text(revision)
    return snapshot


def edit_json(file: Path, **changes: Any) -> None:
    """Change keys of a JSON file; None removes the key."""
    content = json.loads(file.read_text()) | changes
    file.write_text(json.dumps({key: value for key, value in content.items() if value is not None}))


def _asked_for(words: PreTrainedTokenizerFast, template: TemplateKind) -> dict[str, Any]:
    """What the generation config of many chat models says, a list of end tokens included."""
    ends = [words.eos_token_id, words.convert_tokens_to_ids("</s>")]
    asked = {"do_sample": True, "temperature": 0.6, "top_k": 20, "top_p": 0.95}
    return asked | {"eos_token_id": ends if template in ("chatml", "nosystem") else words.eos_token_id}


def _randomize(model: PreTrainedModel, seed: int) -> None:
    """Draw every weight anew: matrices that keep the scale of what passes, norms far from one."""
    draw = torch.Generator().manual_seed(seed)
    tied = bool(model.config.tie_word_embeddings)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            noise = torch.randn(weight.shape, generator=draw)
            if "norm" in name or ".ln_" in name:
                weight.add_(0.3 * noise)
            elif weight.ndim == 1:
                weight.add_(0.1 * noise)
            elif not tied and ("embed" in name or ".wte" in name or ".wpe" in name):
                weight.copy_(noise)
            else:
                weight.copy_(noise * 1.5 / _WIDTH**0.5)


def _byte_level_bpe() -> Tokenizer:
    trained = Tokenizer(models.BPE())
    trained.normalizer = normalizers.NFC()
    trained.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trained.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=480,
        special_tokens=[*_SPECIAL],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    trained.train_from_iterator(_CORPUS.splitlines(keepends=True), trainer)
    trained.add_tokens([*_WORDS_KEPT])
    return trained


def _unigram() -> Tokenizer:
    trained = Tokenizer(models.Unigram())
    trained.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    trained.decoder = decoders.Metaspace(prepend_scheme="first")
    trainer = trainers.UnigramTrainer(
        vocab_size=400,
        special_tokens=[*_SPECIAL],
        unk_token="<unk>",
        initial_alphabet=[chr(code) for code in (*range(33, 127), 10)],
        show_progress=False,
    )
    trained.train_from_iterator(_CORPUS.splitlines(keepends=True), trainer)
    trained.add_tokens([*_WORDS_KEPT])
    return trained
