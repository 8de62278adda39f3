from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import polars
from selectolax.lexbor import LexborHTMLParser

from lab.reporting.inputs import Claim, NamedTable, Report, Rung
from lab.reporting.layer_curve import layer_curve
from lab.reporting.report import report_body, write_report
from lab.reporting.token_strip import token_strip
from tests.lab.reporting.samples import HOSTILE, curve, strip

RUNGS = (
    Rung(level="L0", asked="logged", found="all joined", threshold="≥ .99", outcome="passed"),
    Rung(level="L1", asked="readable", found="AUROC .51", threshold="> .53", outcome="failed"),
    Rung(level="L2", asked="beyond", found="", threshold="> 0", outcome="not tested", reason="budget"),
)
CLAIM = Claim(
    variable="type",
    behavior="claim",
    verdict="not decodable",
    headline="`type` is not readable.",
    sentences=("One.", "Two."),
    allowed=("Activations are in the log.",),
    disallowed=("Anything about safety.",),
    untested=("L2: budget",),
    marks=("single seed: one seed stands behind it", "proxy reader"),
    rungs=RUNGS,
    figures=(layer_curve(curve()), token_strip(strip())),
    notes=("No timeline: none.",),
    tables=(NamedTable(title="rates", frame=polars.DataFrame({"rate": [0.5]})),),
    commands=("lab align s --variable type --behavior claim",),
    facts={"finding": "abc123"},
)
REPORT = Report(title="What can be read", lead="One study.", claims=(CLAIM,), commands=("lab align s",))


def tree(report: Report) -> LexborHTMLParser:
    return LexborHTMLParser(report_body(report))


@cache
def whole() -> LexborHTMLParser:
    return tree(REPORT)


def texts(found: LexborHTMLParser, selector: str) -> list[str]:
    return [node.text() for node in found.css(selector)]


def test_a_report_tells_a_claim_from_headline_to_commands() -> None:
    found = whole()
    assert texts(found, ".headline") == ["type is not readable."]
    assert texts(found, ".verdict, .mark") == ["not decodable", "single seed", "proxy reader"]
    assert texts(found, ".disallowed li") == ["Anything about safety."]
    assert texts(found, ".limits li") == ["single seed: one seed stands behind it"]
    assert texts(found, "pre") == ["lab align s --variable type --behavior claim", "lab align s"]
    assert texts(found, "dd") == ["abc123"]
    assert len(found.css("figure")) == 2


def test_the_ladder_says_what_came_of_each_level_in_words() -> None:
    assert texts(whole(), ".ladder .outcome") == ["● passed", "○ failed", "– not tested"]
    assert texts(whole(), ".ladder .reason") == ["budget"]


def test_a_part_with_nothing_to_say_has_no_heading() -> None:
    bare = Claim(variable="v", behavior="b", verdict="incomplete", headline="Nothing.")
    assert texts(tree(replace(REPORT, claims=(bare,), commands=())), "h3, section section h2, figure") == []


def test_several_claims_are_listed_on_top_and_their_figures_counted_through() -> None:
    found = tree(replace(REPORT, claims=(CLAIM, CLAIM)))
    assert [node.attributes["href"] for node in found.css("table a")] == ["#claim-1", "#claim-2"]
    assert [node.attributes["id"] for node in found.css(".drawing")] == [f"figure-{n}" for n in (1, 2, 3, 4)]


def test_hostile_words_are_text_everywhere() -> None:
    hostile = Claim(
        variable=HOSTILE,
        behavior=HOSTILE,
        verdict=HOSTILE,
        headline=HOSTILE,
        sentences=(HOSTILE,),
        allowed=(HOSTILE,),
        disallowed=(HOSTILE,),
        untested=(HOSTILE,),
        marks=(HOSTILE,),
        rungs=(Rung(level=HOSTILE, asked=HOSTILE, found=HOSTILE, threshold=HOSTILE, outcome="passed"),),
        tables=(NamedTable(title=HOSTILE, frame=polars.DataFrame({HOSTILE: [HOSTILE]})),),
        commands=(HOSTILE,),
        facts={HOSTILE: HOSTILE},
    )
    found = tree(Report(title=HOSTILE, lead=HOSTILE, claims=(hostile, hostile), commands=(HOSTILE,)))
    assert found.css("script, img") == []


def test_equal_reports_are_equal_files(tmp_path: Path) -> None:
    first, second = (write_report(tmp_path / name / "report.html", REPORT) for name in ("one", "two"))
    assert first.read_bytes() == second.read_bytes()


def test_a_missing_figure_leaves_a_sentence() -> None:
    assert "No timeline: none." in texts(whole(), "p.small")
