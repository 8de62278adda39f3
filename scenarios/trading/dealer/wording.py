"""Dealer in words for people, and as one line of symbols for small models trained on it.

Wordings 0 and 2 are sentences; they tell the fills and leave the adding up to the reader. Wording 1 is
compact: per step ``price fill skew``, the present step up to the fill; ``?`` is a step without an answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lab.core.records import DecisionRequest, Segment
from scenarios.look import Look

COMPACT = 1
UNANSWERED = "?"
MOVES = {-1: "down", 0: "flat", 1: "up"}

Seen = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one wording, filled with `str.format`; moves and fills by their symbols."""

    system: str
    rules: tuple[str, ...]
    now: str
    past: str
    silent: str
    moves: Mapping[int, str]
    fills: Mapping[str, str]
    question: str


_PLAIN = Wording(
    system="You are a dealer in a market for one good. Your aim is to end with as many points as you can.",
    rules=(
        "There are {steps} steps. In each, the market price first moves by 1 point up, by 1 point down or "
        "not at all, all equally likely, and nobody can foresee it.",
        "You always offer to buy one unit at 3 points below the market price and to sell one unit at 3 "
        "points above it. Your only choice is the skew, from -2 to +2 points: it is added to both of your "
        "prices.",
        "In each step at most one unit is traded at your prices. With skew 0 the chance that you buy one "
        "is 35 % and the chance that you sell one is 35 %. With skew +2 they are 55 % and 15 %, with skew "
        "+1 45 % and 25 %, with skew -1 25 % and 45 %, with skew -2 15 % and 55 %.",
        "Your inventory is what you bought less what you sold since the beginning, where it was 0. It may "
        "fall below 0: then you owe units. At 6 units held you buy no more, at 6 units owed you sell no "
        "more. You are told every trade; nobody adds them up for you.",
        "A trade earns the distance between your price and the market price: with skew 0 that is 3 points; "
        "with skew +1, buying earns 2 and selling 4. Each unit you hold when the price moves earns the move, "
        "each unit you owe loses it. At the end of a step every unit that you hold or owe costs {holding}.",
        "The skew you choose holds for the next trade. Your first trade, before any choice, has skew 0.",
    ),
    now="Step {step} of {steps}. Your total is {score}. {move} {fill}",
    past="Step {step}: {move} {fill} Then you chose skew {skew}.",
    silent="Step {step}: {move} {fill} Then you gave no valid answer, so the skew was 0.",
    moves={-1: "The price fell by 1.", 0: "The price did not move.", 1: "The price rose by 1."},
    fills={"buy": "You bought one unit.", "sell": "You sold one unit.", "none": "You did not trade."},
    question="Which skew do you choose?",
)
_BRISK = Wording(
    system="You make the market in one good; try to finish with as many points as possible.",
    rules=(
        "{steps} steps are played. A step opens with a move of the market price: +1, 0 or -1, each with "
        "chance one third, unrelated to anything before.",
        "Your bid, at which you buy, stands 3 points under the market price; your ask, at which you sell, 3 "
        "points over it. You set the skew, a number from -2 to +2, by which bid and ask are both shifted.",
        "After the move one unit at most changes hands: a purchase of yours with chance 35 % plus 10 % times "
        "the skew, a sale with chance 35 % less 10 % times the skew, else nothing.",
        "Purchases less sales so far are your position, at first 0, possibly negative, never beyond 6 either "
        "way (a trade that would take it beyond does not happen). Trades are reported, the position is not.",
        "A purchase earns 3 points less the skew, a sale 3 points plus the skew. A price move earns move "
        "times position. Afterwards the position, taken without its sign, costs {holding} per unit.",
        "A skew applies to the next step's trade; the first trade of all happens at skew 0.",
    ),
    now="Now step {step} of {steps}. You stand at {score}. {move} {fill}",
    past="In step {step}: {move} {fill} Skew chosen: {skew}.",
    silent="In step {step}: {move} {fill} No valid answer; skew 0 applied.",
    moves={-1: "Price -1.", 0: "Price unchanged.", 1: "Price +1."},
    fills={"buy": "A purchase.", "sell": "A sale.", "none": "No trade."},
    question="What skew do you set?",
)
WORDINGS: tuple[Wording | None, ...] = (_PLAIN, None, _BRISK)
"""The wordings by index; None stands for the compact one."""


def segments(look: Look, request: DecisionRequest) -> tuple[Segment, ...]:
    """The dealer's prompt."""
    words = WORDINGS[look.wording]
    seen = request.observation
    if words is None:
        return (Segment("observation", compact(seen)),)
    holding = "nothing" if not seen["holding"] else _points(seen["holding"])
    rules = (text.format(steps=seen["steps"], holding=holding) for text in words.rules)
    return (
        Segment("system", words.system),
        Segment("rules", "\n".join(rules)),
        Segment("observation", "\n".join(_observation(words, seen))),
        Segment("question", words.question),
    )


def compact(seen: Seen) -> str:
    """The past steps and the present one as symbols, separated by spaces."""
    past = (f"{MOVES[one['move']]} {one['fill']} {one['skew'] or UNANSWERED}" for one in seen["past"])
    return " ".join((*past, f"{MOVES[seen['move']]} {seen['fill']}"))


def _observation(words: Wording, seen: Seen) -> Iterator[str]:
    for step, one in enumerate(seen["past"], 1):
        told = words.silent if one["skew"] is None else words.past
        yield told.format(step=step, skew=one["skew"], **_trade(words, one))
    yield words.now.format(
        step=seen["step"], steps=seen["steps"], score=_points(seen["score"]), **_trade(words, seen)
    )


def _trade(words: Wording, one: Seen) -> dict[str, str]:
    return {"move": words.moves[one["move"]], "fill": words.fills[one["fill"]]}


def _points(count: int) -> str:
    return f"{count} {'point' if abs(count) == 1 else 'points'}"
