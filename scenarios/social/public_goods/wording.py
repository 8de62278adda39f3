"""The public goods game in words: two wordings, three cover stories."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab.core.records import DecisionRequest, Segment
from scenarios.look import Look
from scenarios.social.talk import quoted_messages
from scenarios.social.units import EXCHANGES, HOURS, POINTS, ROUNDS, THOUSAND_EUROS, Unit

if TYPE_CHECKING:
    from scenarios.social.public_goods.spec import PublicGoodsParams


@dataclass(frozen=True, slots=True)
class Cover:
    """A story around the pot: who the group is, what a member of it and the pot are, what is counted."""

    setting: str
    member: str
    pot: str
    unit: Unit


COVERS = {
    "neutral": Cover(
        "You are in a group of {n}: {members}. You are {name}.", "member", "the common pot", POINTS
    ),
    "garden": Cover(
        "You share a garden with others; {n} gardeners in all: {members}. You are {name}.",
        "gardener",
        "the shared beds",
        HOURS,
    ),
    "budget": Cover(
        "You lead one of {n} departments: {members}. Yours is {name}.",
        "department",
        "the joint fund",
        THOUSAND_EUROS,
    ),
}


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one wording, filled with `str.format`; `last` is told of the round before this one."""

    aim: str
    endowment: str
    pot: str
    exchange: str
    punish: str
    told: str
    floor: str
    no_floor: str
    round: str
    judged: str
    gift: str
    no_gift: str
    last: str
    received: str
    earned: str
    earned_after: str
    now: str
    silence: str
    talk: str
    contribute: str
    assign: str
    reduction: Unit


WORDINGS = (
    Wording(
        aim="Your aim is to end with as many {units} as you can.",
        endowment="The game has {length}, always with the same {member}s. In each, every {member} gets "
        "{endowment} and decides how many of them to put into {pot}; the rest is kept. All decide at the "
        "same time, then all are shown what each {member} put in.",
        pot="For every {unit} in {pot}, each of the {n} {member}s receives {share}, the one that put it in "
        "too.",
        exchange="Each round begins with {exchanges}: every {member} may write to the whole group, all at "
        "the same time, or say nothing. All see who wrote what before they decide what to put in. No message "
        "is binding.",
        punish="After all are shown what each put in, every {member} may assign up to {most} to each other "
        "{member}, all at the same time. A reduction costs the {member} that assigns it {cost} and takes "
        "{effect} from the {member} it is assigned to.",
        told="Each {member} is told only how many reductions it was assigned in all: not by whom, and not "
        "how many others were assigned.",
        floor="When the earnings of a {member} in a round come out below 0, they count as 0.",
        no_floor="The earnings of a round can be below 0.",
        round="This is round {round} of {rounds}. Your total before it is {score}.",
        judged="This is round {round} of {rounds}. Your total, with this round's income but before its "
        "reductions, is {score}.",
        gift="{member} {amount}",
        no_gift="{member} sat the round out",
        last="{Units} put into {pot} in round {round}: {gifts}.",
        received="In round {round} you were assigned {points}, which took {lost} from you.",
        earned="You earned {earned} in round {round}.",
        earned_after="After reductions and what assigning them cost you, you earned {earned} in round "
        "{round}.",
        now="{Units} put into {pot} in this round: {gifts}. Your income of this round, before reductions, is "
        "{income}.",
        silence="Nobody wrote anything.",
        talk="You may now write a message to the whole group; the others write at the same time.",
        contribute="How many {units} do you put into {pot}?",
        assign="How many reductions do you assign to each of {targets}?",
        reduction=Unit("reduction", "reductions"),
    ),
    Wording(
        aim="Try to collect as many {units} as possible by the end.",
        endowment="The group stays together for {length}. Each round brings every {member} {endowment}; any "
        "number of them can go to {pot}, and the others stay with the {member}. The choices are made at the "
        "same time, without seeing each other; afterwards everybody learns every {member}'s amount.",
        pot="Each {unit} that goes to {pot} brings {share} to each of the {n} {member}s, including the one "
        "that gave it.",
        exchange="A round opens with {exchanges}, in which every {member} can send one text to all others or "
        "stay silent. The texts of an exchange are sent at the same time, and everybody reads them, with the "
        "names of their writers, before giving; they commit nobody to anything.",
        punish="Once the amounts are known, every {member} can give every other {member} up to {most}, all "
        "at the same time. One deduction costs its giver {cost} and its receiver {effect}.",
        told="A {member} learns the sum of the deductions it received, but neither their givers nor what "
        "other {member}s received.",
        floor="A round never brings anyone less than 0; a loss becomes 0.",
        no_floor="A round can bring a loss.",
        round="Round {round} of {rounds} begins. Your total from earlier rounds is {score}.",
        judged="Round {round} of {rounds}, amounts known. Your total, with this round's income but before "
        "its deductions, is {score}.",
        gift="{member}: {amount}",
        no_gift="{member}: not taking part",
        last="Amounts of round {round}, in {units}: {gifts}.",
        received="You received {points} in round {round} and lost {lost} by them.",
        earned="Round {round} brought you {earned}.",
        earned_after="With all deductions and their costs counted, round {round} brought you {earned}.",
        now="Amounts of this round, in {units}: {gifts}. With what you kept, they bring you {income}, before "
        "deductions.",
        silence="No text was sent.",
        talk="This is the time to write to the group; everybody writes at the same time.",
        contribute="How many of your {endowment} go to {pot}?",
        assign="How many deductions do you give to each of {targets}?",
        reduction=Unit("deduction", "deductions"),
    ),
)


def segments(
    params: PublicGoodsParams, look: Look, request: DecisionRequest, *, members: Sequence[str]
) -> tuple[Segment, ...]:
    """The prompt of one member."""
    words, cover = WORDINGS[look.wording], COVERS[look.cover]
    story = _story(params, words, cover, n=len(members))
    seen = request.observation
    setting = cover.setting.format(n=len(members), members=", ".join(members), name=request.agent)
    silence = words.silence if params.talk_rounds and request.phase != "talk" else None
    return (
        Segment("system", f"{setting} " + words.aim.format(**story)),
        Segment("rules", "\n".join(_rules(params, words, story))),
        Segment("observation", "\n".join(_observation(params, words, cover, story, request))),
        *quoted_messages(seen["messages"], reader=request.agent, called=str, silence=silence),
        Segment("question", _question(words, story, request)),
    )


def _story(params: PublicGoodsParams, words: Wording, cover: Cover, *, n: int) -> dict[str, Any]:
    """What every sentence may name."""
    unit, punish = cover.unit, params.punish
    stage = (
        {
            "cost": unit.of(punish.cost),
            "effect": unit.of(punish.effect),
            "most": words.reduction.of(punish.max_points),
        }
        if punish
        else {}
    )
    return stage | {
        "n": n,
        "length": ROUNDS.of(params.rounds),
        "exchanges": EXCHANGES.of(params.talk_rounds),
        "endowment": unit.of(params.endowment),
        "share": unit.of(params.mpcr),
        "pot": cover.pot,
        "member": cover.member,
        "unit": unit.one,
        "units": unit.many,
        "Units": unit.many.capitalize(),
    }


def _rules(params: PublicGoodsParams, words: Wording, story: Mapping[str, Any]) -> Iterator[str]:
    yield words.endowment.format(**story)
    yield words.pot.format(**story)
    if params.talk_rounds:
        yield words.exchange.format(**story)
    if params.punish:
        yield words.punish.format(**story)
        yield words.told.format(**story)
    if params.floor:
        yield words.floor.format(**story)
    elif params.punish:
        yield words.no_floor.format(**story)


def _observation(
    params: PublicGoodsParams,
    words: Wording,
    cover: Cover,
    story: Mapping[str, Any],
    request: DecisionRequest,
) -> Iterator[str]:
    seen, of = request.observation, cover.unit.of
    opening = words.judged if "contributions" in seen else words.round
    yield opening.format(round=seen["round"], rounds=params.rounds, score=of(seen["score"]))
    last = seen["last"]
    if last:
        gifts = _gifts(words, last["contributions"], reader=request.agent)
        yield words.last.format(round=last["round"], gifts=gifts, **story)
        if params.punish:
            points = words.reduction.of(last["points_received"])
            yield words.received.format(round=last["round"], points=points, lost=of(last["points_lost"]))
        earned = words.earned_after if params.punish else words.earned
        yield earned.format(round=last["round"], earned=of(last["earned"]))
    if "contributions" in seen:
        gifts = _gifts(words, seen["contributions"], reader=request.agent)
        yield words.now.format(gifts=gifts, income=of(seen["income"]), **story)


def _gifts(words: Wording, contributions: Mapping[str, int | None], *, reader: str) -> str:
    return ", ".join(
        (words.no_gift if amount is None else words.gift).format(
            member="you" if member == reader else member, amount=amount
        )
        for member, amount in contributions.items()
    )


def _question(words: Wording, story: Mapping[str, Any], request: DecisionRequest) -> str:
    if request.phase == "talk":
        return words.talk
    if request.phase == "contribute":
        return words.contribute.format(**story)
    return words.assign.format(targets=", ".join(request.space.schema()["properties"]))
