"""What the views are made of: columns with their meaning, and look-ups that cost nothing unless asked for."""

from __future__ import annotations

from typing import Literal, NamedTuple

ColumnType = Literal["text", "integer", "number"]


class ViewColumn(NamedTuple):
    """What a column holds: its type, its unit (or kind of text), its meaning."""

    type: ColumnType
    unit: str
    about: str


class View(NamedTuple):
    """A view: what one row is, its columns in order, and the query behind it."""

    name: str
    about: str
    columns: dict[str, ViewColumn]
    query: str


def text(unit: str, about: str) -> ViewColumn:
    """A column of texts."""
    return ViewColumn("text", unit, about)


def integer(unit: str, about: str) -> ViewColumn:
    """A column of whole numbers."""
    return ViewColumn("integer", unit, about)


def number(unit: str, about: str) -> ViewColumn:
    """A column of numbers."""
    return ViewColumn("number", unit, about)


def of_run(row: str, *names: str) -> str:
    """Columns of the run that `row` belongs to, each looked up only where a query asks for it.

    SQLite would read a joined row for every row of an aggregate, asked for or not: three times slower.
    """
    joined = "run r JOIN study s ON s.id = r.study"
    sources = {name: ("s.name", joined) if name == "study" else (f"r.{name}", "run r") for name in names}
    return ",\n       ".join(
        f"(SELECT {column} FROM {source} WHERE r.id = {row}.run) AS {name}"
        for name, (column, source) in sources.items()
    )


def of_agent(*names: str) -> str:
    """Columns of the agent that a decision `d` belongs to."""
    agent = "FROM agent a WHERE a.run = d.run AND a.name = d.agent"
    return ",\n       ".join(f"(SELECT a.{name} {agent}) AS {name}" for name in names)


def of_calls(total: str, name: str) -> str:
    """A sum over the model calls of a decision `d`."""
    return f"(SELECT {total} FROM model_call c WHERE c.run = d.run AND c.seq = d.seq) AS {name}"


def text_at(address: str, name: str) -> str:
    """The text at a content address."""
    return f"(SELECT t.text FROM text t WHERE t.hash = {address}) AS {name}"


RUN = {"run": text("id", "the run: 12 hex letters")}
PLACE = {
    "study": text("name", "the study; null for `lab run` and forks"),
    "cell": text("name", "alias=level joined by commas, empty without factors; null for `lab run`"),
    "seed": integer("count", "the run's seed; runs of different cells with one seed are paired"),
}
ENVIRONMENT = {
    "family": text("name", "the environment's family, such as social"),
    "environment": text("name", "the environment, such as social/public_goods"),
}
WHEN = {
    "seq": integer("count", "place in the run, from 1; shared by decisions, events and exposures"),
    "tick": integer("ticks", "simulated time"),
}
