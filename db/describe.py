"""The schema in words: every table, view and column, as ARCHITECTURE.md shows it.

``python -m db.describe ARCHITECTURE.md`` writes it between the two marks of that file.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Column, Table

from db.tables import metadata
from db.view_parts import View
from db.views import VIEWS

BEGIN = "<!-- schema: written by `python -m db.describe ARCHITECTURE.md` -->"
END = "<!-- end of schema -->"


def schema_markdown() -> str:
    """Every view, then every table, one line a column."""
    return "\n".join([*_views(), *_tables()])


def inserted(document: str) -> str:
    """`document` with the text between the marks replaced by the schema of today."""
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{schema_markdown()}\n{END}{after}"


def _views() -> Iterator[str]:
    yield "### Views: start here\n"
    for view in VIEWS.values():
        yield from _view(view)


def _view(view: View) -> Iterator[str]:
    yield f"**`{view.name}`** {view.about}\n"
    yield "| column | type, unit | meaning |\n|---|---|---|"
    for name, column in view.columns.items():
        yield f"| `{name}` | {column.type}, {column.unit} | {_cell(column.about)} |"
    yield ""


def _tables() -> Iterator[str]:
    yield "### Tables: what the views are made of\n"
    for table in metadata.sorted_tables:
        yield from _table(table)


def _table(table: Table) -> Iterator[str]:
    key = ", ".join(f"`{column.name}`" for column in table.primary_key.columns)
    yield f"**`{table.name}`** {table.comment}; key {key}\n"
    yield "| column | type | meaning |\n|---|---|---|"
    for column in table.columns:
        yield f"| `{column.name}` | {_type(column)} | {_cell(column.comment or '')} |"
    yield ""


def _type(column: Column[object]) -> str:
    name = type(column.type).__name__.lower()
    kind = {"biginteger": "integer", "double": "number"}.get(name, name)
    return f"{kind}, may be null" if column.nullable else kind


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.write_text(inserted(target.read_text(encoding="utf-8")), encoding="utf-8")
