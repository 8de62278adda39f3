"""Reasoning is blanked out."""

from __future__ import annotations

import pytest

from agents.parsing.reasoning import without_reasoning


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("plain", "plain"),
        ("<think>a</think>b", "b"),
        ("<think>a <think> b</think>c", "c"),
        ("a</think>b", "b"),
        ("<think>a</think>b</think>c", "c"),
        ("x <THINKING>a</THINKING> y", "x y"),
        ("[THINK]a[/THINK]b", "b"),
        ("◁think▷a◁/think▷b", "b"),
        ("<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b", "b"),
        ("b</s>", "b"),
        ("b<|im_end|>\n<|im_start|>user\nc", "b"),
        ("<think>a</think>", ""),
    ],
)
def test_what_is_left_is_the_answer_at_its_place(text: str, left: str) -> None:
    body = without_reasoning(text)
    assert body is not None
    assert (len(body), body.split()) == (len(text), left.split())
    assert all(char in (" ", was) for char, was in zip(body, text, strict=True))


@pytest.mark.parametrize("text", ["<think>a", "b <reasoning> a", "<think>a</think><think>b"])
def test_a_reply_that_ends_in_reasoning_has_no_answer(text: str) -> None:
    assert without_reasoning(text) is None
