from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from agents.models.local.logged import LoggedAnswer
from agents.models.local.words import Words, open_words
from agents.models.spec import ModelSpec
from lab.core.errors import UsageError
from tests.support.zoo import TOKENIZERS, ZooFolder


@pytest.fixture(scope="module", params=TOKENIZERS)
def folder(zoo_folder: ZooFolder, request: pytest.FixtureRequest) -> Path:
    return zoo_folder("llama", tokenizer=request.param)


@pytest.fixture(scope="module")
def words(folder: Path) -> Words:
    return open_words(ModelSpec("tiny", "local", str(folder)))


def ids(folder: Path, text: str) -> tuple[int, ...]:
    from transformers import AutoTokenizer

    return tuple(AutoTokenizer.from_pretrained(folder)(text, add_special_tokens=False).input_ids)


@pytest.mark.parametrize("text", ["Will you cooperate or defect?", "I defect.  You do not."])
def test_what_tokens_say_is_the_text_again(words: Words, folder: Path, text: str) -> None:
    tokens = ids(folder, text)
    said = words.texts(tokens)

    assert len(said) == len(tokens)
    assert "".join(said).split() == text.split()


def test_a_letter_of_several_tokens_stands_at_the_last_of_them(zoo_folder: ZooFolder) -> None:
    folder = zoo_folder("llama", tokenizer="bpe")
    words = open_words(ModelSpec("tiny", "local", str(folder)))
    said = words.texts(ids(folder, "a🙂b"))

    assert "".join(said).replace("\ufffd", "") == "a🙂b"
    assert len(said) > 3


def test_words_of_a_reply_are_found_in_its_tokens(words: Words, folder: Path) -> None:
    prompt, reply = ids(folder, "Will you?"), ids(folder, "I will defect now")
    answer = logged(prompt, reply, "I will defect now")
    found = words.place(answer, 7, 13)

    assert found is not None
    assert found.start >= len(prompt)
    assert "".join(words.texts((*prompt, *reply))[found.start : found.stop]).strip() == "defect"
    assert words.place(replace(answer, text="something else"), 0, 3) is None


def test_without_a_tokenizer_there_are_no_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="local model"):
        open_words(ModelSpec("tiny", "local", str(tmp_path / "nowhere")))


def logged(prompt: tuple[int, ...], reply: tuple[int, ...], text: str) -> LoggedAnswer:
    return LoggedAnswer(
        key=("run", 1, 0, 0, 0),
        agent="ann",
        model="tiny",
        artifact=None,
        messages=(),
        named=(),
        segments={},
        choices=(),
        decide="generate",
        text=text,
        finish="stop",
        place=None,
        prompt_ids=prompt,
        reply_ids=reply,
        reply_logprobs=None,
        total=None,
    )
