from __future__ import annotations

import pytest
import torch
from torch import nn
from transformers import AutoModelForCausalLM, GPTJConfig, LlamaConfig

from lab.core.errors import UsageError
from probes.sites.names import Site
from probes.sites.site_map import SiteMap
from probes.sites.tape import read_ids
from tests.probes.sites.kinds import KINDS, map_of, model_of
from tests.support import zoo


@pytest.mark.parametrize("kind", KINDS)
def test_a_site_is_as_wide_as_the_map_says(kind: str) -> None:
    site_map = SiteMap.of(model_of(kind))
    rows = read_ids(model_of(kind), site_map, range(5, 12), [*site_map.places], [0, 6])
    assert {site: row.shape for site, row in zip(site_map.places, rows, strict=True)} == {
        site: (2, width) for site, width in site_map.widths.items()
    }


def test_a_map_needs_no_weights() -> None:
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(LlamaConfig(hidden_size=48, num_attention_heads=4))
    site_map = SiteMap.of(model)
    assert site_map.layers == 32
    assert site_map.widths[Site("z", 32)] == 48


def test_the_embedding_has_three_names() -> None:
    places = map_of("gpt2").places
    assert places[Site("embed", 0)] is places[Site("resid_post", 0)] is places[Site("resid_pre", 1)]


@pytest.mark.parametrize(
    ("kind", "site", "reason"),
    [
        ("phi", Site("resid_mid", 1), "read the same residual"),
        ("qwen3_next", Site("z", 1), "linear attention"),
        ("mixtral", Site("mlp_act", 2), "several experts"),
        ("llama", Site("pattern", 1), "no fixed width"),
        ("llama", Site("mlp_out", 3), "it has 2 blocks"),
    ],
)
def test_an_absent_site_has_its_reason(kind: str, site: Site, reason: str) -> None:
    assert reason in (map_of(kind).reason(site) or "")


def test_heads_of_full_attention_are_there_beside_linear_layers() -> None:
    assert {Site(name, 2) for name in "zqkv"} <= map_of("qwen3_next").places.keys()


def test_an_unknown_family_has_what_structure_shows() -> None:
    config = GPTJConfig(n_embd=32, n_layer=2, n_head=2, vocab_size=50, rotary_dim=4)
    site_map = SiteMap.of(AutoModelForCausalLM.from_config(config).eval())
    assert {site.name for site in site_map.places} == {
        "embed", "resid_pre", "resid_post", "final_norm", "logits"
    }  # fmt: skip
    assert "does not know where models of type 'gptj'" in (site_map.reason(Site("z", 1)) or "")


def test_a_model_without_a_list_of_blocks_is_refused() -> None:
    class Odd(nn.Module):
        config = LlamaConfig(num_hidden_layers=3)

    with pytest.raises(UsageError, match="Odd has no list of 3 equal blocks"):
        SiteMap.of(Odd())


@pytest.mark.parametrize("whole", [True, False])
def test_a_compiled_model_is_refused(whole: bool) -> None:
    model = zoo.drawn(LlamaConfig(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, vocab_size=32))
    wrapped = torch.compile(model, backend="eager") if whole else model
    if not whole:
        model.compile(backend="eager")
    with pytest.raises(UsageError, match="is compiled, which skips hooks"):
        SiteMap.of(wrapped)


def test_a_map_without_a_site_keeps_the_reason() -> None:
    less = map_of("llama").without({Site("z", 1): "it is odd", "mlp_act": "they are odd"})
    assert less.reason(Site("z", 1)) == "it is odd"
    assert less.reason(Site("mlp_act", 2)) == "they are odd"
    assert less.reason(Site("z", 2)) is None
