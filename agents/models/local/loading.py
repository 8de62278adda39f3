"""A local model made ready: weights, tokenizer, end tokens, and what the log says of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    PreTrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)
from transformers.quantizers.auto import AutoQuantizationConfig
from transformers.utils import logging as their_logging

from agents.models.local.artifact import artifact_of
from agents.models.local.checks import config_of, one_line, weight_files
from agents.models.local.options import LocalOptions
from agents.models.local.places import folder_of, settings_of
from lab.core.calls import Artifact
from lab.core.errors import UsageError

_ONE_AT_A_TIME = threading.Lock()
"""transformers changes how modules are made, for the whole process, while it makes one."""

SMALL_PARAMETERS = 50_000_000
"""Below so many, threads of torch cost more than they bring."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A model ready to run.

    Attributes:
        model: in eval mode, without gradients, on its device.
        tokenizer: a fast one, without truncation or padding.
        ends: tokens that end a reply; empty for word-level models that have none.
        pad_id: what fills a row where nothing stands; masked wherever it is.
        context_tokens: most tokens of prompt and reply together; None where the model has no limit.
        artifact: what the log says of it.
    """

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    ends: frozenset[int]
    pad_id: int
    context_tokens: int | None
    artifact: Artifact

    @property
    def device(self) -> torch.device:
        """Where it runs."""
        return self.model.device

    @property
    def dtype(self) -> torch.dtype:
        """The dtype of its weights as loaded."""
        return self.model.dtype


def load(target: str, options: LocalOptions | None = None) -> Loaded:
    """The model of a folder, a hub id or an organism.

    No code of the model's is run, pickles are never read, and the settings of its generation config are
    listed in the artifact but not applied.

    Raises:
        UsageError: when it cannot be loaded as asked; says why and what would help.
    """
    options = options or LocalOptions()
    folder = folder_of(target, options.revision)
    config = config_of(folder, target)
    weights = weight_files(folder, target)
    device = device_of(options.device, target)
    with _ONE_AT_A_TIME, quiet():
        tokenizer = load_tokenizer(folder, target)
        model = _model(folder, config, target=target, device=device, options=options)
    _set_threads(model, options)
    ends = end_ids(folder, config, tokenizer)
    pad = tokenizer.pad_token_id
    return Loaded(
        model=model,
        tokenizer=tokenizer,
        ends=ends,
        pad_id=pad if _in_vocabulary(pad, config) else min(ends, default=0),
        context_tokens=context_tokens(config, options),
        artifact=artifact_of(
            model, tokenizer, target=target, folder=folder, weights=weights, options=options
        ),
    )


def device_of(name: str, target: str) -> torch.device:
    """The device that an option names.

    Raises:
        UsageError: when this machine has no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    count = torch.cuda.device_count()
    if device.type == "cuda" and (device.index or 0) >= count:
        raise UsageError(f"local model '{target}': device '{name}': this machine has {count} CUDA devices")
    if device.type == "mps" and not torch.backends.mps.is_available():
        raise UsageError(f"local model '{target}': device 'mps': not available here")
    return device


def end_ids(folder: Path, config: PreTrainedConfig, tokenizer: PreTrainedTokenizerFast) -> frozenset[int]:
    """Every token that ends a reply, as the generation config, the config or the tokenizer has it.

    Ids that the model's vocabulary lacks are left out: a config made by default names such.
    """
    said = settings_of(folder, "generation_config.json").get("eos_token_id")
    text = config.get_text_config()
    ends: set[int] = set()
    for ids in (said, config.eos_token_id, text.eos_token_id, tokenizer.eos_token_id):
        ends.update(ids if isinstance(ids, list) else [ids] if ids is not None else [])
    return frozenset(end for end in ends if _in_vocabulary(end, config))


def context_tokens(config: PreTrainedConfig, options: LocalOptions) -> int | None:
    """Most tokens of prompt and reply together, None where neither model nor options set a limit."""
    made_for = getattr(config.get_text_config(), "max_position_embeddings", None)
    limits = [limit for limit in (made_for, options.context_tokens) if limit is not None]
    return min(limits, default=None)


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from talking about what this thread does, and from drawing progress bars."""
    thread = threading.get_ident()

    def of_others(record: logging.LogRecord) -> bool:
        return record.thread != thread or record.levelno >= logging.ERROR

    handlers = list(logging.getLogger("transformers").handlers)
    shows_progress = their_logging.is_progress_bar_enabled()
    for handler in handlers:
        handler.addFilter(of_others)
    their_logging.disable_progress_bar()
    try:
        yield
    finally:
        for handler in handlers:
            handler.removeFilter(of_others)
        if shows_progress:
            their_logging.enable_progress_bar()


def load_tokenizer(folder: Path, target: str) -> PreTrainedTokenizerFast:
    """The tokenizer in a model's folder, without truncation or padding.

    Raises:
        UsageError: when there is none, or no fast one.
    """
    asked = f"local model '{target}'"
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except (ValueError, OSError, ImportError, KeyError, TypeError) as error:
        hint = "" if (folder / "tokenizer.json").is_file() else " (no tokenizer.json in it)"
        raise UsageError(f"{asked}: its tokenizer cannot be loaded{hint}: {one_line(error)}") from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise UsageError(f"{asked}: its tokenizer is no fast one; save it once with a tokenizer.json")
    tokenizer.backend_tokenizer.no_truncation()
    tokenizer.backend_tokenizer.no_padding()
    return tokenizer


def _model(
    folder: Path, config: PreTrainedConfig, *, target: str, device: torch.device, options: LocalOptions
) -> PreTrainedModel:
    asked = f"local model '{target}'"
    where = {"device_map": {"": device}} if device.type != "cpu" and find_spec("accelerate") else {}
    try:
        found: Any = AutoModelForCausalLM.from_pretrained(
            folder,
            config=config,
            dtype=options.dtype if options.dtype == "auto" else getattr(torch, options.dtype),
            attn_implementation=options.attention,
            quantization_config=_quantization(options.quantization),
            trust_remote_code=False,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
            **where,
        )
        model, info = found
        _check_complete(info, asked)
        loaded: PreTrainedModel = model if where else model.to(device)
    except torch.OutOfMemoryError as error:
        raise UsageError(f"{asked}: does not fit on {device}: {one_line(error)}") from error
    except (ImportError, ValueError, TypeError, OSError, RuntimeError, SafetensorError) as error:
        raise UsageError(f"{asked}: {one_line(error)}") from error
    loaded.eval()
    loaded.requires_grad_(False)
    return loaded


def _quantization(settings: Mapping[str, Any] | None) -> Any:
    return None if settings is None else AutoQuantizationConfig.from_dict(dict(settings))


def _check_complete(info: Mapping[str, Any], asked: str) -> None:
    """Refuse a checkpoint that leaves weights at random, which transformers only warns of."""
    missing = sorted(info["missing_keys"])
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise UsageError(f"{asked}: its files lack {', '.join(missing[:3])}{more}")


def _set_threads(model: PreTrainedModel, options: LocalOptions) -> None:
    small = model.num_parameters() < SMALL_PARAMETERS
    threads = options.threads or (1 if small else None)
    if threads is not None and model.device.type == "cpu":
        torch.set_num_threads(threads)


def _in_vocabulary(token: int | None, config: PreTrainedConfig) -> bool:
    return token is not None and 0 <= token < config.get_text_config().vocab_size
