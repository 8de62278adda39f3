from __future__ import annotations

import pytest

from agents.models.reasoning import split_reasoning


@pytest.mark.parametrize(
    ("said", "thinking", "answer"),
    [
        ("left", None, "left"),
        ("<think>left or right?</think>left", "left or right?", "left"),
        ("\n<think>\nleft\nor right?\n</think>\n\nleft\n", "left\nor right?", "left\n"),
        ("<think></think>left", None, "left"),
        ("<think>cut off before any", "cut off before any", ""),
        ("opened by the template</think>\nleft", "opened by the template", "left"),
        ("I say <think>no</think>", None, "I say <think>no</think>"),
        ("<think>a</think>b</think>c", "a", "b</think>c"),
        ("", None, ""),
    ],
)
def test_thinking_at_the_beginning_is_kept_apart(said: str, thinking: str | None, answer: str) -> None:
    assert split_reasoning(said) == (thinking, answer)
