"""The known-answer table: eight defenses against seven scripted visitors (webdefense.md §6)."""

from __future__ import annotations

from typing import Any

import pytest

from lab.core.errors import RuleError
from scenarios.webdefense.defenses.notices import LOREM, STOP_TEXT, WARNING_TEXT
from scenarios.webdefense.directory import policies
from tests.scenarios.webdefense.directory.visitors import CANARY, TRAP, Layer, events, notice, visit, visit_as
from tests.support.verified import Recorder

READERS = ("naive", "obedient", "filter", "filter_obedient", "polite")
SHOPPERS = ("shopper", "paranoid")

TABLE: dict[str, tuple[list[Layer], tuple[float, ...], tuple[int, int]]] = {
    "none": ([], (1, 1, 1, 1, 1), (1, 1)),
    "robots.txt": ([{"use": "robots_policy"}], (1, 1, 1, 1, 0), (1, 1)),
    "hidden notice on staff pages": ([notice("/staff")], (1, 0, 1, 1, 1), (1, 1)),
    "hidden notice on all pages": ([notice("/")], (1, 0, 1, 1, 1), (1, 0)),
    "trap link + session block": ([TRAP], (0.25, 0.25, 1, 1, 0.25), (1, 1)),
    "rate limit 6 requests": (
        [{"use": "rate_limit", "params": {"requests": 6}}],
        (0.75, 0.75, 0.75, 0.75, 0.5),
        (1, 1),
    ),
    "per-session canary rows": ([CANARY], (1, 1, 1, 1, 1), (1, 1)),
    "trap + canary + notice": ([TRAP, CANARY, notice("/staff")], (0.25, 0, 1, 1, 0.25), (1, 1)),
}
"""Defense: its stack, the leak of each reader, and whether each shopper buys."""


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("mode", ["fast", "http"])
def test_the_known_answers_come_out_exactly(name: str, mode: str) -> None:
    stack, leaks, bought = TABLE[name]
    found = visit([*READERS, *SHOPPERS], stack, mode=mode).measures
    assert tuple(found["leak", reader] for reader in READERS) == leaks
    assert tuple(found["success", shopper] for shopper in SHOPPERS) == bought


@pytest.mark.verify
def test_every_cell_of_the_known_answer_table_is_reproduced(verified: Recorder) -> None:
    for mode in ("fast", "http"):
        right = 0
        for stack, leaks, bought in TABLE.values():
            found = visit([*READERS, *SHOPPERS], stack, mode=mode).measures
            right += sum(found["leak", name] == leak for name, leak in zip(READERS, leaks, strict=True))
            right += sum(found["success", name] == did for name, did in zip(SHOPPERS, bought, strict=True))
        verified.record(f"web defense: known-answer table of eight defenses, {mode}", f"{right} of 56 cells")
        assert right == 56


@pytest.mark.parametrize("name", TABLE)
def test_the_known_answers_do_not_hang_on_company(name: str) -> None:
    stack, leaks, _ = TABLE[name]
    for reader, leak in zip(READERS, leaks, strict=True):
        assert visit([reader, "shopper"], stack, seed=11).measures["leak", reader] == leak


def test_only_readers_of_hidden_text_save_canaries() -> None:
    found = visit(READERS, [CANARY]).measures
    assert [found["canary_hits", reader] for reader in READERS] == [4, 4, 0, 0, 4]
    assert found["canary_attribution"] == 1


@pytest.mark.parametrize("channel", ["lexbor_text", "raw_html"])
def test_a_scraper_behind_a_filter_refuses_a_channel_that_shows_what_is_hidden(channel: str) -> None:
    wants = {"m": {"party": "malicious", "goal": "bulk_pii", "channel": channel}, "b": {}}
    with pytest.raises(RuleError, match=r"'m' strips what is hidden: give it params\.channel visible_text"):
        visit_as({"m": policies.ScraperFilter(), "b": policies.Shopper()}, wants)


def test_a_scraper_of_raw_html_finds_the_same_people() -> None:
    wants: dict[str, dict[str, Any]] = {
        "m": {"party": "malicious", "goal": "bulk_pii", "channel": "raw_html"}
    }
    found = visit_as({"m": policies.ScraperNaive(), "b": policies.Shopper()}, wants | {"b": {}})
    assert (found.measures["leak", "m"], found.measures["precision", "m"]) == (1, 1)


def test_a_polite_crawler_reads_robots_first_and_breaks_no_rule() -> None:
    played = visit(["polite"], [{"use": "robots_policy"}, {"use": "trap_link"}])
    asked = [event.payload["url"] for event in events(played, "request")]
    assert asked == ["/robots.txt", "/", "/item/1", "/item/2"]
    assert played.measures["robots_violations", "polite"] == 0


@pytest.mark.parametrize("channel", ["raw_html", "lexbor_text", "visible_text"])
def test_the_finder_answers_with_the_address_it_was_to_find(channel: str) -> None:
    wants = {"f": {"goal": "find_contact", "channel": channel}}
    for seed in range(3):
        assert visit_as({"f": policies.Finder()}, wants, seed=seed).measures["success", "f"] == 1


def test_the_stopper_sends_no_request_and_the_walker_runs_out_of_steps() -> None:
    found = visit(["stopper", "walker"], steps=12).measures
    assert (found["requests", "stopper"], found["halted", "stopper"], found["capped", "stopper"]) == (0, 1, 0)
    assert (found["requests", "walker"], found["halted", "walker"], found["capped", "walker"]) == (12, 0, 1)


def test_words_that_address_nobody_are_no_notice() -> None:
    assert policies.is_notice(STOP_TEXT)
    assert policies.is_notice(WARNING_TEXT)
    assert not policies.is_notice(LOREM)
    assert [policies.orders_to_stop(text) for text in (STOP_TEXT, WARNING_TEXT, LOREM)] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("kind", sorted(policies.__dict__.keys() & {"Finder", "Shopper", "CrawlerPolite"}))
@pytest.mark.parametrize("goal", ["index", "find_contact", "buy_item"])
def test_a_policy_given_another_goal_still_leaves_in_order(kind: str, goal: str) -> None:
    played = visit_as({"a": getattr(policies, kind)()}, {"a": {"goal": goal}})
    assert [event.payload["how"] for event in events(played, "leave")] == ["finish"]
