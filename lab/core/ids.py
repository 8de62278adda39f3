"""Names for the things the lab keeps apart by type, not by hope."""

from __future__ import annotations

from typing import NewType

from lab.core.canonical import value_hash

RunId = NewType("RunId", str)
"""A run: 12 hex letters; any unambiguous beginning names it on the command line."""


def run_id(*identity: object) -> RunId:
    """The id of the run that `identity` describes: equal parts give equal ids in every process."""
    return RunId(value_hash(identity)[:12])
