"""Self-contained pages: one HTML file with its scripts, styles, pictures and data, which asks no network.

The page forbids its browser to load anything, and to run anything but its own two scripts. Where scripts do
not run, the static drawings stand in place of the interactive ones.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from lab.reporting.looks import STYLE
from lab.reporting.markup import Markup, element, joined, json_island, prose
from lab.reporting.rendering import script

if TYPE_CHECKING:
    from polars import DataFrame

    from lab.reporting.figure import Figure

MAX_ROWS = 500
"""Rows of a table shown on a page; its CSV has all of them."""

_DRAW = """
for (const island of document.querySelectorAll("script[data-figure]")) {
  const place = document.getElementById(island.dataset.figure);
  vegaEmbed(place, JSON.parse(island.textContent), {ast: true, renderer: "svg", actions: false});
}
"""
"""`ast` makes Vega interpret expressions, so that the page need not allow the evaluation of text."""


def write_page(path: Path, *, title: str, body: str) -> None:
    """Write one page to `path`.

    Args:
        path: of the HTML file; its folder exists.
        title: of the window.
        body: markup; plain text is escaped.
    """
    path.write_text(page(title=title, body=body), encoding="utf-8", newline="\n")


def page(*, title: str, body: str) -> Markup:
    """A whole page; its scripts come only with figures."""
    scripts = (script(), _DRAW) if "data-figure" in body else ()
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(scripts)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light"),
        element("title", title),
        element("style", Markup(STYLE)),
    )
    run = joined(*(element("script", Markup(text)) for text in scripts))
    return joined(
        Markup("<!doctype html>\n"), element("html", head, element("body", body, run), lang="en"), "\n"
    )


def figure_block(figure: Figure, number: int) -> Markup:
    """A figure of a page: its drawing, the specification that replaces it where scripts run, and its table.

    Args:
        figure: to be shown.
        number: of the figure on its page.
    """
    name = f"figure-{number}"
    words = f"{figure.title}. {' '.join(figure.subtitle)}"
    drawing = element("img", src=_data_url("image/svg+xml", figure.svg()), alt=words)
    return element(
        "figure",
        element("div", element("div", drawing, id=name, class_="drawing"), class_="scroll"),
        json_island(figure.spec(), data_figure=name),
        table_details("the numbers drawn", figure.table, name=name),
    )


def table_details(summary: str, frame: DataFrame, *, name: str) -> Markup:
    """A table that opens on demand, with its CSV to save as ``name.csv``."""
    height = f"{frame.height:,} row" + ("" if frame.height == 1 else "s")
    more = f"; the first {MAX_ROWS} are shown" if frame.height > MAX_ROWS else ""
    save = element("a", "save as CSV", href=_data_url("text/csv", frame.write_csv()), download=f"{name}.csv")
    return element(
        "details",
        element("summary", prose(f"{summary} ({height})")),
        element("p", save, more, class_="small"),
        element("div", table(frame.head(MAX_ROWS)), class_="scroll"),
    )


def table(frame: DataFrame) -> Markup:
    """A polars frame as a table: numbers to four figures, nulls as a dash."""
    numeric = [dtype.is_numeric() for dtype in frame.dtypes]
    head = element("tr", *(element("th", column, scope="col") for column in frame.columns))
    rows = (
        element(
            "tr",
            *(
                element("td", shown(value), class_="number") if is_number else element("td", shown(value))
                for value, is_number in zip(row, numeric, strict=True)
            ),
        )
        for row in frame.iter_rows()
    )
    return element("table", element("thead", head), element("tbody", *rows))


def shown(value: object) -> str:
    """A value as a cell shows it."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _policy(scripts: tuple[str, ...]) -> str:
    """What the page may do: run exactly these scripts, style itself, show its own pictures; no more."""
    hashes = [base64.b64encode(sha256(text.encode()).digest()).decode() for text in scripts]
    may_run = " ".join(f"'sha256-{digest}'" for digest in hashes) or "'none'"
    return f"default-src 'none'; script-src {may_run}; style-src 'unsafe-inline'; img-src data:"


def _data_url(kind: str, text: str) -> str:
    return f"data:{kind};charset=utf-8;base64,{base64.b64encode(text.encode()).decode()}"
