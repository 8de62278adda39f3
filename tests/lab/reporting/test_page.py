from __future__ import annotations

import base64
import re
from hashlib import sha256

import polars
from selectolax.lexbor import LexborHTMLParser

from lab.reporting.layer_curve import layer_curve
from lab.reporting.letters import legible
from lab.reporting.markup import element
from lab.reporting.page import MAX_ROWS, figure_block, page, shown, table, table_details
from tests.lab.reporting.samples import HOSTILE, curve


def parsed(html: str) -> LexborHTMLParser:
    return LexborHTMLParser(html)


def policy(tree: LexborHTMLParser) -> str:
    (meta,) = tree.css("meta[http-equiv='Content-Security-Policy']")
    content = meta.attributes["content"]
    assert content is not None
    return content


def test_a_page_loads_nothing_and_may_load_nothing() -> None:
    tree = parsed(page(title=HOSTILE, body=figure_block(layer_curve(curve()), 1)))
    addresses = [
        node.attributes.get(name) or "" for name in ("src", "href") for node in tree.css(f"[{name}]")
    ]
    assert addresses
    assert all(address.startswith("data:") for address in addresses)
    assert "default-src 'none'" in policy(tree)


def test_the_policy_allows_exactly_the_scripts_of_the_page() -> None:
    tree = parsed(page(title="t", body=figure_block(layer_curve(curve()), 1)))
    run = [node.text() for node in tree.css("script:not([type])")]
    hashes = [base64.b64encode(sha256(text.encode()).digest()).decode() for text in run]
    assert len(run) == 2
    assert re.findall(r"'sha256-([^']+)'", policy(tree)) == hashes
    assert "unsafe-eval" not in policy(tree)


def test_a_page_without_figures_has_no_scripts() -> None:
    tree = parsed(page(title="t", body=element("p", "hello")))
    assert tree.css("script") == []
    assert "script-src 'none'" in policy(tree)


def test_figures_of_one_page_are_told_apart() -> None:
    body = element("main", *(figure_block(layer_curve(curve()), number) for number in (1, 2)))
    tree = parsed(page(title="t", body=body))
    places = [node.attributes["id"] for node in tree.css(".drawing")]
    assert places == [node.attributes["data-figure"] for node in tree.css("script[data-figure]")]
    assert len(set(places)) == 2


def test_a_table_shows_nulls_as_dashes_and_escapes_its_texts() -> None:
    tree = parsed(table(polars.DataFrame({"name": [HOSTILE, None], "value": [0.123456, None]})))
    assert [cell.text() for cell in tree.css("td")] == [legible(HOSTILE), "0.1235", "–", "–"]


def test_a_long_table_is_shortened_and_its_csv_is_whole() -> None:
    frame = polars.DataFrame({"n": range(MAX_ROWS + 7)})
    tree = parsed(table_details("numbers", frame, name="numbers"))
    (link,) = tree.css("a")
    address = link.attributes["href"] or ""
    assert len(tree.css("tbody tr")) == MAX_ROWS
    assert base64.b64decode(address.partition("base64,")[2]).decode() == frame.write_csv()


def test_values_are_shown_as_people_write_them() -> None:
    assert [shown(value) for value in (None, True, 3, 2 / 3, "a")] == ["–", "yes", "3", "0.6667", "a"]
