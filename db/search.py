"""A text searched in what agents were told and said: prompts, replies, reasoning and messages.

A text that the log keeps once is searched once, however many rows refer to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection
from sqlalchemy import text as sql

from db.reading import texts_of
from db.store import Store
from lab.core.canonical import canonical, parse
from lab.core.errors import UsageError

PLACES = ("prompt", "reasoning", "reply", "raw", "message")
"""Where a text may stand; ``raw`` is the reply of a decision that called no model."""

AROUND = 60
"""Characters of an excerpt on either side of what was found."""

_CHUNK = 200
_QUERY = """
WITH found AS (SELECT t.hash FROM text t WHERE {in_text}),
places AS (
  SELECT c.run, c.seq, c.call, c.agent, 0 AS place, c.request AS address, NULL AS words
  FROM model_call c WHERE c.request IN (SELECT hash FROM found)
  UNION ALL
  SELECT c.run, c.seq, c.call, c.agent, 1, c.reasoning, NULL
  FROM model_call c WHERE c.reasoning IN (SELECT hash FROM found)
  UNION ALL
  SELECT c.run, c.seq, c.call, c.agent, 2, c.reply, NULL
  FROM model_call c WHERE c.reply IN (SELECT hash FROM found)
  UNION ALL
  SELECT d.run, d.seq, 0, d.agent, 3, NULL, d.raw
  FROM decision d WHERE {in_raw}
    AND NOT EXISTS (SELECT 1 FROM model_call c WHERE c.run = d.run AND c.seq = d.seq)
  UNION ALL
  SELECT e.run, e.seq, 0, e.agent, 4, e.text, NULL
  FROM event e WHERE e.kind = 'message' AND e.text IN (SELECT hash FROM found)
)
SELECT p.run, p.seq, p.agent, p.place, p.address, p.words
FROM places p JOIN run r ON r.id = p.run LEFT JOIN study s ON s.id = r.study
WHERE coalesce(s.name, '') = coalesce(:study, s.name, '') AND r.id = coalesce(:run, r.id)
ORDER BY r.created, coalesce(r.cell_index, -1), coalesce(r.replicate, -1), r.id, p.seq, p.call, p.place
"""


@dataclass(frozen=True, slots=True)
class Match:
    """A place where the text stands.

    Attributes:
        run: id of the run.
        seq: place in the run of the decision or message.
        agent: who was told it or said it.
        where: one of `PLACES`.
        before, found, after: what was found, with what stands around it.
    """

    run: str
    seq: int
    agent: str | None
    where: str
    before: str
    found: str
    after: str

    @property
    def excerpt(self) -> str:
        """What was found and what stands around it, as one text."""
        return self.before + self.found + self.after


class _Place(NamedTuple):
    """A row that refers to a text with the words somewhere in it."""

    run: str
    seq: int
    agent: str | None
    place: int
    address: str | None
    words: str | None


def search(
    store: Store, words: str, *, study: str | None = None, run: str | None = None, ignore_case: bool = False
) -> Iterator[Match]:
    """Every place where `words` stand, runs in the order they were begun.

    A message that stays in an agent's prompt is told where it first stands; an agent's own replies are told
    as replies.

    Args:
        store: the log.
        words: what to look for, as it stands.
        study: only runs of the study of this name.
        run: only the run of this id.
        ignore_case: whether capital and small letters are the same.

    Raises:
        UsageError: when `words` are empty.
    """
    if not words:
        raise UsageError("nothing to look for: the text is empty")
    pattern = re.compile(re.escape(words), re.IGNORECASE if ignore_case else 0)
    with store.reading() as connection:
        places = iter(_places(connection, pattern, words, study, run))
        told: set[tuple[str, str | None, str]] = set()
        while chunk := list(islice(places, _CHUNK)):
            texts = texts_of(connection, {place.address for place in chunk})
            for place in chunk:
                yield from _matches(place, texts.get(place.address or "", place.words or ""), pattern, told)


def _places(
    connection: Connection, pattern: re.Pattern[str], words: str, study: str | None, run: str | None
) -> list[_Place]:
    quoted = canonical(words)[1:-1]  # texts kept as JSON hold quotes and line ends escaped
    named = {"words": words, "quoted": quoted}
    in_text = " OR ".join(_holds(connection, "t.text", name, one, pattern) for name, one in named.items())
    in_raw = _holds(connection, "d.raw", "words", words, pattern)
    query = sql(_QUERY.format(in_text=in_text, in_raw=in_raw))
    rows: Sequence[Any] = connection.execute(query, {**named, "study": study, "run": run}).all()
    return [_Place(*row) for row in rows]


def _holds(connection: Connection, column: str, name: str, words: str, pattern: re.Pattern[str]) -> str:
    """The SQL that says whether a column holds some words."""
    sqlite = connection.dialect.name == "sqlite"
    if not pattern.flags & re.IGNORECASE:
        return f"{'instr' if sqlite else 'strpos'}({column}, :{name}) > 0"
    if not sqlite:
        return f"strpos(lower({column}), lower(:{name})) > 0"
    # SQLite's own lower() knows only the letters of English
    searched = re.compile(re.escape(words), re.IGNORECASE)
    driver: Any = connection.connection.driver_connection
    driver.create_function(f"holds_{name}", 1, lambda text: text is not None and bool(searched.search(text)))
    return f"holds_{name}({column})"


def _matches(
    place: _Place, text: str, pattern: re.Pattern[str], told: set[tuple[str, str | None, str]]
) -> Iterator[Match]:
    """The places of a row that hold the words, less the messages of its prompt that are told already."""
    where = PLACES[place.place]
    if where != "prompt":
        yield from _match(place, where, text, pattern)
        return
    for content in _told_contents(text):
        key = (place.run, place.agent, content)
        if key not in told and pattern.search(content):
            told.add(key)
            yield from _match(place, where, content, pattern)


def _told_contents(request: str) -> Iterable[str]:
    """What a request tells its model: every message but the model's own."""
    messages = parse(request)["messages"]
    return (str(one["content"]) for one in messages if one["role"] != "assistant")


def _match(place: _Place, where: str, text: str, pattern: re.Pattern[str]) -> Iterator[Match]:
    found = pattern.search(text)
    if found is None:
        return
    start, end = found.span()
    before = text[max(0, start - AROUND) : start]
    after = text[end : end + AROUND]
    yield Match(
        run=place.run,
        seq=place.seq,
        agent=place.agent,
        where=where,
        before=("…" if start > AROUND else "") + before,
        found=found.group(),
        after=after + ("…" if end + AROUND < len(text) else ""),
    )
