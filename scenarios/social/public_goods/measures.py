"""Measures of the public goods game. A member that sat a round out enters none of that round's rates."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from lab.core.records import Event, Measured, MeasureSpec, Reference, RunRecord
from scenarios.environment import mean
from scenarios.social.public_goods.spec import PublicGoodsParams
from scenarios.social.tallies import GINI, PAYOFF, PerAgentValues, payoffs, stated, tally

NO_GIFT = "no valid contribution"
NO_PAIR = "no member could punish such a target"


def _reveals(record: RunRecord) -> list[Event]:
    return [event for event in record.events if event.kind == "reveal"]


def _shares(record: RunRecord, agent: str) -> Iterator[tuple[int, float]]:
    """(round, share of the endowment given) for each round in which the agent gave."""
    endowment = record.params["endowment"]
    for event in _reveals(record):
        gift = event.payload["contributions"].get(agent)
        if gift is not None:
            yield event.payload["round"], gift / endowment


def _all_rounds(record: RunRecord, agent: str) -> Iterator[float]:
    return (share for _, share in _shares(record, agent))


def _free_riding(record: RunRecord, agent: str) -> Iterator[float]:
    return (float(share == 0) for _, share in _shares(record, agent))


def _in_round(pick: int) -> PerAgentValues:
    """The share given in the first (0) or last (-1) round of the game."""

    def shares(record: RunRecord, agent: str) -> Iterator[float]:
        wanted = (1, record.params["rounds"])[pick]
        return (share for number, share in _shares(record, agent) if number == wanted)

    return shares


def slope(points: Sequence[tuple[float, float]]) -> float | None:
    """The least-squares slope of y on x; None with fewer than two different x."""
    xs, ys = [x for x, _ in points], [y for _, y in points]
    x_mean, y_mean = mean(xs), mean(ys)
    if x_mean is None or y_mean is None or len(set(xs)) < 2:
        return None
    spread = sum((x - x_mean) ** 2 for x in xs)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / spread


def _decay(record: RunRecord) -> Iterator[Measured]:
    by_round: dict[int, list[float]] = {}
    for agent in record.agents:
        for number, share in _shares(record, agent):
            by_round.setdefault(number, []).append(share)
    means = [(number, sum(shares) / len(shares)) for number, shares in sorted(by_round.items())]
    yield stated("decay_slope", slope(means), "fewer than two rounds with a contribution")


def _efficiency(record: RunRecord) -> Iterator[Measured]:
    mpcr, endowment = record.params["mpcr"], record.params["endowment"]
    actives = [len(event.payload["contributions"]) for event in _reveals(record)]
    best = sum(n * endowment * max(1.0, n * mpcr) for n in actives)
    value = sum(payoffs(record).values()) / best if best else None
    yield stated("efficiency", value, NO_GIFT)


def _punishment(*, of_lower: bool) -> PerAgentValues:
    """Points assigned to each target that gave less (or as much and more) than the punisher."""

    def points(record: RunRecord, agent: str) -> Iterator[float]:
        reveals = _reveals(record)
        seqs = [event.seq for event in reveals]
        for decision in record.decisions:
            if decision.phase == "punish" and decision.agent == agent and decision.valid:
                gifts = reveals[bisect_left(seqs, decision.seq) - 1].payload["contributions"]
                for target, n in decision.args.items():
                    if (gifts[target] < gifts[agent]) == of_lower:
                        yield n

    return points


def _spec(
    name: str, about: str, values: PerAgentValues, *references: Reference, reason: str = NO_GIFT
) -> MeasureSpec:
    is_share = "punishment" not in name
    unit = "share of endowment" if is_share else "points per target"
    compute = tally(name, values, reason, share_of="contribute" if is_share else None)
    return MeasureSpec(name, about, unit, compute, references)


START = Reference(
    "40 % to 60 %",
    "Ledyard 1995",
    "review of laboratory studies",
    "first round without punishment and talk; paid for points; mpcr and group size vary",
)
END = Reference(
    "about 10 % to 20 %",
    "Ledyard 1995; Fehr and Gaechter 2000",
    "review; 112 students",
    "last of 10 rounds without punishment and talk; paid for points",
)
PUNISHED = Reference(
    "about 80 %",
    "Fehr and Gaechter 2000",
    "112 students",
    "with punishment, without talk, in fixed groups of 4; "
    "the cost of a point rises there, here it is constant",
)

MEASURES = (
    _spec("contribution_share", "mean share of the endowment given", _all_rounds, PUNISHED),
    _spec("first_share", "mean share given in the first round", _in_round(0), START),
    _spec("last_share", "mean share given in the last round", _in_round(-1), END),
    MeasureSpec(
        "decay_slope",
        "least-squares slope of the round's mean share on the round number",
        "share of endowment per round",
        _decay,
    ),
    MeasureSpec(
        "efficiency",
        "all earnings over the most the group could have earned: all give all, nobody punishes",
        "share",
        _efficiency,
    ),
    MeasureSpec(
        "free_rider_share",
        "share of contributions that are exactly zero",
        "share",
        tally("free_rider_share", _free_riding, NO_GIFT, share_of="contribute"),
    ),
    _spec(
        "prosocial_punishment",
        "mean points assigned to a target that gave less than the punisher (Herrmann et al. 2008)",
        _punishment(of_lower=True),
        reason=NO_PAIR,
    ),
    _spec(
        "antisocial_punishment",
        "mean points assigned to a target that gave as much as the punisher or more (Herrmann et al. 2008)",
        _punishment(of_lower=False),
        reason=NO_PAIR,
    ),
    GINI,
    PAYOFF,
)


def references(params: PublicGoodsParams) -> dict[str, tuple[Reference, ...]]:
    """The human values that fit a game without talk, with or without effective punishment, by measure."""
    if params.talk_rounds:
        return {}
    if params.punish and params.punish.effect:
        return {"contribution_share": (PUNISHED,)}
    last = {"last_share": (END,)} if params.rounds == 10 else {}
    return {"first_share": (START,), **last}
