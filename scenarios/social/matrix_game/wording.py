"""Matrix games in words: two wordings, three cover stories, options under the names the run shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lab.core.records import DecisionRequest, Segment
from scenarios.look import Look
from scenarios.social.matrix_game.spec import MatrixParams
from scenarios.social.talk import quoted_messages


@dataclass(frozen=True, slots=True)
class Cover:
    """A story around the table: what it is about, who the other is, what a payoff is counted in."""

    setting: str
    other: str
    unit: str


COVERS = {
    "neutral": Cover("You take part in a decision study.", "the other participant", "points"),
    "garden": Cover("You tend a garden beside a neighbour's.", "your neighbour", "baskets"),
    "budget": Cover("You plan your department's spending.", "the other department", "thousand euros"),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one wording, filled with `str.format`."""

    task: str
    fixed_end: str
    random_end: str
    cell: str
    noise: str
    round: str
    last: str
    skipped: str
    talk: str
    choose: str


WORDINGS = (
    Wording(
        task="In each round you and {other} choose at the same time, without seeing each other's choice.",
        fixed_end="There are {rounds} rounds.",
        random_end="After each round, another one follows with a chance of {percent} %.",
        cell="If you choose {own} and {other} chooses {others}, you get {mine} {unit} "
        "and {other} gets {theirs}.",
        noise="With a chance of {percent} % a choice is carried out as another option.",
        round="This is round {round}. So far you have {score} {unit}.",
        last="In round {round} you played {own} and {other} played {others}: "
        "you got {mine} {unit}, {other} got {theirs}.",
        skipped="Round {round} was not played, because a choice was missing.",
        talk="You may now send a message to {other}, who may send one to you at the same time.",
        choose="Which option do you choose: {options}?",
    ),
    Wording(
        task="You and {other} each pick an option per round; neither knows the other's pick beforehand.",
        fixed_end="The number of rounds is {rounds}.",
        random_end="Each round is followed by one more with probability {percent} %.",
        cell="{own} against {others}: {mine} {unit} for you, {theirs} for {other}.",
        noise="A pick turns into another option with probability {percent} %.",
        round="Round {round} begins. Your total is {score} {unit}.",
        last="Round {round} was {own} by you and {others} by {other}, "
        "worth {mine} {unit} to you and {theirs} to {other}.",
        skipped="A pick was missing in round {round}; it does not count.",
        talk="Before picking, you and {other} can each write one message.",
        choose="Your pick, out of {options}?",
    ),
)


def segments(params: MatrixParams, look: Look, request: DecisionRequest, *, seat: int) -> tuple[Segment, ...]:
    """The prompt of the agent in seat 0 (rows) or 1 (columns)."""
    words, cover = WORDINGS[look.wording], COVERS[look.cover]
    seen = request.observation
    story = {"other": cover.other, "unit": cover.unit}
    system = f"{cover.setting} " + words.task.format(**story)
    return (
        Segment("system", system),
        Segment("rules", "\n".join(_rules(params, look, words, story, seat))),
        Segment("observation", "\n".join(_observation(look, words, story, seen))),
        *quoted_messages(seen["messages"], reader=request.agent, called=lambda _: cover.other.capitalize()),
        Segment("question", _question(look, words, story, request)),
    )


def _rules(
    params: MatrixParams, look: Look, words: Wording, story: Mapping[str, str], seat: int
) -> Iterator[str]:
    own, others = params.option_names[seat], params.option_names[1 - seat]
    for mine in own:
        for theirs in others:
            points = params.points(mine, theirs) if seat == 0 else params.points(theirs, mine)
            yield words.cell.format(
                own=look.shown(mine),
                others=look.shown(theirs),
                mine=f"{points[seat]:g}",
                theirs=f"{points[1 - seat]:g}",
                **story,
            )
    if params.continue_p is None:
        yield words.fixed_end.format(rounds=params.rounds)
    else:
        yield words.random_end.format(percent=f"{100 * params.continue_p:g}")
    if params.noise:
        yield words.noise.format(percent=f"{100 * params.noise:g}")


def _observation(
    look: Look, words: Wording, story: Mapping[str, str], seen: Mapping[str, Any]
) -> Iterator[str]:
    yield words.round.format(round=seen["round"], score=f"{seen['score']:g}", **story)
    last = seen["last"]
    last_round = last["round"] if last else 0
    if last:
        yield words.last.format(
            round=last_round,
            own=look.shown(last["own"]),
            others=look.shown(last["other"]),
            mine=f"{last['own_points']:g}",
            theirs=f"{last['other_points']:g}",
            **story,
        )
    for missed in range(last_round + 1, seen["round"]):
        yield words.skipped.format(round=missed)


def _question(look: Look, words: Wording, story: Mapping[str, str], request: DecisionRequest) -> str:
    if request.phase == "talk":
        return words.talk.format(**story)
    options = ", ".join(look.shown(option) for option in request.observation["options"])
    return words.choose.format(options=options, **story)
