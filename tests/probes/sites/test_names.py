from __future__ import annotations

import subprocess
import sys

import pytest

from lab.core.errors import UnknownName, UsageError
from probes.sites.names import SITES, Named, Site, layers_of, parse, resolve, select


class Model:
    """A model of four blocks without `z`."""

    layers = 4

    def reason(self, site: Site) -> str | None:
        return "its heads are gone" if site.name == "z" else None


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("resid_post", Named("resid_post", None)),
        ("resid_post[3]", Named("resid_post", 3)),
        (" z[-1] ", Named("z", -1)),
    ],
)
def test_a_site_reads_with_and_without_a_layer(text: str, named: Named) -> None:
    assert parse(text) == named


def test_a_site_is_written_as_it_is_read() -> None:
    assert parse(str(Site("mlp_out", 2))) == Named("mlp_out", 2)


def test_an_unknown_site_is_answered_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'resid_post'"):
        parse("resid_pots[2]")


@pytest.mark.parametrize("text", ["resid_post[", "resid_post[x]", "", "z[1].2"])
def test_what_is_no_name_and_number_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"such as resid_post\[3\]"):
        parse(text)


@pytest.mark.parametrize(
    ("layers", "blocks", "expected"),
    [
        ("all", 3, (0, 1, 2, 3)),
        ("every4", 3, (0, 2, 3)),
        ("every4", 12, (0, 4, 8, 11, 12)),
        ("every4", 1, (0, 1)),
        ("mid", 3, (2,)),
        ("mid", 4, (2,)),
        ((-1, 0, -1), 3, (0, 3)),
        (2, 3, (2,)),
        ("-2", 3, (2,)),
    ],
)
def test_a_selection_means_these_layers(layers: str | int, blocks: int, expected: tuple[int, ...]) -> None:
    assert select(layers, blocks) == expected


@pytest.mark.parametrize("layer", [4, -5])
def test_a_layer_out_of_range_is_told_the_range(layer: int) -> None:
    with pytest.raises(UsageError, match=f"layer {layer} is out of range: .* 0 to 3"):
        select([layer], 3)


def test_a_selection_that_is_no_number_is_answered_with_those_there_are() -> None:
    with pytest.raises(UnknownName, match="all, every4, mid, numbers"):
        select("last", 3)


def test_sites_of_one_layer_are_not_multiplied_and_each_stands_once() -> None:
    found = resolve(["embed", "resid_post", "logits", "resid_post[-1]"], [0, 2, 4], Model())
    assert list(map(str, found)) == [
        "embed[0]",
        "resid_post[0]",
        "resid_post[2]",
        "resid_post[4]",
        "logits[4]",
    ]


def test_a_site_without_the_embedding_layer_takes_the_other_layers() -> None:
    assert resolve(["mlp_out"], "all", Model()) == tuple(Site("mlp_out", layer) for layer in (1, 2, 3, 4))


@pytest.mark.parametrize(
    ("site", "layers", "message"),
    [
        ("attn_out[0]", "all", r"attn_out\[0\] does not exist: attn_out has layers 1 to 4"),
        ("attn_out", [0], "attn_out has none of the layers 0"),
        ("embed[1]", "all", "embed has layer 0 only"),
        ("z[1]", "all", r"z\[1\] is absent on this model: its heads are gone"),
    ],
)
def test_what_a_model_lacks_is_refused_with_what_it_has(site: str, layers: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        resolve([site], layers, Model())


def test_every_site_exists_at_some_layer() -> None:
    assert all(len(layers_of(name, 1)) for name in SITES)


def test_names_load_no_torch() -> None:
    code = "import sys, probes.sites.names, probes.sites.families; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
