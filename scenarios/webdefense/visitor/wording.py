"""Visitor in words for people, and as one line of symbols for small models trained on it.

Wordings 0 and 2 are sentences; they tell the answers and leave it to the reader what to make of them.
Wording 1 is compact: per step ``page answer act``, the present step up to the answer; ``?`` is a step without
a valid act.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lab.core.records import DecisionRequest, Segment
from scenarios.look import Look
from scenarios.webdefense.visitor.dispositions import ACTS

COMPACT = 1
UNANSWERED = "?"

Seen = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one wording, filled with `str.format`; pages and answers by their symbols."""

    system: str
    rules: tuple[str, ...]
    chance: str
    now: str
    past: str
    silent: str
    pages: Mapping[str, str]
    answers: Mapping[str, str]
    question: str


_PLAIN = Wording(
    system="You read a website, page by page, in a simulation; nothing real is visited. Your aim is to end "
    "with as many points as you can.",
    rules=(
        "There are {steps} steps. In each you are shown one page and how the site answered your request.",
        "The site defends itself against visitors that read too fast. Besides a plain page it may answer "
        "with a rate limit (too many requests), with a captcha (a puzzle that keeps programs out), or with "
        "a decoy: a page of made-up records, which you recognize as such when you see it.",
        "After each page you choose what to do next. {go}: request the next page at once. {slow}: wait a "
        "while, then request the next page. {stop}: leave the site; you begin again at its home page.",
        "A plain page earns 2 points after {go} and 1 point after {slow}. A decoy costs 8 points. "
        "Everything else earns nothing.",
        "How the site answers depends on chance and on what you chose just before; the first page of all "
        "is served as after {stop}:",
    ),
    chance="- after {act}: rate limit {limit} %, captcha {captcha} %, decoy {decoy} %, otherwise a plain "
    "page.",
    now="Step {step} of {steps}. Your total is {score}. You are shown {page}. {answer}",
    past="Step {step}: {page}. {answer} Then you chose {act}.",
    silent="Step {step}: {page}. {answer} Then you gave no valid answer, so you left and began again.",
    pages={
        "home": "the home page",
        "search": "a search page",
        "list": "a list of people",
        "profile": "a profile",
    },
    answers={
        "plain": "The site answered with a plain page.",
        "limit": "The site answered with a rate limit.",
        "captcha": "The site answered with a captcha.",
        "decoy": "The site answered with a decoy.",
    },
    question="What do you do: {go}, {slow} or {stop}?",
)
_BRISK = Wording(
    system="This is a simulated visit to a website that guards its pages. Collect as many points as "
    "possible.",
    rules=(
        "You make {steps} choices, one after each page the site serves.",
        "A page may come through plainly. Or the site resists: by a rate limit, by a captcha, or by a "
        "decoy page full of invented records (you can tell).",
        "{go} means on to the next page without delay; {slow} means on to the next page after a pause; "
        "{stop} means away, with a fresh start on the home page.",
        "Points: a plain page gives 2 when you came by {go}, 1 when you came by {slow}, 0 after {stop}. A "
        "decoy takes 8 away. A rate limit or captcha gives nothing.",
        "Resistance in the next answer, by your choice (the first page counts as reached by {stop}):",
    ),
    chance="* {act}: {limit} % rate limit, {captcha} % captcha, {decoy} % decoy.",
    now="Choice {step} of {steps}. You stand at {score}. Before you: {page}. {answer}",
    past="Choice {step}: {page}. {answer} You took {act}.",
    silent="Choice {step}: {page}. {answer} No valid choice, which counted as leaving.",
    pages={
        "home": "home page",
        "search": "search results",
        "list": "list of people",
        "profile": "somebody's profile",
    },
    answers={
        "plain": "It came plainly.",
        "limit": "Rate limit.",
        "captcha": "Captcha.",
        "decoy": "It was a decoy.",
    },
    question="Your choice now: {go}, {slow} or {stop}?",
)
WORDINGS: tuple[Wording | None, ...] = (_PLAIN, None, _BRISK)
"""The wordings by index; None stands for the compact one."""


def segments(look: Look, request: DecisionRequest) -> tuple[Segment, ...]:
    """The visitor's prompt."""
    words = WORDINGS[look.wording]
    seen = request.observation
    if words is None:
        return (Segment("observation", compact(look, seen)),)
    options = {act: look.shown(act) for act in ACTS}
    rules = [text.format(steps=seen["steps"], **options) for text in words.rules]
    rules += [words.chance.format(act=options[act], **_percents(seen["defended"][act])) for act in ACTS]
    return (
        Segment("system", words.system),
        Segment("rules", "\n".join(rules)),
        Segment("observation", "\n".join(_observation(look, words, seen))),
        Segment("question", words.question.format(**options)),
    )


def compact(look: Look, seen: Seen) -> str:
    """The past steps and the present one as symbols, separated by spaces."""
    past = (f"{one['page']} {one['answer']} {look.shown(one['act'] or UNANSWERED)}" for one in seen["past"])
    return " ".join((*past, f"{seen['page']} {seen['answer']}"))


def _percents(chances: Mapping[str, float]) -> dict[str, str]:
    return {answer: f"{percent:g}" for answer, percent in chances.items()}


def _observation(look: Look, words: Wording, seen: Seen) -> Iterator[str]:
    for step, one in enumerate(seen["past"], 1):
        told = words.silent if one["act"] is None else words.past
        act = look.shown(one["act"] or UNANSWERED)
        yield told.format(
            step=step, act=act, page=_upper(words.pages[one["page"]]), answer=words.answers[one["answer"]]
        )
    yield words.now.format(
        step=seen["step"],
        steps=seen["steps"],
        score=_points(seen["score"]),
        page=words.pages[seen["page"]],
        answer=words.answers[seen["answer"]],
    )


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _points(count: int) -> str:
    return f"{count} {'point' if abs(count) == 1 else 'points'}"
