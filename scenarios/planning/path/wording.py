"""Path in words, and as one line of nodes for small models trained on it.

Wording 0 is sentences. Wording 1 is ALPINE's line ``source target source node node …``: the pair, then the
walk so far, which the next node continues.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lab.core.records import DecisionRequest, Segment
from scenarios.look import Look

WORDINGS = 2
COMPACT = 1

SYSTEM = "You find your way over one-way roads between {nodes} towns, {first} to {last}."
NAMED = "You find your way over one-way roads between {nodes} towns."
RISING = "Every road leads from a town to one with a higher number."
RULES = (
    "Each of {tasks} tasks names a start and a target; some way over the roads joins them. You stand at the "
    "start and name the town to go to next, one at a time.",
    "The task is solved, for one point, when you arrive at the target. It ends without a point as soon as "
    "you name a town to which no road leads from where you are, or reach one from which no way leads to the "
    "target any more. Only arriving counts, not how long the way was.",
)
LIMIT = "It also ends without a point after {max_steps} steps."
OUTCOMES = {
    "solved": "it was solved",
    "missing_edge": "it ended because no road leads from there to {named}",
    "dead_end": "it ended because no way leads from there to {target}",
    "too_long": "it ended because you had no steps left",
    "no_answer": "it ended because you named no town",
}


def segments(look: Look, request: DecisionRequest) -> tuple[Segment, ...]:
    """The prompt of a step."""
    seen = request.observation
    if look.wording == COMPACT:
        return (Segment("observation", compact(look, seen)),)
    return (
        Segment("system", _system(look, seen)),
        Segment("rules", "\n".join(_rules(look, seen))),
        Segment("observation", "\n".join(_observation(look, seen))),
        Segment("question", f"Which town do you go to next, on your way to {look.shown(seen['target'])}?"),
    )


def compact(look: Look, seen: Mapping[str, Any]) -> str:
    """The pair and the walk, separated by spaces."""
    return " ".join(map(look.shown, (seen["source"], seen["target"], *seen["walked"])))


def _system(look: Look, seen: Mapping[str, Any]) -> str:
    if look.labels:
        return NAMED.format(nodes=seen["nodes"])
    return SYSTEM.format(nodes=seen["nodes"], first=1, last=seen["nodes"])


def _rules(look: Look, seen: Mapping[str, Any]) -> Iterator[str]:
    yield from (rule.format(tasks=seen["tasks"]) for rule in RULES)
    if seen["max_steps"] is not None:
        yield LIMIT.format(max_steps=seen["max_steps"])
    if not look.labels:  # other names have no order
        yield RISING
    if "edges" in seen:
        yield "These are all the roads:"
        for node in _order(look, list(seen["edges"])):
            yield f"from {look.shown(node)} to {_listed(look, seen['edges'][node])}"


def _observation(look: Look, seen: Mapping[str, Any]) -> Iterator[str]:
    if last := seen.get("last"):
        named = look.shown(last.get("named", ""))
        end = OUTCOMES[last["outcome"]].format(named=named, target=look.shown(last["target"]))
        yield (
            f"In the last task, from {look.shown(last['source'])} to {look.shown(last['target'])}, you went "
            f"{_walk(look, last['walked'])}; {end}."
        )
    yield (
        f"Task {seen['task']} of {seen['tasks']}: start {look.shown(seen['source'])}, "
        f"target {look.shown(seen['target'])}."
    )
    yield f"Your way so far: {_walk(look, seen['walked'])}. You are at {look.shown(seen['walked'][-1])}."
    if "neighbors" in seen:
        yield f"From here roads lead to {_listed(look, seen['neighbors'])}."


def _walk(look: Look, walked: Sequence[str]) -> str:
    if len(walked) == 1:
        return f"no further than {look.shown(walked[0])}"
    return " - ".join(map(look.shown, walked))


def _listed(look: Look, nodes: Sequence[str]) -> str:
    return ", ".join(map(look.shown, _order(look, nodes)))


def _order(look: Look, nodes: Sequence[str]) -> Sequence[str]:
    """As they are named, rising; under other names in their order, which tells nothing of the edges."""
    return sorted(nodes, key=look.shown) if look.labels else nodes
