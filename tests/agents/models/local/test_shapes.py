"""The shape that config.json tells is that of the loaded model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from transformers import AutoModelForCausalLM

from agents.models.local.options import LocalOptions
from agents.models.local.shapes import shape_of
from lab.core.errors import UsageError
from probes.sites.names import Site
from probes.sites.site_map import SiteMap
from tests.support.zoo import FAMILIES, ZooFolder

OPTIONS = LocalOptions()


def written(folder: Path, **config: Any) -> str:
    """A folder with a config and nothing else."""
    (folder / "config.json").write_text(json.dumps(config))
    return str(folder)


@pytest.mark.parametrize("family", [*FAMILIES])
def test_layers_widths_and_what_is_absent_are_those_of_the_model(family: str, zoo_folder: ZooFolder) -> None:
    folder = zoo_folder(family)
    shape = shape_of(str(folder), OPTIONS)
    found = SiteMap.of(AutoModelForCausalLM.from_pretrained(folder))
    assert shape is not None
    assert shape.layers == found.layers
    widths: Mapping[Site, int] = found.widths
    assert {site: shape.widths[site.name] for site in widths} == dict(widths)
    assert all(shape.reason(site) is None for site in widths)


def test_head_sites_are_absent_where_attention_is_linear(zoo_folder: ZooFolder) -> None:
    shape = shape_of(str(zoo_folder("qwen3_next")), OPTIONS)
    assert shape is not None
    assert "linear attention" in str(shape.reason(Site("z", 1)))
    assert shape.reason(Site("z", 2)) is None


def test_the_dtype_is_what_was_asked_for_else_the_checkpoints(tmp_path: Path) -> None:
    target = written(tmp_path, model_type="llama", hidden_size=8, num_hidden_layers=2, torch_dtype="bfloat16")
    kept, asked = shape_of(target, OPTIONS), shape_of(target, LocalOptions(dtype="float32"))
    assert kept is not None
    assert asked is not None
    assert (kept.dtype, kept.number_bytes, asked.number_bytes) == ("bfloat16", 2, 4)


def test_the_text_part_of_a_composite_config_counts(tmp_path: Path) -> None:
    inside = {"model_type": "gemma3_text", "hidden_size": 8, "num_hidden_layers": 5}
    shape = shape_of(written(tmp_path, model_type="gemma3", text_config=inside), OPTIONS)
    assert shape is not None
    assert (shape.kind, shape.layers) == ("gemma3_text", 5)


def test_a_config_that_does_not_tell_has_no_shape(tmp_path: Path) -> None:
    assert shape_of(written(tmp_path, model_type="own"), OPTIONS) is None


def test_a_family_nobody_knows_has_its_residual_and_no_more(tmp_path: Path) -> None:
    shape = shape_of(written(tmp_path, model_type="own", hidden_size=8, num_hidden_layers=2), OPTIONS)
    assert shape is not None
    assert shape.reason(Site("resid_post", 1)) is None
    assert "models of type 'own'" in str(shape.reason(Site("mlp_out", 1)))


def test_a_folder_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="no such folder"):
        shape_of("./nowhere", OPTIONS)
