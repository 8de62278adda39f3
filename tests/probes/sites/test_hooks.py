from __future__ import annotations

import threading

import pytest
import torch
from torch import Tensor

from lab.core.errors import UsageError
from probes.sites.hooks import Hooks, OtherThread, Write
from probes.sites.names import Site
from probes.sites.selftest import attach
from tests.probes.sites.kinds import KINDS, map_of, model_of, n_hooks
from tests.support import zoo

IDS = torch.arange(4, 12)[None]
POST = Site("resid_post", 1)


def logits(kind: str) -> Tensor:
    with torch.inference_mode():
        made: Tensor = model_of(kind)(IDS).logits
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_reading_everything_changes_no_logit(kind: str) -> None:
    plain, seen = logits(kind), []
    with Hooks(map_of(kind), [*map_of(kind).places]).reading(lambda site, _: seen.append(site)):
        assert torch.equal(logits(kind), plain)
    assert {*seen} == map_of(kind).places.keys()
    assert len(seen) == len({*seen})


@pytest.mark.parametrize("kind", KINDS)
def test_a_write_of_nothing_is_exact_everywhere(kind: str) -> None:
    plain = logits(kind)
    sites = [site for site in map_of(kind).places if site.name != "logits"]
    writes = [Write(site, lambda value: value + 0.0) for site in sites]
    with Hooks(map_of(kind), ()).reading(lambda *_: None, writes=writes):
        assert torch.equal(logits(kind), plain)


@pytest.mark.parametrize("kind", ["llama", "bloom"])  # blocks that give a tensor, and a tuple
def test_what_is_written_is_read_there_and_by_the_next_block(kind: str) -> None:
    sites, read = [POST, Site("resid_pre", 2)], {}
    hooks = Hooks(map_of(kind), sites)

    def keep(site: Site, tensor: Tensor) -> None:
        read[site] = tensor.clone()

    with hooks.reading(keep):
        logits(kind)
    before = read[POST]
    with hooks.reading(
        keep, writes=[Write(POST, lambda value: value + 1), Write(POST, lambda value: value * 2)]
    ):
        logits(kind)
    assert torch.equal(read[POST], (before + 1) * 2)
    assert torch.equal(read[Site("resid_pre", 2)], read[POST])


def test_an_error_of_a_sink_leaves_and_no_hook_stays() -> None:
    model = model_of("llama")
    before = n_hooks(model)

    def fail(site: Site, tensor: Tensor) -> None:
        raise OSError("disk full")

    def read() -> None:
        with Hooks(map_of("llama"), [POST]).reading(fail):
            assert n_hooks(model) == before + 1
            model(IDS)

    with pytest.raises(OSError, match="disk full"):
        read()
    assert n_hooks(model) == before


def test_an_error_while_hooks_are_set_leaves_none() -> None:
    model = zoo.random_model("gpt2", zoo.tokenizer_of())
    site_map = attach(model)
    model.get_submodule("transformer.h.1").compile(backend="eager")
    with (
        pytest.raises(UsageError, match=r"'transformer\.h\.1' is compiled"),
        Hooks(site_map, [POST, Site("resid_post", 2)]).reading(lambda *_: None),
    ):
        raise AssertionError
    assert n_hooks(model) == 0


def test_sites_of_one_module_share_a_hook() -> None:
    hooks = Hooks(
        map_of("gpt2"), [Site(name, 1) for name in "qkv"] + [Site("final_norm", 2), Site("logits", 2)]
    )
    before = n_hooks(model_of("gpt2"))
    with hooks.reading(lambda *_: None):
        assert n_hooks(model_of("gpt2")) == before + 2


def test_another_thread_is_refused_while_one_reads() -> None:
    model, found, errors = model_of("llama"), [], []

    def intrude() -> None:
        try:
            model(IDS)
        except OtherThread as error:
            errors.append(str(error))

    with Hooks(map_of("llama"), [POST]).reading(lambda *_: found.append(1)):
        thread = threading.Thread(target=intrude)
        thread.start()
        thread.join()
    assert found == []
    assert errors == ["'model.layers.0' was run by a thread other than the one that reads it"]


def test_an_absent_site_is_neither_read_nor_written() -> None:
    absent = Site("resid_mid", 1)
    with pytest.raises(
        UsageError, match=r"resid_mid\[1\] is absent on this model: attention and feed-forward"
    ):
        Hooks(map_of("phi"), [absent])
    write = Write(absent, lambda value: value)
    with (
        pytest.raises(UsageError, match="absent on this model"),
        Hooks(map_of("phi"), ()).reading(lambda *_: None, writes=[write]),
    ):
        raise AssertionError


def test_a_block_fed_by_keyword_is_read_and_written_too() -> None:
    site = Site("resid_pre", 1)
    block, read = map_of("llama").places[site].module, []
    states = torch.randn(1, 3, 64)
    rotation = model_of("llama").model.rotary_emb(states, torch.arange(3)[None])
    write = Write(site, lambda value: value * 0)
    with (
        torch.inference_mode(),
        Hooks(map_of("llama"), [site]).reading(lambda _, tensor: read.append(tensor), writes=[write]),
    ):
        made = block(hidden_states=states, attention_mask=None, position_embeddings=rotation)
    assert not read[0].any()
    assert not made.any()  # no bias, so that nothing comes of nothing
