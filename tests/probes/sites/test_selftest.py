from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest
import torch
from transformers import AutoModelForCausalLM, GPTJConfig, LlamaConfig

from agents.organisms.cards import SHIPPED
from probes.sites.families import EXPERTS, LINEAR, NO_WIDTH, PARALLEL
from probes.sites.names import Site
from probes.sites.places import Place
from probes.sites.selftest import attach, faults
from probes.sites.site_map import SiteMap
from tests.probes.sites.kinds import KINDS, map_of, model_of, n_hooks
from tests.support import zoo

Places = Mapping[Site, Place]


@pytest.mark.parametrize("kind", KINDS)
def test_every_site_that_a_family_has_is_proved(kind: str) -> None:
    reasons = {*map_of(kind).absent.values()}
    assert reasons <= {EXPERTS, LINEAR, NO_WIDTH, PARALLEL}


def swapped(one: str, other: str) -> Callable[[Places], Places]:
    def swap(places: Places) -> Places:
        there = {one: other, other: one}
        return {site: places[Site(there.get(site.name, site.name), site.layer)] for site in places}

    return swap


def moved(site: Site, to: Site) -> Callable[[Places], Places]:
    return lambda places: {**places, site: replace(places[to], width=places[site].width)}


def resliced(places: Places) -> Places:
    """Queries and keys as if they stood head by head, where they stand one after another."""
    split = {name: places[Site(name, 1)].part for name in "qkv"}
    wrong = {
        Site(name, 1): replace(
            places[Site(name, 1)], part=part._replace(groups=4, slots=3, start=n, stop=n + 1)
        )
        for n, (name, part) in enumerate(split.items())
        if part is not None
    }
    return {**places, **wrong}


LAST = Site("resid_post", 2)


@pytest.mark.parametrize(
    ("kind", "plant", "fallen"),
    [
        ("llama", swapped("attn_out", "mlp_out"), {Site("attn_out", 1), Site("mlp_out", 2)}),
        ("phi", swapped("attn_out", "mlp_out"), {Site("attn_out", 1), Site("mlp_out", 2)}),
        ("llama", moved(LAST, Site("final_norm", 2)), {LAST}),
        ("llama", moved(Site("resid_post", 1), Site("resid_mid", 2)), {Site("resid_post", 1)}),
        ("llama", moved(Site("resid_mid", 1), Site("resid_pre", 1)), {Site("resid_mid", 1)}),
        ("llama", moved(Site("final_norm", 2), LAST), {Site("final_norm", 2), Site("logits", 2)}),
        ("llama", swapped("k", "v"), {Site("k", 1), Site("v", 2)}),
        ("gpt2", swapped("q", "k"), {Site("q", 1), Site("k", 2)}),
        ("gpt2", resliced, {Site("q", 1), Site("k", 1)}),
        ("gemma2", moved(Site("z", 1), Site("attn_out", 1)), {Site("z", 1)}),
        ("llama", moved(Site("mlp_act", 1), Site("mlp_out", 1)), {Site("mlp_act", 1)}),
    ],
)
def test_a_wrong_map_loses_the_sites_that_are_wrong(
    kind: str, plant: Callable[[Places], Places], fallen: set[Site]
) -> None:
    right = map_of(kind)
    found = faults(model_of(kind), replace(right, places=plant(right.places)))
    assert fallen <= found.keys()


def test_post_norms_are_part_of_what_is_added() -> None:
    """Reading the sublayer itself, as in Llama, is off by a multiple of the numbers (probes.md T2)."""
    right = map_of("gemma2")
    attention = model_of("gemma2").get_submodule("model.layers.0.self_attn")
    wrong = replace(right.places[Site("attn_out", 1)], module=attention, path="model.layers.0.self_attn")
    found = faults(model_of("gemma2"), replace(right, places={**right.places, Site("attn_out", 1): wrong}))
    assert "is not attn_out[1]: off by" in found[Site("attn_out", 1)]
    assert found[Site("z", 1)] == "it cannot be proved where attn_out[1] fails"


def test_a_width_that_the_config_tells_wrong_is_a_fault() -> None:
    right = map_of("llama")
    narrow = {**right.places, Site("z", 1): replace(right.places[Site("z", 1)], width=32)}
    found = faults(model_of("llama"), replace(right, places=narrow))
    assert found[Site("z", 1)] == "it has 64 numbers a token, where the config says 32"


def test_an_unknown_family_keeps_what_is_proved() -> None:
    config = GPTJConfig(n_embd=32, n_layer=2, n_head=2, vocab_size=50, rotary_dim=4)
    site_map = attach(AutoModelForCausalLM.from_config(config).eval())
    assert {Site("resid_post", layer) for layer in (0, 1, 2)} < site_map.places.keys()
    assert Site("logits", 2) in site_map.places


def test_a_model_that_fails_the_trial_has_no_site_and_says_why() -> None:
    model = zoo.drawn(LlamaConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, vocab_size=32))
    model.lm_head = torch.nn.Linear(3, 32)
    site_map = attach(model)
    assert not site_map.places
    assert "the self-test ended with RuntimeError" in (site_map.reason(Site("resid_post", 1)) or "")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("kind", ["llama", "gemma3", "gpt2"])
def test_rounding_is_no_fault(kind: str, dtype: torch.dtype) -> None:
    words = zoo.tokenizer_of()
    assert attach(zoo.random_model(kind, words, dtype=dtype)).absent.keys() == {"pattern"}


@pytest.mark.parametrize("name", ["bluff", "dealer", "keydoor", "visitor"])
def test_trained_organisms_have_every_site(name: str) -> None:
    model = AutoModelForCausalLM.from_pretrained(SHIPPED / name).eval()
    assert attach(model).absent.keys() == {"pattern"}


def test_the_trial_takes_four_short_forwards_and_leaves_nothing() -> None:
    model, shapes = model_of("llama"), []
    with torch.inference_mode():
        before = model(torch.arange(8)[None]).logits
    counting = model.register_forward_pre_hook(
        lambda _module, _args, kwargs: shapes.append(tuple(kwargs["input_ids"].shape)), with_kwargs=True
    )
    hooks = n_hooks(model)
    attach(model)
    assert n_hooks(model) == hooks
    counting.remove()
    assert shapes == [(3, 6)] * 4
    with torch.inference_mode():
        assert torch.equal(model(torch.arange(8)[None]).logits, before)


def test_a_map_says_only_what_was_proved() -> None:
    """A site that no equation holds is as absent as one that breaks one."""
    right = map_of("llama")
    lone = {Site("q", 1): right.places[Site("q", 1)]}
    assert faults(model_of("llama"), SiteMap(2, lone, {})) == {
        Site("q", 1): "nothing on this model proves it"
    }
