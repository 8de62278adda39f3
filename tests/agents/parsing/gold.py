"""The corpus of replies with gold labels: what a careful human says that each reply answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.core.menu import Menu
from lab.core.records import VALID, Status
from lab.core.spaces import Choice, Form, Message, Quantity, Space

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply and its gold label; `value` counts where the status is valid."""

    id: str
    space: Space
    labels: Mapping[str, str]
    text: str
    status: Status
    value: Any
    tags: tuple[str, ...]

    @property
    def answers(self) -> bool:
        """Whether the agent gave an answer that is clear."""
        return self.status in VALID


def corpus() -> list[Reply]:
    """Every reply of every file, in order."""
    files = sorted(CORPUS.glob("*.jsonl"))
    return [reply(json.loads(line)) for file in files for line in file.read_text("utf-8").splitlines()]


def reply(data: Mapping[str, Any]) -> Reply:
    """A line of the corpus."""
    gold = data["gold"]
    return Reply(
        data["id"],
        space(data["space"]),
        data["labels"],
        data["text"],
        Status(gold["status"]),
        gold.get("value"),
        tuple(data["tags"]),
    )


def space(data: Mapping[str, Any]) -> Space:
    """The space that `Space.to_json` wrote."""
    given = {key: value for key, value in data.items() if key != "kind"}
    if data["kind"] == "choice":
        return Choice(*given["options"])
    if data["kind"] == "form":
        return Form(given["name"], {name: space(field) for name, field in given["fields"].items()})
    if data["kind"] == "menu":
        actions = given["actions"].items()
        return Menu({name: {key: space(one) for key, one in fields.items()} for name, fields in actions})
    return Quantity(**given) if data["kind"] == "quantity" else Message(**given)
