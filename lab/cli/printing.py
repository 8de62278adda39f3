"""What goes to the screen: plain text everywhere, color only on a terminal."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple, TextIO


class Span(NamedTuple):
    """A piece of a line, with a Rich style that only a terminal shows."""

    text: str
    style: str = ""


Line = tuple[Span, ...]

_CONTROLS = dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], "\ufffd") | {ord("\t"): " "}


def say(text: str = "") -> None:
    """Print a line that was asked for."""
    print(text)


def note(text: str) -> None:
    """Print a line about how it goes, or what went wrong, beside the output."""
    print(text, file=sys.stderr, flush=True)


def say_json(value: Any) -> None:
    """Print one JSON value."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False, indent=2))


def json_line(value: Any) -> str:
    """A JSON value on one line."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def paint(lines: Iterable[Line]) -> None:
    """Print lines, in color on a terminal; no word of an agent can steer the terminal."""
    if not is_terminal(sys.stdout):
        for line in lines:
            print("".join(visible(span.text) for span in line).rstrip())
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text.assemble(*((visible(span.text), span.style) for span in line)))


def visible(text: str) -> str:
    """`text` with control characters, such as those that begin an escape sequence, made visible."""
    return text.translate(_CONTROLS)


def is_terminal(stream: TextIO) -> bool:
    """Whether a person looks at `stream`."""
    return stream.isatty()


def number(value: float | None) -> str:
    """A number for reading: whole ones as they are, others with three decimals, none as a dash."""
    if value is None or not math.isfinite(value):
        return "–"
    if isinstance(value, int):
        return str(value)
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.3f}"


def interval(low: float | None, high: float | None) -> str:
    """An interval for reading; empty without one."""
    return "" if low is None or high is None else f"[{number(low)}, {number(high)}]"


def duration(seconds: float) -> str:
    """A length of time in the two units that matter, such as ``3 min 20 s``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def moment(wall_clock: float) -> str:
    """A wall-clock time in the user's own zone."""
    return datetime.fromtimestamp(wall_clock, UTC).astimezone().strftime("%Y-%m-%d %H:%M")


def counted(count: int, noun: str) -> str:
    """``1 run``, ``2 runs``, ``12,345 runs``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def size(n_bytes: float) -> str:
    """A size of memory or disk, in GiB or smaller ones in MiB."""
    return f"{n_bytes / 2**30:.1f} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:.1f} MiB"
