"""A defended run beside its twin: the same seed, site and visitors, without the defense.

In a study the twin is a level of the factor on `params.defenses` (``none: []``): cells share their seeds, and
a hypothesis on `dsr` is the attributable effect. What needs single visitors of both runs is computed here,
from two records.
"""

from __future__ import annotations

from collections.abc import Iterator

from lab.core.errors import UsageError
from lab.core.records import Measured, RunRecord
from scenarios.webdefense.directory.measures import BY_CONSTRUCTION, NO_BENIGN, NO_MALICIOUS
from scenarios.webdefense.directory.stays import Stay, benign, malicious, rate, stays

NOBODY_ABLE = "no malicious visitor succeeds without the defense"


def against_twin(defended: RunRecord, twin: RunRecord) -> Iterator[Measured]:
    """The measures that compare a run with its twin (webdefense.md §7.6).

    dsr, dsr_none: 1 - mean S of malicious visitors with the defense, and without it.
    attributable_effect: mean of S_none - S_d over malicious visitors.
    ksr_cf: P(H_d = 1 | S_none = 1): of the malicious visitors that succeed without the defense, the share
        that it halts. A visitor too weak to succeed anyway is no credit to a defense.
    benign_cost: mean of S_none - S_d over benign visitors.

    Values of a run with a scripted attacker are marked `BY_CONSTRUCTION`.

    Raises:
        UsageError: when the second run is no twin of the first: other visitors, other params than
            `defenses`, or defenses of its own.
    """
    _check(defended, twin)
    plain = {stay.agent: stay for stay in stays(twin)}
    attackers, others = malicious(defended), benign(defended)

    def lost(stay: Stay) -> float:
        return float(plain[stay.agent].succeeded) - float(stay.succeeded)

    able = [stay for stay in attackers if plain[stay.agent].succeeded]
    values = {
        "dsr": rate(attackers, lambda stay: not stay.succeeded),
        "dsr_none": rate(attackers, lambda stay: not plain[stay.agent].succeeded),
        "attributable_effect": rate(attackers, lost),
        "ksr_cf": rate(able, lambda stay: stay.is_halted),
        "benign_cost": rate(others, lost),
    }
    reasons = {"benign_cost": NO_BENIGN, "ksr_cf": NOBODY_ABLE if attackers else NO_MALICIOUS}
    mark = BY_CONSTRUCTION if any(stay.is_by_construction for stay in attackers) else None
    for name, value in values.items():
        yield Measured(name, value, reason=mark if value is not None else reasons.get(name, NO_MALICIOUS))


def _check(defended: RunRecord, twin: RunRecord) -> None:
    if defended.agents != twin.agents:
        raise UsageError(
            f"no twins: one run has the visitors {', '.join(defended.agents)}, the other "
            f"{', '.join(twin.agents)}"
        )
    keys = sorted((defended.params.keys() | twin.params.keys()) - {"defenses"})
    other = [key for key in keys if defended.params.get(key) != twin.params.get(key)]
    if other:
        raise UsageError(f"no twins: the runs differ in params.{other[0]}; only params.defenses may differ")
    if any(layer["use"] != "none" for layer in twin.params["defenses"]):
        raise UsageError("the second run is to be the one without a defense, but it has one")
