"""Measures of matrix games, computed from the played rounds of a run.

Rates of cooperation need two options each; there the first option is C, the second D. What an agent *did* is
its choice before noise; what it *answered to* is what was really played, as it saw it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from lab.core.records import Measured, MeasureSpec, Reference, RunRecord
from scenarios.social.matrix_game.spec import MatrixParams
from scenarios.social.tallies import (
    GINI,
    PAYOFF,
    PerAgentValues,
    contrast,
    payoffs,
    stated,
    tally,
)

TWO_OPTIONS = "no such moment among the played rounds, or not a game of two options each"


class Round(NamedTuple):
    """A played round from one agent's side; True is C, the first option."""

    number: int
    chose: bool
    own: bool
    other: bool


def rounds(record: RunRecord, agent: str) -> list[Round]:
    """The played rounds in order, as `agent` lived them; none unless both have two options."""
    params = MatrixParams.model_validate(record.params)
    options = dict(zip(record.agents, params.option_names, strict=True))
    if any(len(names) != 2 for names in options.values()):
        return []
    (other,) = (name for name in record.agents if name != agent)
    return [
        Round(
            number=event.payload["round"],
            chose=event.payload["chosen"][agent] == options[agent][0],
            own=event.payload["played"][agent] == options[agent][0],
            other=event.payload["played"][other] == options[other][0],
        )
        for event in record.events
        if event.kind == "reveal"
    ]


def _steps(record: RunRecord, agent: str) -> Iterator[tuple[Round, Round]]:
    """Pairs of played rounds that followed each other directly."""
    played = rounds(record, agent)
    for before, after in pairwise(played):
        if after.number == before.number + 1:
            yield before, after


def _choice(record: RunRecord, agent: str) -> Iterator[float]:
    return (float(played.chose) for played in rounds(record, agent))


def _first_choice(record: RunRecord, agent: str) -> Iterator[float]:
    return (float(played.chose) for played in rounds(record, agent) if played.number == 1)


def _after(outcome: str) -> PerAgentValues:
    """Choices after a round of `outcome`: CC, CD, DC or DD, own action first."""

    def choices(record: RunRecord, agent: str) -> Iterator[float]:
        for before, after in _steps(record, agent):
            if "DC"[before.own] + "DC"[before.other] == outcome:
                yield float(after.chose)

    return choices


def _after_other(action: str) -> PerAgentValues:
    """Choices after a round in which the other played `action`, C or D."""

    def choices(record: RunRecord, agent: str) -> Iterator[float]:
        return (float(now.chose) for before, now in _steps(record, agent) if "DC"[before.other] == action)

    return choices


def _after_single_defection(record: RunRecord, agent: str) -> Iterator[float]:
    """The choice two rounds after a defection of the other that stands between cooperations."""
    played = {item.number: item for item in rounds(record, agent)}
    for number, item in played.items():
        before, after, answer = (played.get(number + step) for step in (-1, 1, 2))
        single = not item.other and (number == 1 or (before and before.other)) and after and after.other
        if single and answer:
            yield float(answer.chose)


def _is_nice(record: RunRecord, agent: str) -> Iterator[float]:
    """1 when the agent never chose to defect before it had seen a defection."""
    played = rounds(record, agent)
    provoked = False
    for item in played:
        if not item.chose and not provoked:
            yield 0.0
            return
        provoked = provoked or not item.other
    if played:
        yield 1.0


def _regret(record: RunRecord, agent: str) -> Iterator[float]:
    """For each played round, what the best single option would have earned more against the other's play."""
    params = MatrixParams.model_validate(record.params)
    seat = record.agents.index(agent)
    (other,) = (name for name in record.agents if name != agent)
    plays = [event.payload["played"] for event in record.events if event.kind == "reveal"]
    earned = [_paid(params, seat, play[agent], play[other]) for play in plays]
    best = [
        max(_paid(params, seat, option, play[other]) for option in params.option_names[seat])
        for play in plays
    ]
    return (most - got for most, got in zip(best, earned, strict=True))


def _paid(params: MatrixParams, seat: int, own: str, other: str) -> float:
    pair = (own, other) if seat == 0 else (other, own)
    return params.points(*pair)[seat]


def _efficiency(record: RunRecord) -> Iterator[Measured]:
    params: Mapping[str, Any] = record.params
    best = max(sum(cell) for row in params["payoffs"] for cell in row)
    n_played = sum(event.kind == "reveal" for event in record.events)
    value = sum(payoffs(record).values()) / (best * n_played) if best > 0 and n_played else None
    yield stated("efficiency", value, "no round was played, or no pair of choices earns more than nothing")


def _rate(name: str, about: str, values: PerAgentValues, *references: Reference) -> MeasureSpec:
    return MeasureSpec(name, about, "share", tally(name, values, TWO_OPTIONS, share_of="choose"), references)


ONE_SHOT = Reference(
    "37 %",
    "Mengel 2018",
    "meta-study of laboratory games",
    "one-shot prisoners' dilemma without talk; paid strangers; payoffs vary between studies",
)
TEN_ROUNDS = "prisoners' dilemma of 10 rounds against GPT-4, T, R, P, S = 10, 8, 5, 0, no noise, no talk"
RANDOM_END = Reference(
    "19.0 % to 36.4 % as the chance to continue rises",
    "Roth and Murnighan 1978, in Dal Bo and Frechette 2018",
    "laboratory studies",
    "prisoners' dilemma with random end, no noise, no talk; first round; "
    "high only where cooperation is robust to doubt",
)


def _ten_rounds(value: str) -> Reference:
    return Reference(value, "computed from the repeatedgames data", "195 people", TEN_ROUNDS)


MEASURES = (
    _rate(
        "cooperation_rate",
        "share of choices that are the first option",
        _choice,
        ONE_SHOT,
        _ten_rounds("47.7 %"),
    ),
    _rate(
        "first_move",
        "share of first-round choices that are the first option",
        _first_choice,
        _ten_rounds("48 %"),
        RANDOM_END,
    ),
    _rate("p_c_cc", "share of C after both played C", _after("CC"), _ten_rounds("90 %")),
    _rate("p_c_cd", "share of C after own C and the other's D", _after("CD"), _ten_rounds("30 %")),
    _rate("p_c_dc", "share of C after own D and the other's C", _after("DC"), _ten_rounds("26 %")),
    _rate("p_c_dd", "share of C after both played D", _after("DD"), _ten_rounds("17 %")),
    MeasureSpec(
        "reciprocity",
        "share of C after the other's C, less share of C after the other's D",
        "difference of shares",
        contrast("reciprocity", _after_other("C"), _after_other("D"), TWO_OPTIONS),
    ),
    _rate("forgiveness", "share of C two rounds after a single D of the other", _after_single_defection),
    _rate("niceness", "share of agents that never chose D before they had seen one", _is_nice),
    MeasureSpec(
        "exploitability",
        "mean over rounds of what the best reply to the other's play would have earned, less what was earned",
        "points per round",
        tally("exploitability", _regret, "no round was played"),
    ),
    MeasureSpec(
        "efficiency",
        "both agents' points over the most that two agents could earn in the played rounds",
        "share",
        _efficiency,
    ),
    GINI,
    PAYOFF,
)


def references(params: MatrixParams) -> dict[str, tuple[Reference, ...]]:
    """The human values whose game has this kind and horizon, by measure; all are without noise and talk."""
    if params.kind != "prisoners_dilemma" or params.noise or params.talk_rounds:
        return {}
    fits = {1: (ONE_SHOT,), None: (RANDOM_END,)}.get(params.rounds)

    def holds(reference: Reference) -> bool:
        return reference in fits if fits else params.rounds == 10 and reference.caveat == TEN_ROUNDS

    kept = {spec.name: tuple(filter(holds, spec.reference)) for spec in MEASURES}
    return {name: found for name, found in kept.items() if found}
