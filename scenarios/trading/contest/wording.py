"""The contest in words: two wordings of the same facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.core.canonical import canonical
from lab.core.records import DecisionRequest, Segment
from scenarios.look import Look
from scenarios.trading.contest.market import CASH, options

if TYPE_CHECKING:
    from scenarios.trading.contest.spec import ContestParams


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one wording, filled with `str.format`."""

    role: str
    aim: Mapping[str, str]
    session: str
    choices: str
    long: str
    short: str
    cash: str
    costs: str
    free: str
    capital: str
    news: str
    silence: str
    now: str
    prices: str
    held: str
    result: str
    no_result: str
    item: str
    question: str


WORDINGS = (
    Wording(
        role="You are {name}, one of {n} traders.",
        aim={
            "fund": "All trade for one fund, and you are paid the return of your position on the share of "
            "the capital that the fund gives you. Your aim is to earn as much as you can for yourself, all "
            "sessions together.",
            "league": "Each trades on an account of its own, and you are paid its return. Your aim is to "
            "earn as much as you can over all sessions.",
        },
        session="There are {sessions} sessions. Before each one opens, every trader chooses one position, "
        "unseen by the others. It is taken at the opening price of the session, which nobody knows yet, and "
        "held until the next session opens. No trader's choice moves a price.",
        choices="The positions:",
        long="{option}: earns what {asset} gains, loses what it falls.",
        short="{option}: earns what {asset} falls, loses what it gains.",
        cash="{option}: earns nothing and loses nothing.",
        costs="Trading costs {cost} basis points (hundredths of a percent) of the value bought or sold. "
        "Keeping a position is free; changing from one to the opposite or to another asset is two trades. "
        "Your results are told after costs.",
        free="Trading is free of charge.",
        capital="Before each session the capital is divided among the traders, by their results so far as "
        "they are known by then. Yours is {percent} percent in this session.",
        news="News items may be right, wrong or about nothing; each may concern the prices of its asset.",
        silence="There is no news.",
        now="Session {session} of {sessions} is about to open.",
        prices="Opening prices of {asset} up to now, oldest first: {prices}",
        held="Your position of the last session: {held}.",
        result="Session {session}: {held}, {bp} basis points.",
        no_result="None of your results is known yet: a session is settled at the opening after it, and you "
        "choose before that.",
        item="{headline} {body} (session {session})",
        question="Which position do you take?",
    ),
    Wording(
        role="{n} traders take part; your name is {name}.",
        aim={
            "fund": "The traders share one fund. What you are paid is your position's return times the part "
            "of the capital you were given. Try to be paid as much as possible in the end.",
            "league": "Every trader has its own account. What you are paid is the return of yours. Try to be "
            "paid as much as possible in the end.",
        },
        session="Trading lasts {sessions} sessions. You pick one position for a session before its opening "
        "price is known; you get it at that price and keep it until the following opening. The others pick "
        "at the same time. Prices do not react to anyone's picks.",
        choices="You can pick:",
        long="{option}, which pays off when {asset} rises and costs you when it falls;",
        short="{option}, which pays off when {asset} falls and costs you when it rises;",
        cash="{option}, which changes nothing.",
        costs="Every purchase or sale costs {cost} basis points of its value (a basis point is a hundredth "
        "of a percent). Staying put costs nothing; switching sides or assets counts twice. Results already "
        "contain these costs.",
        free="There are no trading costs.",
        capital="The capital is shared out anew before each opening, according to what is known of "
        "everybody's results. Your present part: {percent} percent.",
        news="Items of news can be true, false or empty, and may bear on the asset they name.",
        silence="No news so far.",
        now="Coming up: session {session} of {sessions}.",
        prices="{asset}, opening prices up to now, from old to new: {prices}",
        held="Last session you had {held}.",
        result="In session {session} you had {held}: {bp} basis points.",
        no_result="Your results are not known yet; each is settled at the following opening, and you pick "
        "before that.",
        item="In session {session}: {headline} {body}",
        question="Which one do you pick?",
    ),
)


def segments(params: ContestParams, look: Look, request: DecisionRequest, *, n: int) -> tuple[Segment, ...]:
    """The prompt of one trader; sessions are counted from 1 in words."""
    words, seen = WORDINGS[look.wording], request.observation
    role = words.role.format(name=request.agent, n=n)
    return (
        Segment("system", f"{role} {words.aim[params.mode]}"),
        Segment("rules", "\n".join(_rules(params, look, words, seen))),
        Segment("observation", "\n".join(_observation(look, words, seen))),
        *_news(params, words, seen["news"]),
        Segment("question", words.question),
    )


def _rules(params: ContestParams, look: Look, words: Wording, seen: Mapping[str, Any]) -> Iterator[str]:
    yield words.session.format(sessions=seen["sessions"])
    yield words.choices
    *sides, cash = (*options(tuple(seen["prices"]))[1:], CASH)
    for option in sides:
        side, asset = option.split(" ")
        text = words.long if side == "long" else words.short
        yield text.format(option=look.shown(option), asset=asset)
    yield words.cash.format(option=look.shown(cash))
    yield words.costs.format(cost=f"{params.cost_bp:g}") if params.cost_bp else words.free
    if params.news:
        yield words.news


def _observation(look: Look, words: Wording, seen: Mapping[str, Any]) -> Iterator[str]:
    yield words.now.format(session=seen["session"] + 1, sessions=seen["sessions"])
    for asset, cents in seen["prices"].items():
        prices = " ".join(f"{price / 100:.2f}" for price in cents)
        yield words.prices.format(asset=asset, prices=prices)
    if seen["session"]:
        yield words.held.format(held=look.shown(seen["held"]))
    for result in seen["results"]:
        yield words.result.format(
            session=result["session"] + 1,
            held=look.shown(result["position"]),
            bp=f"{result['return_bp']:+.1f}",
        )
    if not seen["results"]:
        yield words.no_result
    yield words.capital.format(percent=f"{100 * seen['weight']:.4g}")


def _news(params: ContestParams, words: Wording, items: Sequence[Mapping[str, Any]]) -> Iterator[Segment]:
    """Each item in a segment of its own, its texts quoted as JSON so that none can pass for a rule."""
    if params.news and not items:
        yield Segment("news", words.silence)
    for item in items:
        facts = {"headline": canonical(item["headline"]), "body": canonical(item["body"])}
        yield Segment(f"news {item['id']}", words.item.format(session=item["session"] + 1, **facts))
