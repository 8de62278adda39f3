"""What a local model was, so that a log says it exactly: hashes of its weights, tokenizer and template."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import tokenizers
import torch
import transformers
from transformers import PreTrainedConfig, PreTrainedModel, PreTrainedTokenizerFast

from agents.models.local.options import LocalOptions
from agents.models.local.places import commit_of, settings_of
from lab.core.calls import Artifact
from lab.core.canonical import HASH_BYTES, content_hash, value_hash

CHUNK_BYTES = 1 << 22
_THREADS = 4
_SAYS_NOTHING = re.compile(r"_|transformers_version$|use_cache$|output_|return_|(bos|eos|pad)_token_id$")
"""Keys of a generation config that change no token."""


def artifact_of(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    *,
    target: str,
    folder: Path,
    weights: Sequence[Path],
    options: LocalOptions,
) -> Artifact:
    """The loaded model as it goes into the log."""
    config = model.config.get_text_config()
    facts: dict[str, Any] = {
        "class": type(model).__name__,
        "model_type": model.config.model_type,
        "parameters": model.num_parameters(),
        "dtypes": dtypes_of(model),
        "device": _device_name(model.device),
        "attention": model.config._attn_implementation,
        "layers": dict(Counter(layer_types(config))),
        "tokenizer": content_hash(tokenizer.backend_tokenizer.to_str()),
        "template": None if tokenizer.chat_template is None else value_hash(tokenizer.chat_template),
        "generation_config_ignored": ignored_settings(folder),
        "options": options.model_dump(exclude_defaults=True),
        "commit": commit_of(folder),
    }
    versions = {module.__name__: str(module.__version__) for module in (torch, transformers, tokenizers)}
    fingerprint = weights_hash(weights)
    return Artifact(provider="local", name=target, fingerprint=fingerprint, config=facts, versions=versions)


def weights_hash(files: Sequence[Path]) -> str:
    """The content address of weight files, in order: hash of the hashes of their bytes."""
    with ThreadPoolExecutor(_THREADS) as threads:
        return value_hash(list(threads.map(_file_hash, files)))


def dtypes_of(model: PreTrainedModel) -> dict[str, int]:
    """How many parameters are held in each dtype (probes.md T20)."""
    counts: Counter[str] = Counter()
    for weight in model.parameters():
        counts[str(weight.dtype).removeprefix("torch.")] += weight.numel()
    return dict(counts)


def layer_types(config: PreTrainedConfig) -> list[str]:
    """The kind of attention of every layer, as transformers names it."""
    named = getattr(config, "layer_types", None)
    if named:
        return list(named)
    kind = "sliding_attention" if getattr(config, "sliding_window", None) else "full_attention"
    return [kind] * int(config.num_hidden_layers)


def ignored_settings(folder: Path) -> Mapping[str, Any]:
    """What the model's generation config asks for; none of it is applied, a scenario says how to sample."""
    asked = settings_of(folder, "generation_config.json")
    return {key: value for key, value in asked.items() if not _SAYS_NOTHING.match(key)}


def _file_hash(file: Path) -> str:
    facts = file.stat()
    return _hash_of_content(file.resolve(), facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=1024)
def _hash_of_content(file: Path, size: int, mtime_ns: int) -> str:
    """Hash of the bytes; size and time of change are there to forget it when the file changes."""
    digest = blake2b(digest_size=HASH_BYTES)
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _device_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
