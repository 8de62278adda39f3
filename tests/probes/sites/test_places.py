from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from lab.core.errors import UsageError
from probes.sites.names import Site
from probes.sites.places import Head, Heads, Part, Place, heads_of, part_of
from tests.probes.sites.kinds import map_of, model_of

ROW = torch.arange(1.0, 1 + 2 * 4 * 3).reshape(1, 1, -1)  # numbers that are all different


def place(part: Part | None) -> Place:
    return Place(nn.Identity(), "here", "output", 6, part)


def fused(kind: str) -> Any:
    """The attention of a family that fuses its projections, and a fused row."""
    attention: Any = model_of(kind).get_submodule("transformer.h.0.self_attention")
    return attention, torch.randn(1, 5, attention.query_key_value.out_features)


@pytest.mark.parametrize("kind", ["falcon-one-key", "falcon-rw", "bloom"])
def test_heads_are_cut_as_the_model_itself_cuts_them(kind: str) -> None:
    attention, row = fused(kind)
    cut = attention._split_heads(row) if kind.startswith("falcon") else attention._reshape(row)
    for name, right in zip("qkv", cut, strict=True):
        flat = right.transpose(1, 2) if kind == "bloom" else right  # [batch, token, head, width]
        assert torch.equal(map_of(kind).places[Site(name, 1)].value(row), flat.flatten(2))


def test_grouped_keys_are_those_that_the_model_gives_to_each_query() -> None:
    attention, row = fused("falcon-grouped")
    query, key, value = (one.unflatten(2, (2, 2)) for one in attention._split_heads(row))
    places = map_of("falcon-grouped").places
    assert torch.equal(places[Site("q", 1)].value(row), query.flatten(2))
    for name, spread in (("k", key), ("v", value)):  # [1, 5, groups, queries of a group, width]
        assert torch.equal(places[Site(name, 1)].value(row), spread[:, :, :, 0].flatten(2))


def test_a_written_part_leaves_the_rest_and_the_tensor_itself_alone() -> None:
    before = ROW.clone()
    one = place(part_of("k", "grouped", Heads(2, 2, 4)))
    written = one.put(ROW, torch.zeros_like(one.value(ROW)))
    assert torch.equal(ROW, before)
    assert not one.value(written).any()
    for name in "qv":
        other = place(part_of(name, "grouped", Heads(2, 2, 4)))
        assert torch.equal(other.value(written), other.value(ROW))


def test_a_whole_place_gives_and_takes_what_its_module_has() -> None:
    assert place(None).value(ROW) is ROW
    assert torch.equal(place(None).put(ROW, ROW + 1), ROW + 1)


def test_a_gated_projection_alternates_queries_and_gates() -> None:
    part = part_of("q", "gated", Heads(3, 1, 4))
    assert part is not None
    assert part.heads == 3
    assert place(part).value(ROW)[0, 0].tolist() == [1, 2, 3, 4, 9, 10, 11, 12, 17, 18, 19, 20]


def test_logits_are_capped_as_the_config_says_and_cannot_be_written() -> None:
    head = Head(nn.Identity(), cap=2.0)
    assert head(torch.tensor([1e9, 0.0])).tolist() == [2.0, 0.0]
    with pytest.raises(UsageError, match="cannot be written"):
        Place(nn.Identity(), "norm", "output", 2, None, head).put(ROW, ROW)


@pytest.mark.parametrize(
    ("kind", "heads"),
    [
        ("llama", Heads(4, 2, 16)),
        ("gemma2", Heads(4, 2, 24)),
        ("gpt2", Heads(4, 4, 16)),
        ("falcon-one-key", Heads(4, 1, 16)),
        ("falcon-rw", Heads(4, 4, 16)),
        ("falcon-grouped", Heads(4, 2, 16)),
    ],
)
def test_heads_are_counted_in_the_words_of_each_family(kind: str, heads: Heads) -> None:
    assert heads_of(model_of(kind).config) == heads
