"""Names for the things the lab keeps apart by type, not by hope."""

from __future__ import annotations

from typing import NewType

from lab.core.canonical import value_hash

RunId = NewType("RunId", str)
"""A run: 12 hex letters; any unambiguous beginning names it on the command line."""

Tick = NewType("Tick", int)
"""A point of simulated time; the scenario says what one tick stands for."""

Seq = NewType("Seq", int)
"""A row's place in its run, shared by decisions, events and exposures."""


def run_id(*identity: object) -> RunId:
    """The id of the run that `identity` describes: equal parts give equal ids in every process."""
    return RunId(value_hash(identity)[:12])
