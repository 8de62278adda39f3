"""A report of findings: one self-contained page, readable on a screen, on a phone, on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path

from lab.reporting.inputs import Claim, Outcome, Report, Rung
from lab.reporting.markup import Markup, element, joined, prose
from lab.reporting.page import figure_block, table_details, write_page

_SIGNS: dict[Outcome, str] = {"passed": "●", "failed": "○", "not tested": "–"}


def write_report(path: Path, report: Report) -> Path:
    """The path of the written page; equal reports give equal bytes.

    Args:
        path: of the HTML file; its folder is made.
        report: what to say.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    write_page(path, title=report.title, body=report_body(report))
    return path


def report_body(report: Report) -> Markup:
    """The page's content: title, every claim, how to make the page again."""
    figure_numbers = count(1)
    return element(
        "main",
        element("h1", report.title),
        element("p", prose(report.lead), class_="lead"),
        _overview(report.claims),
        *(_claim(claim, number, figure_numbers) for number, claim in enumerate(report.claims, 1)),
        *_again(report.commands),
    )


def _again(commands: Sequence[str]) -> Iterator[Markup]:
    if commands:
        yield element("section", element("h2", "Make this page again"), _commands(commands))


def _overview(claims: Sequence[Claim]) -> Markup:
    """One row for each claim, when there are several."""
    rows = [
        (element("a", claim.variable, href=f"#claim-{number}"), claim.behavior, claim.verdict)
        for number, claim in enumerate(claims, 1)
    ]
    return _table(("variable", "behavior", "verdict"), rows) if len(rows) > 1 else Markup("")


def _claim(claim: Claim, number: int, figure_numbers: Iterator[int]) -> Markup:
    figures = (figure_block(figure, next(figure_numbers)) for figure in claim.figures)
    tables = (
        table_details(table.title, table.frame, name=f"table-{number}-{index}")
        for index, table in enumerate(claim.tables, 1)
    )
    return element(
        "section",
        element("h2", f"{claim.variable} and {claim.behavior}"),
        element("p", element("span", claim.verdict, class_="verdict"), *map(_mark, claim.marks)),
        element("p", prose(claim.headline), class_="headline"),
        *_part("h3", "The ladder", _ladder(claim.rungs) if claim.rungs else Markup("")),
        *figures,
        *(element("p", prose(note), class_="small") for note in claim.notes),
        *_part("h3", "What was found", joined(*(element("p", prose(text)) for text in claim.sentences))),
        *_part("h3", "What may be said", _points(claim.allowed, "allowed")),
        *_part("h3", "What may not be said", _points(claim.disallowed, "disallowed")),
        *_part("h3", "What is not known", _points(claim.untested, "untested")),
        *_part("h3", "What limits this", _points([mark for mark in claim.marks if ":" in mark], "limits")),
        *_part("h3", "More numbers", joined(*tables)),
        *_part("h3", "Compute it again", joined(_commands(claim.commands), _facts(claim))),
        id=f"claim-{number}",
    )


def _part(level: str, heading: str, content: Markup) -> Iterator[Markup]:
    """A heading and what stands under it; nothing where there is nothing to say."""
    if content:
        yield element(level, heading)
        yield content


def _mark(mark: str) -> Markup:
    """A mark by its name; its meaning, behind the colon, is told below."""
    return element("span", mark.partition(":")[0], class_="mark")


def _ladder(rungs: Sequence[Rung]) -> Markup:
    names = ("level", "asked", "found", "threshold", "outcome")
    return _table(names, [_rung(rung) for rung in rungs], class_="ladder")


def _rung(rung: Rung) -> tuple[str, ...]:
    sign = element(
        "span", f"{_SIGNS[rung.outcome]} {rung.outcome}", class_=f"outcome {rung.outcome.replace(' ', '-')}"
    )
    reason = element("span", prose(rung.reason), class_="reason") if rung.reason else Markup("")
    return rung.level, prose(rung.asked), prose(rung.found), rung.threshold, joined(sign, reason)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]], class_: str = "plain") -> Markup:
    head = element("tr", *(element("th", name, scope="col") for name in names))
    body = (
        element("tr", *(element("td", cell, data_label=name) for name, cell in zip(names, row, strict=True)))
        for row in rows
    )
    drawn = element("table", element("thead", head), element("tbody", *body), class_=class_)
    return element("div", drawn, class_="scroll")


def _points(texts: Sequence[str], class_: str) -> Markup:
    points = (element("li", prose(text)) for text in texts)
    return element("ul", *points, class_=class_) if texts else Markup("")


def _commands(commands: Sequence[str]) -> Markup:
    return element("pre", "\n".join(commands)) if commands else Markup("")


def _facts(claim: Claim) -> Markup:
    facts = claim.facts or {}
    rows = (joined(element("dt", name), element("dd", value)) for name, value in facts.items())
    return element("dl", *rows) if facts else Markup("")
