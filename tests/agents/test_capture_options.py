"""What a policy says of captures, checked without loading a model."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from agents.capture_options import (
    CaptureOptions,
    capture_bytes,
    capture_problems,
    capture_words,
    model_shape,
    parse_capture,
    site_facts,
)
from agents.models.spec import ModelSpec
from agents.options import option_problems
from lab.core.captures import CaptureSpec
from lab.core.errors import UsageError

BLUFF = ModelSpec("local/organisms/bluff", "local", "organisms/bluff")
PARALLEL = {"model_type": "phi", "hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2}


def problems(model: ModelSpec = BLUFF, **options: Any) -> list[tuple[str, str]]:
    """What is wrong, as the policy tells it."""
    wrong = list(option_problems(CaptureOptions, options))
    return wrong or list(capture_problems(CaptureOptions(**options), model))


def test_without_a_word_it_is_the_residual_at_all_layers_before_the_choice() -> None:
    assert CaptureOptions().spec() == CaptureSpec(("resid_post",), "all", ("pre_choice",))
    assert problems() == []


@pytest.mark.parametrize(
    ("options", "path", "words"),
    [
        ({"sites": ["resid_pst"]}, "sites[0]", "unknown site 'resid_pst'; did you mean 'resid_post'"),
        ({"sites": []}, "sites", "at least 1 item"),
        ({"sites": ["resid_post", "pattern"]}, "sites[1]", "absent on this model: it has no fixed width"),
        ({"sites": ["resid_mid[0]"]}, "sites[0]", "resid_mid has layers 1 to 3"),
        ({"layers": [0, 7]}, "layers", "layer 7 is out of range: this model has layers 0 to 3"),
        ({"layers": -5}, "layers", "layer -5 is out of range"),
        ({"layers": "evry4"}, "layers", "did you mean 'every4'"),
        ({"layers": []}, "layers", "should be all, every4, mid or numbers"),
        ({"layers": True}, "layers", "should be all, every4, mid or numbers"),
        ({"spans": ["pre_choice", "pre_chioce"]}, "spans[1]", "did you mean 'pre_choice'"),
        ({"spans": ["segment"]}, "spans[0]", "segment(NAME)"),
        ({"tokens": "scores"}, "tokens", "need `probes`"),
        ({"probes": [__file__]}, "probes", "only with `tokens: scores`"),
        ({"probes": ["nowhere"], "tokens": "scores"}, "probes[0]", "no such file 'nowhere'"),
        ({"probes": ["abc"], "tokens": "scores"}, "probes[0]", "`lab probe list` shows ids"),
        ({"dtype": "fp8"}, "dtype", "'bfloat16'"),
        ({"sitess": ["z"]}, "sitess", "did you mean 'sites'"),
    ],
)
def test_a_wrong_capture_is_told_with_its_path(options: dict[str, Any], path: str, words: str) -> None:
    ((found, message),) = problems(**options)
    assert found == path
    assert words in message


def test_a_site_that_the_models_blocks_lack_is_told_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(PARALLEL))
    ((path, message),) = problems(ModelSpec("m", "local", str(tmp_path)), sites=["resid_mid"])
    assert path == "sites[0]"
    assert "attention and feed-forward layer read the same residual" in message


@pytest.mark.parametrize(
    ("provider", "words"),
    [("openai", "`lab capture` can read its tokens later"), ("mock", "only local/… does")],
)
def test_a_model_without_activations_is_refused(provider: str, words: str) -> None:
    ((path, message),) = problems(ModelSpec("x", provider, "x"))
    assert path == ""
    assert message.startswith(f"{provider}/x gives no activations; only local/… does")
    assert words in message


@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("every4", {"layers": "every4"}),
        ("0,3,-1", {"layers": [0, 3, -1]}),
        ("z", {"sites": ["z"]}),
        (
            "resid_post,mlp_out@mid:pre_choice,post",
            {"sites": ["resid_post", "mlp_out"], "layers": "mid", "spans": ["pre_choice", "post"]},
        ),
        ("all:segment(history)", {"layers": "all", "spans": ["segment(history)"]}),
    ],
)
def test_a_short_text_stands_for_options(text: str, options: dict[str, Any]) -> None:
    assert parse_capture(text) == options


@pytest.mark.parametrize("text", ["", "z@", "every4:"])
def test_a_text_that_stops_short_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="should be all, every4, mid"):
        parse_capture(text)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "resid_post of all layers at pre_choice"),
        ({"layers": [0, -1], "spans": "post"}, "resid_post of layers 0, -1 at post"),
        ({"tokens": "scores", "probes": "p.safetensors"}, "scores of every token by p.safetensors"),
    ],
)
def test_a_capture_in_words(options: dict[str, Any], words: str) -> None:
    assert capture_words(CaptureOptions(**options)) == words


@pytest.mark.parametrize(
    ("options", "numbers"),
    [
        ({}, 4 * 64 * 4),  # 4 layers of 64 numbers in fp32
        ({"dtype": "float16"}, 4 * 64 * 2),
        ({"sites": ["mlp_act", "logits"], "spans": ["pre_choice", "post"]}, 2 * (3 * 256 + 18) * 4),
        ({"tokens": "scores", "probes": ["p"]}, 0),
    ],
)
def test_the_bytes_of_an_answer_are_spans_times_widths_times_bytes(
    options: dict[str, Any], numbers: int
) -> None:
    shape = model_shape(BLUFF)
    assert shape is not None
    assert capture_bytes(CaptureOptions(**options).spec(), shape) == numbers


def test_the_sites_of_a_model_are_told_with_what_it_lacks() -> None:
    facts = {one.site: one for one in site_facts("local/organisms/bluff")}
    assert facts["resid_post"][1:] == ("0 to 3", 64, None)
    assert facts["logits"][1:] == ("3", 18, None)
    assert facts["pattern"].layers is None
    assert "no fixed width" in str(facts["pattern"].absent)
    with pytest.raises(UsageError, match="gives no activations"):
        site_facts("openai/gpt-5-mini")


def test_checking_a_capture_loads_no_torch() -> None:
    check = (
        "import sys; from tests.agents.test_capture_options import problems; problems(sites=['z'])\n"
        "assert not {'torch', 'transformers', 'numpy'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", check], check=True)
