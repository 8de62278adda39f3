"""The zoo is what the tests of local models take it for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import zoo


@pytest.mark.parametrize("kind", ["llama", "qwen3_next"])
def test_equal_arguments_build_equal_files(kind: str, tmp_path: Path) -> None:
    one, other = zoo.build(kind, tmp_path / "1"), zoo.build(kind, tmp_path / "2")
    for file in one.iterdir():
        assert file.read_bytes() == (other / file.name).read_bytes(), file.name


@pytest.mark.parametrize("kind", zoo.FAMILIES)
def test_norms_are_far_from_those_of_a_fresh_model(kind: str) -> None:
    model = zoo.random_model(kind, zoo.tokenizer_of())
    norms = [weight for name, weight in model.named_parameters() if "norm" in name or ".ln_" in name]
    assert norms
    assert all(weight.std() > 0.1 for weight in norms)


def test_the_vocabulary_of_a_model_is_larger_than_that_of_its_tokenizer() -> None:
    words = zoo.tokenizer_of()
    assert zoo.random_model("llama", words).config.vocab_size > len(words)
