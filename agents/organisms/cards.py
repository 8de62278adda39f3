"""Which organisms there are, and the card of each: what it plays and where it comes from.

An organism is a folder in the transformers format with a `card.json` beside the weights. Nothing here loads
a model.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab.core.calls import Decide
from lab.core.errors import UnknownName, UsageError

CARD = "card.json"
SHIPPED = Path(__file__).parent / "shipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """How an organism came about.

    Attributes:
        seed: keys its data, its initial weights and the order of its batches.
        episodes: runs of the training data.
        steps: optimizer steps.
        parameters: trained numbers.
        data: content address of the training runs' digests.
        held_out: content address of the digests of the runs it was judged on.
        code: content address of the environment's source code.
        taught_by: agent to policy in those runs, JSON data.
        versions: package to version.
        figures: what was measured on the held-out runs.
    """

    seed: int
    episodes: int
    steps: int
    parameters: int
    data: str
    held_out: str
    code: str
    taught_by: Mapping[str, Any]
    versions: Mapping[str, str]
    figures: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What an organism is.

    Attributes:
        name: as in ``local/organisms/NAME``.
        about: one sentence: what its hidden variable is.
        environment: the only one it can play.
        seat: the name of the only seat it can play.
        phases: the moments it was trained to act in.
        wording: index of the wording it reads.
        decide: how its reply comes about.
        terminator: what ends a reply, None when the reply is one word.
        provenance: how it came about.
    """

    name: str
    about: str
    environment: str
    seat: str
    phases: tuple[str, ...]
    wording: int
    provenance: Provenance
    decide: Decide = "score"
    terminator: str | None = None


def home() -> Path:
    """Where trained organisms are kept: ``$LAB_ORGANISMS``, else ``organisms`` in the working directory."""
    return Path(os.environ.get("LAB_ORGANISMS") or "organisms")


def organisms() -> tuple[str, ...]:
    """The names of all organisms at hand, sorted."""
    return tuple(sorted(_folders()))


def organism_folder(name: str) -> Path:
    """The folder of an organism; one in `home` hides a shipped one of its name.

    Raises:
        UnknownName: when there is none of that name.
    """
    folders = _folders()
    if name not in folders:
        raise UnknownName("organism", name, folders)
    return folders[name]


def card(name: str) -> Card:
    """The card of an organism.

    Raises:
        UnknownName: when there is none of that name.
        UsageError: when its card cannot be read.
    """
    return read_card(organism_folder(name))


def read_card(folder: Path) -> Card:
    """The card in an organism's folder.

    Raises:
        UsageError: when there is none, or it is no card.
    """
    path = folder / CARD
    try:
        data = json.loads(path.read_bytes())
        provenance = Provenance(**data.pop("provenance"))
        return Card(**{**data, "phases": tuple(data["phases"]), "provenance": provenance})
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; an organism has a card beside its weights") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"{path}: no card of an organism: {error}") from error


def write_card(folder: Path, card: Card) -> None:
    """Put a card into an organism's folder."""
    text = json.dumps(asdict(card), ensure_ascii=False, indent=2)
    (folder / CARD).write_text(f"{text}\n", encoding="utf-8")


def _folders() -> Mapping[str, Path]:
    return {path.name: path for root in (SHIPPED, home()) for path in _inside(root)}


def _inside(root: Path) -> Iterator[Path]:
    return (path.parent for path in root.glob(f"*/{CARD}"))
