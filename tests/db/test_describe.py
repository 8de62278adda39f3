"""The schema in ARCHITECTURE.md is the schema of the code."""

from __future__ import annotations

from pathlib import Path

from db.describe import inserted, schema_markdown
from db.tables import metadata
from db.views import VIEWS

DOCUMENT = Path(__file__).parents[2] / "ARCHITECTURE.md"


def test_the_document_holds_the_schema_of_today() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert inserted(text) == text, "run `python -m db.describe ARCHITECTURE.md`"


def test_every_column_of_every_table_and_view_has_a_meaning() -> None:
    rows = [line.split(" | ") for line in schema_markdown().splitlines() if line.startswith("| `")]
    n_columns = sum(len(table.columns) for table in metadata.tables.values())
    assert len(rows) == n_columns + sum(len(view.columns) for view in VIEWS.values())
    assert all(row[-1].removesuffix(" |").strip() for row in rows)
