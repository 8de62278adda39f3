from __future__ import annotations

from urllib.robotparser import RobotFileParser

import pytest

from scenarios.webdefense.directory.robots import robots

FILE = """
# who may fetch what
User-agent: *
Disallow: /staff
Allow: /staff/open
Disallow: /*.pdf$
Disallow:

User-agent: slowbot
User-agent: Sleepybot
Disallow: /
nonsense without a colon
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True),
        ("/staff", False),
        ("/staff?page=2", False),
        ("/staffing", False),
        ("/staff/open/1", True),
        ("/a/b.pdf", False),
        ("/a/b.pdf?x=1", True),
        ("/robots.txt", True),
    ],
)
def test_the_longest_matching_rule_decides(path: str, allowed: bool) -> None:
    assert robots(FILE).allows(path) is allowed


def test_of_equally_long_rules_the_allowing_one_wins() -> None:
    assert robots("User-agent: *\nDisallow: /page\nAllow: /page").allows("/page")


@pytest.mark.parametrize("agent", ["slowbot", "sleepybot", "SLOWBOT"])
def test_a_named_crawler_follows_its_own_group_only(agent: str) -> None:
    assert not robots(FILE, agent).allows("/anything")
    assert robots(FILE, agent).allows("/robots.txt")


def test_a_group_without_a_pattern_ends_all_the_same() -> None:
    text = "User-agent: a\nDisallow:\nUser-agent: b\nDisallow: /"
    assert robots(text, "a").allows("/x")
    assert not robots(text, "b").allows("/x")


@pytest.mark.parametrize("text", ["", "Disallow: /before-any-group", "User-agent: other\nDisallow: /"])
def test_without_a_rule_for_the_crawler_everything_is_allowed(text: str) -> None:
    assert robots(text).allows("/staff")


@pytest.mark.parametrize("path", ["/", "/staff", "/staff/x", "/shop?item=1", "/robots.txt"])
def test_the_standard_library_reads_plain_prefix_rules_alike(path: str) -> None:
    text = "User-agent: *\nDisallow: /staff\nDisallow: /shop"
    theirs = RobotFileParser()
    theirs.parse(text.splitlines())
    assert robots(text).allows(path) is theirs.can_fetch("anybot", path)
