"""Loading: every family, shards, ties, dtypes, hub ids; and what cannot be loaded."""

from __future__ import annotations

import logging
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM
from transformers.utils import logging as their_logging

from agents.models.local.loading import context_tokens, end_ids, load, quiet
from agents.models.local.options import LocalOptions, options_of
from lab.core.errors import UsageError
from tests.support import zoo
from tests.support.zoo import ZooFolder

IDS = torch.tensor([[4, 30, 40, 50]])


def broken(folder: Path, into: Path) -> Path:
    """A copy of a model to be damaged."""
    shutil.copytree(folder, into)
    return into


@pytest.mark.parametrize("kind", zoo.FAMILIES)
@pytest.mark.parametrize(("shards", "tied"), [(False, False), (True, True)])
def test_every_family_loads_with_the_weights_that_were_saved(
    kind: str, shards: bool, tied: bool, zoo_folder: ZooFolder
) -> None:
    folder = zoo_folder(kind, shards=shards, tied=tied)
    assert (len(list(folder.glob("*.safetensors"))) > 1) == shards
    loaded = load(str(folder))
    made = zoo.random_model(kind, zoo.tokenizer_of(), tied=tied)
    with torch.inference_mode():
        assert torch.equal(loaded.model(IDS).logits, made(IDS).logits)
    assert not loaded.model.training
    assert not any(weight.requires_grad for weight in loaded.model.parameters())


def test_models_that_are_opened_at_once_are_all_whole(zoo_folder: ZooFolder) -> None:
    folders = [str(zoo_folder(kind, tied=True)) for kind in zoo.FAMILIES]
    alone = [load(folder).artifact.fingerprint for folder in folders]
    with ThreadPoolExecutor(len(folders)) as threads:
        together = list(threads.map(load, folders))
    assert [loaded.artifact.fingerprint for loaded in together] == alone


def test_a_hub_id_loads_from_the_cache_offline(
    zoo_folder: ZooFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    zoo.hub_cache(tmp_path, "acme/tiny-llama", zoo_folder("llama"), revision="a" * 40)
    loaded = load("acme/tiny-llama")
    assert (loaded.artifact.name, loaded.artifact.config["commit"]) == ("acme/tiny-llama", "a" * 40)
    assert loaded.artifact.fingerprint == load(str(zoo_folder("llama"))).artifact.fingerprint


@pytest.mark.parametrize(
    ("saved", "asked", "got"),
    [
        (torch.bfloat16, "auto", torch.bfloat16),
        (torch.bfloat16, "float32", torch.float32),
        (torch.float32, "auto", torch.float32),
    ],
)
def test_the_dtype_is_the_checkpoints_unless_another_is_asked_for(
    saved: torch.dtype, asked: Any, got: torch.dtype, zoo_folder: ZooFolder
) -> None:
    loaded = load(str(zoo_folder("llama", dtype=saved)), LocalOptions(dtype=asked))
    assert loaded.dtype == got
    assert [*loaded.artifact.config["dtypes"]] == [str(got).removeprefix("torch.")]


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_the_attention_is_the_one_asked_for(attention: str, zoo_folder: ZooFolder) -> None:
    loaded = load(str(zoo_folder("llama")), LocalOptions(attention=attention))
    assert loaded.artifact.config["attention"] == attention


def test_ends_are_all_that_any_file_names(zoo_folder: ZooFolder) -> None:
    words = zoo.tokenizer_of()
    ends = {words.convert_tokens_to_ids(token) for token in ("<|im_end|>", "</s>")}
    assert load(str(zoo_folder("llama"))).ends == ends


def test_an_end_that_the_vocabulary_lacks_is_none() -> None:
    words = zoo.tokenizer_of(template="none")
    words.eos_token = None
    config = zoo.FAMILIES["gpt2"](vocab_size=64, eos_token_id=50256)
    assert end_ids(Path("nowhere"), config, words) == frozenset()


def test_the_context_is_the_smaller_of_what_was_made_and_what_is_asked() -> None:
    config = zoo.FAMILIES["gpt2"](vocab_size=64)
    assert context_tokens(config, LocalOptions()) == zoo.MAX_POSITIONS
    assert context_tokens(config, LocalOptions(context_tokens=100)) == 100
    assert context_tokens(config, LocalOptions(context_tokens=9999)) == zoo.MAX_POSITIONS


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"attention": "sdpaa"}, "sdpaa"),
        ({"quantization": {"quant_method": "bitsandbytes", "load_in_4bit": True}}, "bitsandbytes"),
        ({"quantization": {"quant_method": "guess"}}, "Unknown quantization type, got guess"),
        ({"quantization": {}}, "quant"),
        ({"device": "cuda:99"}, "device 'cuda:99': this machine has"),
    ],
)
def test_what_is_asked_for_in_vain_is_told_in_one_line(
    options: dict[str, Any], said: str, zoo_folder: ZooFolder
) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        load(str(zoo_folder("llama")), options_of(options))
    assert "\n" not in str(caught.value)


def test_a_model_without_a_tokenizer_is_refused(zoo_folder: ZooFolder, tmp_path: Path) -> None:
    folder = broken(zoo_folder("llama"), tmp_path / "model")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(UsageError, match=r"tokenizer cannot be loaded \(no tokenizer\.json in it\)"):
        load(str(folder))


def test_weights_that_are_not_all_there_are_refused_and_never_drawn_at_random(
    zoo_folder: ZooFolder, tmp_path: Path
) -> None:
    folder = broken(zoo_folder("llama"), tmp_path / "model")
    weights = load_file(folder / "model.safetensors")
    del weights["model.norm.weight"]
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UsageError, match=r"its files lack model\.norm\.weight"):
        load(str(folder))


@pytest.mark.parametrize("content", [b"", b"\x00" * 64], ids=["empty", "garbage"])
def test_a_damaged_file_is_a_plain_error(content: bytes, zoo_folder: ZooFolder, tmp_path: Path) -> None:
    folder = broken(zoo_folder("llama"), tmp_path / "model")
    (folder / "model.safetensors").write_bytes(content)
    with pytest.raises(UsageError, match="local model"):
        load(str(folder))


def test_a_missing_shard_is_a_plain_error(zoo_folder: ZooFolder, tmp_path: Path) -> None:
    folder = broken(zoo_folder("llama", shards=True, tied=True), tmp_path / "model")
    next(iter(sorted(folder.glob("*.safetensors")))).unlink()
    with pytest.raises(UsageError, match="local model"):
        load(str(folder))


def test_only_this_thread_is_kept_quiet_and_only_inside(caplog: pytest.LogCaptureFixture) -> None:
    logger = logging.getLogger("transformers")
    heard: list[str] = []

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            heard.append(record.getMessage())

    ear = Ear()
    logger.addHandler(ear)
    shown = their_logging.is_progress_bar_enabled()
    try:
        with quiet():
            assert not their_logging.is_progress_bar_enabled()
            logger.warning("mine")
            foreign = logger.makeRecord("transformers", logging.WARNING, "", 0, "another's", (), None)
            foreign.thread = 0
            logger.handle(foreign)
        logger.warning("after")
    finally:
        logger.removeHandler(ear)
    assert heard == ["another's", "after"]
    assert their_logging.is_progress_bar_enabled() == shown


def test_loading_runs_no_code_and_reads_no_pickle(
    zoo_folder: ZooFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: dict[str, Any] = {}
    real = AutoModelForCausalLM.from_pretrained

    def from_pretrained(*args: Any, **kwargs: Any) -> Any:
        asked.update(kwargs)
        return real(*args, **kwargs)

    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", from_pretrained)
    load(str(zoo_folder("llama")))
    assert (asked["trust_remote_code"], asked["use_safetensors"]) == (False, True)


def test_small_models_get_one_thread(zoo_folder: ZooFolder) -> None:
    torch.set_num_threads(2)
    load(str(zoo_folder("llama")))
    assert torch.get_num_threads() == 1
    load(str(zoo_folder("llama")), LocalOptions(threads=2))
    assert torch.get_num_threads() == 2
    torch.set_num_threads(1)
