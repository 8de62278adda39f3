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
from scenarios.social.units import BASKETS, POINTS, ROUNDS, THOUSAND_EUROS, Unit

COMPACT = 1
UNSEEN = "?"


@dataclass(frozen=True, slots=True)
class Cover:
    """A story around the hand: the setting, who the two are, what is drawn, judged and paid."""

    setting: str
    claimant: str
    challenger: str
    cards: str
    hand: str
    unit: Unit


COVERS = {
    "neutral": Cover("This is a game for two.", "the claimant", "the challenger", "cards", "hand", POINTS),
    "garden": Cover(
        "Two gardeners bet on harvests.", "the grower", "the neighbor", "yields", "harvest", BASKETS
    ),
    "budget": Cover(
        "Two departments settle a budget.",
        "the applicant",
        "the auditor",
        "figures",
        "request",
        THOUSAND_EUROS,
    ),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one wording, filled with `str.format`; `strong` for claimant and challenger."""

    roles: str
    deal: str
    hand: str
    stake: str
    weak: str
    strong: tuple[str, str]
    sums: str
    round: str
    past: str
    past_cards: str
    skipped: str
    silent: str
    claim: str
    answer: str
    answer_weak: str


_PLAIN = Wording(
    roles="You are {you} in every round; the other, always the same, is {other}. Your aim is to end with as "
    "many {units} as you can.",
    deal="The game has {length}. In each, {claimant} gets two {cards}, drawn anew: each is a number from 0 "
    "to 9, all equally likely. {Claimant} alone sees them; {challenger} is never shown them, not even later.",
    hand="The {hand} is {strong} if its two {cards} sum to 9 or more, otherwise it is {weak}. {Claimant} "
    "claims that it is {strong} or that it is {weak}, and need not tell the truth. Then {challenger}, who is "
    "told the claim, answers {call} or {fold}.",
    stake="The stake of a round is 1 or 3 {units}, equally likely. Both know it before they choose.",
    weak="If the claim is {weak}, nobody pays anything: the answer then changes nothing.",
    strong=(
        "If you claim {strong} and {challenger} answers {fold}, {challenger} pays you the stake. If "
        "{challenger} answers {call}, {challenger} pays you twice the stake when your claim is true, and you "
        "pay {challenger} twice the stake when it is false.",
        "If the claim is {strong} and you answer {fold}, you pay {claimant} the stake. If you answer {call}, "
        "you pay {claimant} twice the stake when the claim is true, and {claimant} pays you twice the stake "
        "when it is false.",
    ),
    sums="What one gets, the other pays, and a total may fall below 0. Only the payment after {call} shows "
    "{challenger} whether a claim of {strong} was true.",
    round="This is round {round} of {rounds}. Your total is {score}. The stake is {stake}.",
    past="Round {round}: stake {stake}, claim {claim}, answer {answer}, {won} for you.",
    past_cards="Round {round}: {cards} {first} and {second}, stake {stake}, claim {claim}, answer {answer}, "
    "{won} for you.",
    skipped="Round {round} was not played, because there was no claim.",
    silent="none",
    claim="Your {cards} are {first} and {second}. What do you claim?",
    answer="The claim is {claim}. What do you answer?",
    answer_weak="The claim is {claim}, so nobody pays, whatever you answer. What do you answer?",
)
_BRISK = Wording(
    roles="Your part all the time: {you}. Always facing you: {other}. Try to finish with as many {units} as "
    "possible.",
    deal="The game lasts {length}. Each one deals {claimant} two fresh {cards}, either of them any number "
    "from 0 to 9 with equal chance. {Claimant} sees them, {challenger} does not and never will.",
    hand="Nine or more in total makes the {hand} {strong}, less makes it {weak}. First {claimant} announces "
    "one of the two, rightly or wrongly; then {challenger}, knowing the announcement, replies {call} or "
    "{fold}.",
    stake="The stake, 1 or 3 {units} with equal chance, is open to both from the start of the round.",
    weak="After {weak} nothing is paid, so the reply makes no difference.",
    strong=(
        "After {strong} and {fold} you receive the stake from {challenger}. After {strong} and {call} you "
        "receive double the stake from {challenger} if your announcement was right, and pay {challenger} "
        "double the stake if it was wrong.",
        "After {strong} and {fold} you pay the stake to {claimant}. After {strong} and {call} you pay "
        "{claimant} double the stake if the announcement was right, and receive double the stake from "
        "{claimant} if it was wrong.",
    ),
    sums="One side's gain is the other's loss; totals can become negative. {Challenger} finds out whether "
    "{strong} was right from what is paid after {call}, and in no other way.",
    round="Round {round} of {rounds}, stake {stake}; you stand at {score}.",
    past="In round {round} (stake {stake}): {claim}, then {answer}; {won} for you.",
    past_cards="In round {round} (stake {stake}) with {first} and {second}: {claim}, then {answer}; {won} "
    "for you.",
    skipped="In round {round} nothing was announced; it does not count.",
    silent="no reply",
    claim="Your {cards} are {first} and {second}. What do you announce?",
    answer="Announced: {claim}. What do you reply?",
    answer_weak="Announced: {claim}. Nothing is paid, whatever you reply. What do you reply?",
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
    is_claimant = request.phase == "claim"
    story = _story(look, cover, is_claimant=is_claimant)
    payments = words.strong[0] if is_claimant else words.strong[1]
    rules = (words.deal, words.hand, words.stake, words.weak, payments, words.sums)
    told = [text.format(length=ROUNDS.of(seen["rounds"]), **story) for text in rules]
    return (
        Segment("system", f"{cover.setting} " + words.roles.format(**story)),
        Segment("rules", "\n".join(told)),
        Segment("observation", "\n".join(_observation(look, words, cover, story, seen))),
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
    names = {
        "you": you,
        "other": other,
        "claimant": cover.claimant,
        "challenger": cover.challenger,
        "Claimant": cover.claimant.capitalize(),
        "Challenger": cover.challenger.capitalize(),
    }
    return options | names | {"cards": cover.cards, "hand": cover.hand, "units": cover.unit.many}


def _observation(
    look: Look, words: Wording, cover: Cover, story: Mapping[str, str], seen: Mapping[str, Any]
) -> Iterator[str]:
    yield words.round.format(
        round=seen["round"],
        rounds=seen["rounds"],
        score=cover.unit.of(seen["score"]),
        stake=cover.unit.of(seen["stake"]),
    )
    hands = {hand["round"]: hand for hand in seen["past"]}
    for number in range(1, seen["round"]):
        if number in hands:
            yield _past(look, words, cover, story, hands[number])
        else:
            yield words.skipped.format(round=number)


def _past(look: Look, words: Wording, cover: Cover, story: Mapping[str, str], hand: Mapping[str, Any]) -> str:
    """A past hand from the reader's side: who sees no cards is the challenger."""
    facts = {
        "round": hand["round"],
        "stake": cover.unit.of(hand["stake"]),
        "claim": look.shown(hand["claim"]),
        "answer": look.shown(hand["answer"]) if hand["answer"] else words.silent,
    }
    if "cards" not in hand:
        return words.past.format(won=cover.unit.of(-hand["won"]), **facts)
    first, second = hand["cards"]
    won = cover.unit.of(hand["won"])
    return words.past_cards.format(first=first, second=second, won=won, **facts, **story)


def _question(look: Look, words: Wording, story: Mapping[str, str], seen: Mapping[str, Any]) -> str:
    if "claim" in seen:
        words_of_answer = words.answer_weak if seen["claim"] == "weak" else words.answer
        return words_of_answer.format(claim=look.shown(seen["claim"]))
    first, second = seen["cards"]
    return words.claim.format(first=first, second=second, **story)
