"""What a check of the log says of each thing it finds wrong."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """One thing wrong with a log.

    Attributes:
        run: the run it belongs to, None for the database as a whole.
        table: the table it was found in.
        seq: the row's place in its run, where it has one.
        message: what is wrong.
    """

    run: str | None
    table: str
    seq: int | None
    message: str

    def __str__(self) -> str:
        return f"run {self.run}: {self.message}" if self.run else self.message
