"""The local provider before and at opening."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agents.models.local.model import LocalModel
from agents.models.local.provider import LocalProvider
from agents.models.spec import SAMPLING, ModelSpec, model_spec, provider_of
from lab.core.errors import UsageError
from tests.support.zoo import ZooFolder


def spec(target: str, **options: Any) -> ModelSpec:
    return ModelSpec(f"local/{target}", "local", target, options=options)


def test_the_table_of_providers_leads_here() -> None:
    assert isinstance(provider_of(model_spec("local/organisms/bluff", {})), LocalProvider)


def test_everything_wrong_is_told_at_its_place(tmp_path: Path) -> None:
    asked = ModelSpec(
        "x",
        "local",
        str(tmp_path / "nowhere"),
        base_url="http://localhost",
        options={"dtype": "int3", "bach": 1},
    )
    problems = dict(LocalProvider().problems(asked))
    assert problems.keys() == {"options.dtype", "options.bach", "model"}
    assert "did you mean 'batch'?" in problems["options.bach"]
    assert len(list(LocalProvider().problems(asked))) == 4  # an address and a place, both of the model


def test_a_model_that_is_there_has_no_problems(zoo_folder: ZooFolder) -> None:
    assert list(LocalProvider().problems(spec(str(zoo_folder("llama")), execution="cached"))) == []


def test_every_setting_of_sampling_is_taken_and_scoring_is_free() -> None:
    takes = LocalProvider().capabilities(spec("x"))
    assert (takes.sampling, takes.scoring, takes.free) == (frozenset(SAMPLING), True, True)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"device": "cuda:99"}, "device 'cuda:99': this machine has"),
        ({"batch": 0}, "options.batch"),
        ({"device": "cpu"}, None),
        ({}, None),
    ],
)
def test_what_keeps_a_model_from_being_opened_here_is_known_before(
    options: dict[str, Any], said: str | None, zoo_folder: ZooFolder
) -> None:
    found = LocalProvider().missing(spec(str(zoo_folder("llama")), **options))
    assert found is None if said is None else said in (found or "")


def test_a_folder_without_a_model_keeps_it_from_being_opened(tmp_path: Path) -> None:
    assert "holds no config.json" in (LocalProvider().missing(spec(str(tmp_path))) or "")


def test_checking_a_model_loads_no_torch(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    code = (
        "import sys; from agents.models.spec import *;"
        f"s = model_spec('local/{tmp_path}', {{}}); p = provider_of(s);"
        "print([*p.problems(s)], p.capabilities(s).free, {'torch', 'transformers'} & sys.modules.keys())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "[] True set()\n"


def test_opening_loads_the_model_with_its_options(zoo_folder: ZooFolder) -> None:
    model = LocalProvider().open(spec(str(zoo_folder("llama")), execution="cached"))
    assert isinstance(model, LocalModel)
    assert (model.engine.path.name, model.note) == ("cached", None)
    asyncio.run(model.aclose())


def test_what_cannot_be_opened_says_why() -> None:
    with pytest.raises(UsageError, match=r"options\.batch"):
        LocalProvider().open(spec("x", batch=0))
