"""The public goods game in words: two wordings, three cover stories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.core.records import DecisionRequest, Segment
from scenarios.look import Look
from scenarios.social.talk import quoted_messages

if TYPE_CHECKING:
    from scenarios.social.public_goods.spec import PublicGoodsParams


@dataclass(frozen=True, slots=True)
class Cover:
    """A story around the pot: who the group is, what the pot is, what is counted."""

    setting: str
    pot: str
    unit: str


COVERS = {
    "neutral": Cover("You are in a group of {n}: {members}. You are {name}.", "the common pot", "points"),
    "garden": Cover(
        "You share a garden with others; {n} gardeners in all: {members}. You are {name}.",
        "the shared beds",
        "hours",
    ),
    "budget": Cover(
        "You lead one of {n} departments: {members}. Yours is {name}.", "the joint fund", "thousand euros"
    ),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one wording, filled with `str.format`."""

    endowment: str
    pot: str
    punish: str
    floor: str
    round: str
    given: str
    last: str
    received: str
    now: str
    talk: str
    contribute: str
    assign: str


WORDINGS = (
    Wording(
        endowment="There are {rounds} rounds. In each, every member gets {endowment} {unit} and decides "
        "how many to put into {pot}; the rest is kept.",
        pot="Each member then gets {mpcr} {unit} back for every one of the {unit} in {pot}, whoever gave it.",
        punish="After seeing who gave what, each member may assign 0 to {most} reduction points to each "
        "other member. A reduction point costs who assigns it {cost} and takes {effect} from its target "
        "({unit}).",
        floor="Nobody's earnings of a round fall below 0.",
        round="This is round {round} of {rounds}. So far you have earned {score} {unit}.",
        given="{member} gave {gift}",
        last="In round {round}: {gifts}. You earned {earned} {unit} in that round.",
        received="You were assigned {points} reduction points, which took {lost} {unit} from you.",
        now="In this round: {gifts}. Your income before reductions is {income} {unit}.",
        talk="You may now write a message to the whole group; the others write at the same time.",
        contribute="How many {unit} do you put into {pot}? Answer with a whole number from 0 to {endowment}.",
        assign="How many reduction points do you assign to each of {targets}? "
        "Answer with a whole number from 0 to {most} for each.",
    ),
    Wording(
        endowment="The group meets for {rounds} rounds. Each round brings every member {endowment} {unit}, "
        "of which any number can go to {pot} and the others stay with the member.",
        pot="Whatever lies in {pot} is multiplied so that each member receives {mpcr} {unit} per unit in it.",
        punish="Once the amounts are known, each member can give every other member between 0 and {most} "
        "deductions. One deduction costs its giver {cost} and its receiver {effect} ({unit}).",
        floor="A round never leaves anyone with less than 0.",
        round="Round {round} of {rounds} begins; your total is {score} {unit}.",
        given="{member}: {gift}",
        last="Amounts of round {round}: {gifts}. That round brought you {earned} {unit}.",
        received="You received {points} deductions and lost {lost} {unit} by them.",
        now="Amounts of this round: {gifts}. You hold {income} {unit} from it so far.",
        talk="This is the time to say something to the group, all at once.",
        contribute="Which amount of your {endowment} {unit} goes to {pot}? "
        "Give a whole number, 0 to {endowment}.",
        assign="How many deductions go to each of {targets}? Give a whole number, 0 to {most}, for each.",
    ),
)


def segments(
    params: PublicGoodsParams, look: Look, request: DecisionRequest, *, members: Sequence[str]
) -> tuple[Segment, ...]:
    """The prompt of one member."""
    words, cover = WORDINGS[look.wording], COVERS[look.cover]
    story = _story(params, cover)
    seen = request.observation
    system = cover.setting.format(n=len(members), members=", ".join(members), name=request.agent)
    return (
        Segment("system", system),
        Segment("rules", "\n".join(_rules(params, words, story))),
        Segment("observation", "\n".join(_observation(words, story, seen))),
        *quoted_messages(seen["messages"], reader=request.agent, called=str),
        Segment("question", _question(words, story, request)),
    )


def _story(params: PublicGoodsParams, cover: Cover) -> dict[str, Any]:
    """What every sentence may name."""
    punish = params.punish
    stage = (
        {"cost": f"{punish.cost:g}", "effect": f"{punish.effect:g}", "most": punish.max_points}
        if punish
        else {}
    )
    common = {"rounds": params.rounds, "endowment": params.endowment, "mpcr": f"{params.mpcr:g}"}
    return common | stage | {"pot": cover.pot, "unit": cover.unit}


def _rules(params: PublicGoodsParams, words: Wording, story: Mapping[str, Any]) -> Iterator[str]:
    yield words.endowment.format(**story)
    yield words.pot.format(**story)
    if params.punish:
        yield words.punish.format(**story)
    if params.floor:
        yield words.floor.format(**story)


def _observation(words: Wording, story: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    yield words.round.format(round=seen["round"], score=f"{seen['score']:g}", **story)
    last = seen["last"]
    if last:
        gifts, earned = _gifts(words, last["contributions"]), f"{last['earned']:g}"
        yield words.last.format(round=last["round"], gifts=gifts, earned=earned, **story)
        if last["points_received"]:
            lost = f"{last['points_lost']:g}"
            yield words.received.format(points=last["points_received"], lost=lost, **story)
    if "contributions" in seen:
        gifts, income = _gifts(words, seen["contributions"]), f"{seen['income']:g}"
        yield words.now.format(gifts=gifts, income=income, **story)


def _gifts(words: Wording, contributions: Mapping[str, int | None]) -> str:
    shown = {member: "no amount" if gift is None else gift for member, gift in contributions.items()}
    return ", ".join(words.given.format(member=member, gift=gift) for member, gift in shown.items())


def _question(words: Wording, story: Mapping[str, Any], request: DecisionRequest) -> str:
    if request.phase == "talk":
        return words.talk.format(**story)
    if request.phase == "contribute":
        return words.contribute.format(**story)
    targets = ", ".join(name for name in request.space.schema()["properties"])
    return words.assign.format(targets=targets, **story)
