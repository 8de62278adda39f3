# ruff: noqa: RUF001 - other languages have other signs, on purpose
"""Declining the task, and refusing inside the game."""

from __future__ import annotations

import pytest

from agents.parsing.refusal import declines


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I cannot participate in this simulation.",
        "I must respectfully decline.",
        "As an AI language model, I have no preferences.",
        "This violates my guidelines.",
        "Als KI darf ich das nicht.",  # codespell:ignore als
        "Je ne peux pas vous aider.",
        "No puedo participar en esto.",
        "抱歉，我无法协助。",
        "お手伝いできません。",
        "Я не могу помочь с этим.",
        "لا أستطيع المساعدة.",
    ],
)
def test_declining_the_task_is_a_refusal(text: str) -> None:
    assert declines(text)


@pytest.mark.parametrize(
    "text",
    [
        "I refuse to punish bob.",
        "I can't contribute more this round.",
        "I can't help it, I love to cooperate!",
        "As an AI trader I propose 20.",
        "I will not cooperate.",
        "Sorry about last round.",
        "x" * 1000 + "I can't help with that.",
    ],
)
def test_play_is_no_refusal(text: str) -> None:
    assert not declines(text)
