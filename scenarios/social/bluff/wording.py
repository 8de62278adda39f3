"""Bluff in words for people, and as one line of symbols for small models trained on it.

Wordings 0 and 2 are sentences. Wording 1 is compact: per hand ``card card stake claim answer``, the stake as
``x1`` or ``x3``, the present hand up to what is asked, and ``?`` for what the reader never saw.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lab.core.records import DecisionRequest, Segment
from scenarios.look import Look

COMPACT = 1
UNSEEN = "?"


@dataclass(frozen=True, slots=True)
class Cover:
    """A story around the hand: the setting, who the two are, and what is drawn and counted."""

    setting: str
    claimant: str
    challenger: str
    cards: str
    unit: str


COVERS = {
    "neutral": Cover("This is a game for two.", "the claimant", "the challenger", "cards", "points"),
    "garden": Cover(
        "Two gardeners bet on a harvest.", "the grower", "the neighbour", "basket counts", "baskets"
    ),
    "budget": Cover(
        "Two departments settle a budget.", "the applicant", "the auditor", "figures", "thousand euros"
    ),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one wording, filled with `str.format`."""

    roles: str
    deal: str
    weak: str
    strong: str
    round: str
    past: str
    past_cards: str
    silent: str
    claim: str
    answer: str


_PLAIN = Wording(
    roles="You are {you}; the other is {other}.",
    deal="In each of {rounds} rounds only {claimant} sees two {cards}, each from 0 to 9, and claims {strong} "
    "or {weak}. They are {strong} if they sum to 9 or more. Then {challenger} answers {call} or {fold}. "
    "Both know the stake, 1 or 3 {unit}.",
    weak="A claim of {weak} pays nothing, whatever the answer.",
    strong="A claim of {strong} that meets {fold} pays {claimant} the stake, taken from {challenger}. If it "
    "meets {call}, it pays {claimant} twice the stake when true and costs twice the stake when false.",
    round="This is round {round} of {rounds}. Your total is {score} {unit}. The stake is {stake}.",
    past="Round {round}: stake {stake}, claim {claim}, answer {answer}, {won} {unit} for you.",
    past_cards="Round {round}: {cards} {first} and {second}, stake {stake}, claim {claim}, answer {answer}, "
    "{won} {unit} for you.",
    silent="none",
    claim="Your {cards} are {first} and {second}. What do you claim: {strong} or {weak}?",
    answer="The claim is {claim}. What do you answer: {call} or {fold}?",
)
_BRISK = Wording(
    roles="Your part: {you}. Facing you: {other}.",
    deal="Each of {rounds} rounds deals {claimant} two {cards} between 0 and 9, unseen by {challenger}. "
    "Nine or more in total is {strong}, less is {weak}. First {claimant} announces one of the "
    "two, then {challenger} replies {call} or {fold}. The stake of 1 or 3 {unit} is open.",
    weak="Nothing is won or lost after {weak}.",
    strong="After {strong} and {fold}, {claimant} wins the stake from {challenger}. After {strong} and "
    "{call}, {claimant} wins double the stake if the announcement was right and loses double if not.",
    round="Round {round} of {rounds}, stake {stake}; you stand at {score} {unit}.",
    past="In round {round} (stake {stake}): {claim}, then {answer}; you got {won} {unit}.",
    past_cards="In round {round} (stake {stake}) with {first} and {second}: {claim}, then {answer}; "
    "you got {won} {unit}.",
    silent="no reply",
    claim="You hold {first} and {second}. Announce {strong} or {weak}.",
    answer="Announced: {claim}. Reply {call} or {fold}.",
)
WORDINGS: tuple[Wording | None, ...] = (_PLAIN, None, _BRISK)
"""The wordings by index; None stands for the compact one."""


def segments(look: Look, request: DecisionRequest) -> tuple[Segment, ...]:
    """The prompt of the claimant (phase ``claim``) or the challenger (phase ``answer``)."""
    words = WORDINGS[look.wording]
    if words is None:
        return (Segment("observation", compact(look, request.observation)),)
    seen = request.observation
    cover = COVERS[look.cover]
    story = _story(look, cover, is_claimant=request.phase == "claim")
    rules = [text.format(rounds=seen["rounds"], **story) for text in (words.deal, words.weak, words.strong)]
    return (
        Segment("system", f"{cover.setting} " + words.roles.format(**story)),
        Segment("rules", "\n".join(rules)),
        Segment("observation", "\n".join(_observation(look, words, story, seen))),
        Segment("question", _question(look, words, story, seen)),
    )


def compact(look: Look, seen: Mapping[str, Any]) -> str:
    """The past hands and the present one as symbols, separated by spaces."""
    lines = [(*_open_symbols(hand), hand["claim"], hand["answer"]) for hand in seen["past"]]
    now = (*_open_symbols(seen), *([seen["claim"]] if "claim" in seen else []))
    return " ".join(look.shown(symbol or UNSEEN) for line in (*lines, now) for symbol in line)


def _open_symbols(hand: Mapping[str, Any]) -> tuple[str, ...]:
    """Cards and stake."""
    first, second = hand.get("cards", (UNSEEN, UNSEEN))
    return str(first), str(second), f"x{hand['stake']}"


def _story(look: Look, cover: Cover, *, is_claimant: bool) -> dict[str, str]:
    """What every sentence may name."""
    options = {option: look.shown(option) for option in ("strong", "weak", "call", "fold")}
    parts = (cover.claimant, cover.challenger)
    you, other = parts if is_claimant else parts[::-1]
    names = {"you": you, "other": other, "claimant": cover.claimant, "challenger": cover.challenger}
    return options | names | {"cards": cover.cards, "unit": cover.unit}


def _observation(
    look: Look, words: Wording, story: Mapping[str, str], seen: Mapping[str, Any]
) -> Iterator[str]:
    yield words.round.format(
        round=seen["round"], rounds=seen["rounds"], score=seen["score"], stake=seen["stake"], **story
    )
    for hand in seen["past"]:
        facts = {
            "round": hand["round"],
            "stake": hand["stake"],
            "claim": look.shown(hand["claim"]),
            "answer": look.shown(hand["answer"]) if hand["answer"] else words.silent,
        }
        if "cards" in hand:
            first, second = hand["cards"]
            yield words.past_cards.format(first=first, second=second, won=hand["won"], **facts, **story)
        else:
            yield words.past.format(won=-hand["won"], **facts, **story)


def _question(look: Look, words: Wording, story: Mapping[str, str], seen: Mapping[str, Any]) -> str:
    if "claim" in seen:
        return words.answer.format(**{**story, "claim": look.shown(seen["claim"])})
    first, second = seen["cards"]
    return words.claim.format(first=first, second=second, **story)
