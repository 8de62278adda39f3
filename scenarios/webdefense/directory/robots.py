"""What a robots.txt allows, as RFC 9309 reads it; for polite visitors, and to count who breaks it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

ALWAYS_ALLOWED = "/robots.txt"
"""RFC 9309 section 2.2.2: the file itself is implicitly allowed."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One ``Allow`` or ``Disallow`` line; `pattern` may hold ``*`` and end in ``$``."""

    pattern: str
    allows: bool

    def matches(self, path: str) -> bool:
        """Whether the rule is about `path` (with its query): by prefix, wildcards as in section 2.2.3."""
        body = self.pattern.removesuffix("$")
        end = "$" if self.pattern.endswith("$") else ""
        regex = ".*".join(map(re.escape, body.split("*"))) + end
        return re.match(regex, path, re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Robots:
    """The rules for one crawler."""

    rules: tuple[Rule, ...] = ()

    def allows(self, path: str) -> bool:
        """Whether `path` may be fetched: the longest matching rule decides, of equal ones ``Allow``.

        Without a matching rule, or without rules, everything is allowed (section 2.2.2).
        """
        if path == ALWAYS_ALLOWED:
            return True
        matching = [rule for rule in self.rules if rule.matches(path)]
        return max(((len(rule.pattern), rule.allows) for rule in matching), default=(0, True))[1]


def robots(text: str, agent: str = "*") -> Robots:
    """The rules of a robots.txt for the crawler `agent`: all its groups, or else all groups for ``*``.

    Lines that are no rule are passed over; an empty pattern matches nothing (section 2.2.2).
    """
    groups = list(_groups(text))
    name = agent.casefold()
    mine = [rules for names, rules in groups if name in names] or [
        rules for names, rules in groups if "*" in names
    ]
    return Robots(tuple(rule for rules in mine for rule in rules))


def _groups(text: str) -> Iterator[tuple[set[str], list[Rule]]]:
    """(names of crawlers, their rules): user-agent lines in a row share the rules that follow them."""
    names: set[str] = set()
    rules: list[Rule] | None = None
    for key, value in _lines(text):
        if key == "user-agent":
            if rules is not None:
                yield names, rules
                names, rules = set(), None
            names.add(value.casefold())
        elif key in ("allow", "disallow") and names:
            rules = [*(rules or ()), *([Rule(value, allows=key == "allow")] if value else ())]
    yield names, rules or []


def _lines(text: str) -> Iterator[tuple[str, str]]:
    """(key, value) of each line of the form ``key: value``, without comments."""
    for line in text.splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().casefold(), value.strip()
