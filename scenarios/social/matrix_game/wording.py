"""Matrix games in words: two wordings, three cover stories, options under the names the run shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lab.core.records import DecisionRequest, Segment
from scenarios.look import Look
from scenarios.social.matrix_game.spec import MatrixParams
from scenarios.social.talk import quoted_messages
from scenarios.social.units import BASKETS, EXCHANGES, POINTS, ROUNDS, THOUSAND_EUROS, Unit


@dataclass(frozen=True, slots=True)
class Cover:
    """A story around the table: what it is about, who the other is, what a payoff is counted in."""

    setting: str
    other: str
    unit: Unit


COVERS = {
    "neutral": Cover("You take part in a decision study.", "the other participant", POINTS),
    "garden": Cover("You tend a garden beside a neighbor's.", "your neighbor", BASKETS),
    "budget": Cover("You plan your department's spending.", "the other department", THOUSAND_EUROS),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one wording, filled with `str.format`.

    `another` is what noise puts in the place of a choice: in a game of two options, and in any other.
    """

    task: str
    fixed_end: str
    random_end: str
    cell: str
    noise: str
    another: tuple[str, str]
    exchange: str
    round: str
    open_round: str
    last: str
    skipped: str
    silence: str
    talk: str
    choose: str


WORDINGS = (
    Wording(
        task="In each round you and {other} choose at the same time, without seeing each other's choice; "
        "afterwards both of you are told both choices and payoffs. {Other} is the same in every round. Your "
        "aim is to end with as many {units} as you can.",
        fixed_end="The game has {length}.",
        random_end="After each round, another one follows with a chance of {percent} %, however many were "
        "played.",
        cell="If you choose {own} and {other} chooses {others}, you get {mine} and {other} gets {theirs}.",
        noise="With a chance of {percent} % a choice, yours or that of {other}, is replaced by {another}; "
        "this is drawn for each choice anew. The payoffs, and the choices that both of you are told, are "
        "those after the replacement. Nobody is told that there was one.",
        another=("the other option", "one of the chooser's other options, all equally likely"),
        exchange="Each round begins with {exchanges}: both of you may write to the other, at the same time, "
        "or say nothing. Both read what was written before they choose. No message is binding.",
        round="This is round {round} of {rounds}. So far you have {score}.",
        open_round="This is round {round}. Another one follows it with a chance of {percent} %. So far you "
        "have {score}.",
        last="In round {round} you played {own} and {other} played {others}: you got {mine}, {other} got "
        "{theirs}.",
        skipped="Round {round} was not played, because a choice was missing.",
        silence="Nobody wrote anything.",
        talk="You may now send a message to {other}, who may send one to you at the same time.",
        choose="Which option do you choose?",
    ),
    Wording(
        task="You and {other} each pick an option per round. Neither knows the other's pick beforehand; "
        "afterwards both learn both picks and what they brought. {Other} stays the same throughout. Try to "
        "collect as many {units} as possible by the end.",
        fixed_end="There will be {length}.",
        random_end="Each round is followed by one more with probability {percent} %, however many there "
        "were.",
        cell="Your {own} against {other}'s {others}: {mine} for you, {theirs} for {other}.",
        noise="With probability {percent} % a pick of either side turns into {another}, independently each "
        "time. What both sides get, and what both learn, goes by the changed pick; neither side is told of "
        "the change.",
        another=("the other option", "one of that side's other options, all equally likely"),
        exchange="A round opens with {exchanges}: each side can send the other a text or stay silent, both "
        "at the same time. Both read the texts before they pick; the texts commit nobody to anything.",
        round="Round {round} of {rounds} begins. Your total is {score}.",
        open_round="Round {round} begins; one more follows with probability {percent} %. Your total is "
        "{score}.",
        last="Round {round} was {own} by you and {others} by {other}, worth {mine} to you and {theirs} to "
        "{other}.",
        skipped="A pick was missing in round {round}; it does not count.",
        silence="No text was sent.",
        talk="You and {other} can now each write one message, at the same time.",
        choose="What do you pick?",
    ),
)


def segments(params: MatrixParams, look: Look, request: DecisionRequest, *, seat: int) -> tuple[Segment, ...]:
    """The prompt of the agent in seat 0 (rows) or 1 (columns)."""
    words, cover = WORDINGS[look.wording], COVERS[look.cover]
    seen = request.observation
    other = cover.other.capitalize()
    story = {"other": cover.other, "Other": other, "units": cover.unit.many}
    silence = words.silence if params.talk_rounds and request.phase != "talk" else None
    question = words.talk if request.phase == "talk" else words.choose
    return (
        Segment("system", f"{cover.setting} " + words.task.format(**story)),
        Segment("rules", "\n".join(_rules(params, look, words, story, seat))),
        Segment("observation", "\n".join(_observation(params, look, words, story, seen))),
        *quoted_messages(seen["messages"], reader=request.agent, called=lambda _: other, silence=silence),
        Segment("question", question.format(**story)),
    )


def _rules(
    params: MatrixParams, look: Look, words: Wording, story: Mapping[str, str], seat: int
) -> Iterator[str]:
    unit = COVERS[look.cover].unit
    own, others = params.option_names[seat], params.option_names[1 - seat]
    for mine in own:
        for theirs in others:
            points = params.points(mine, theirs) if seat == 0 else params.points(theirs, mine)
            yield words.cell.format(
                own=look.shown(mine),
                others=look.shown(theirs),
                mine=unit.of(points[seat]),
                theirs=unit.of(points[1 - seat]),
                **story,
            )
    if params.rounds is not None:
        yield words.fixed_end.format(length=ROUNDS.of(params.rounds))
    else:
        yield words.random_end.format(percent=_percent(params.continue_p))
    if params.noise:
        another = words.another[0] if len(own) == len(others) == 2 else words.another[1]
        yield words.noise.format(percent=_percent(params.noise), another=another, **story)
    if params.talk_rounds:
        yield words.exchange.format(exchanges=EXCHANGES.of(params.talk_rounds))


def _observation(
    params: MatrixParams, look: Look, words: Wording, story: Mapping[str, str], seen: Mapping[str, Any]
) -> Iterator[str]:
    unit = COVERS[look.cover].unit
    score = unit.of(seen["score"])
    if params.rounds is not None:
        yield words.round.format(round=seen["round"], rounds=params.rounds, score=score)
    else:
        percent = _percent(params.continue_p)
        yield words.open_round.format(round=seen["round"], percent=percent, score=score)
    last = seen["last"]
    last_round = last["round"] if last else 0
    if last:
        yield words.last.format(
            round=last_round,
            own=look.shown(last["own"]),
            others=look.shown(last["other"]),
            mine=unit.of(last["own_points"]),
            theirs=unit.of(last["other_points"]),
            **story,
        )
    for missed in range(last_round + 1, seen["round"]):
        yield words.skipped.format(round=missed)


def _percent(chance: float | None) -> str:
    return f"{100 * (chance or 0):g}"
