"""Tasks in words. Wording 0 is sentences, with relations said as the environment phrases them; 1 is PDDL.

The sections TASK, STATE, GOAL, LAST and ACTIONS stand in one order, and atoms are sorted, so that equal
situations have equal texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lab.core.records import DecisionRequest, Segment
from scenarios.look import Look
from scenarios.planning.strips.schemas import EQUALS, OBJECT

Seen = Mapping[str, Any]


class Phrase(NamedTuple):
    """How a relation is said when it holds and when it does not; ``{0}`` is its first argument."""

    holds: str
    fails: str


@dataclass(frozen=True, slots=True)
class Idiom:
    """How a world is told in sentences.

    Attributes:
        phrases: by relation; one that has none is written as ``on(a, b)``.
        note: what a reader must know of the phrases.
    """

    phrases: Mapping[str, Phrase] = field(default_factory=dict)
    note: str = ""


NO_IDIOM = Idiom()


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of one wording, filled with `str.format`."""

    system: str
    objects: str
    actions: str
    variables: str
    costs: str
    rejected: str
    blind: str
    told: Mapping[str, str]
    end: str
    end_loop: str
    absent: str
    previous: Mapping[str, str]
    nothing: str
    not_yet: str
    no_answer: str
    question: str


_PLAIN = Wording(
    system="You act in a small world of objects, one action at a time. In each task, make the goal true with "
    "as few steps as you can; a step that achieves nothing counts too.",
    objects="The objects: {objects}.",
    actions="What you can do:",
    variables="A name with ? stands for any object{typed}.",
    costs="Actions differ in cost, so what counts is not how many steps you take but what they cost "
    "together. An action without a named cost costs 1, and so does a step that achieves nothing. Where a "
    "cost is named it is: {values}.",
    rejected="An action is done only if everything it needs is true when you name it. Otherwise it is "
    "rejected: nothing changes, but the step is used up. A reply that names no action uses up a step too.",
    blind="You see only how things stand at the beginning, and are not told what comes of your actions.",
    told={
        "accept_reject": "After each step you see how things stand, and whether your action was done.",
        "reason": "After each step you see how things stand, whether your action was done, and if not why.",
        "legal_list": "After each step you see how things stand, whether your action was done, if not why, "
        "and everything you can do next.",
        "oracle": "After each step you see how things stand, whether your action was done, if not why, "
        "everything you can do next, and whether you came nearer to the goal.",
    },
    end="A task ends when its goal is true, or after {steps} steps.",
    end_loop="It also ends, unsolved, once you have come back to one and the same situation {revisits} "
    "times; a rejected action does not count as coming back.",
    absent="What is not listed as true is false.",
    previous={
        "solved": "task {task} is over: its goal was reached in {steps} steps",
        "budget": "task {task} is over: its goal was not reached in {steps} steps",
        "loop": "task {task} is over after {steps} steps: you came back to one situation too often",
    },
    nothing="nothing",
    not_yet="nothing yet",
    no_answer="a reply without an action",
    question="Which action do you take now?",
)
_PDDL = Wording(
    system="You are given planning problems in the manner of PDDL and control the world one action per step. "
    "Reach each goal with as small a total as possible, where useless steps count as well.",
    objects="Objects: {objects}.",
    actions="Action schemas:",
    variables="Names with ? are parameters and may be any object{typed}.",
    costs="The total to be kept small is that of the actions' costs; a schema without a cost, "
    "and a step in which nothing is done, cost 1. Values of cost terms: {values}.",
    rejected="Naming an action whose preconditions do not all hold is a rejected step: the state stays as it "
    "was and the step is spent. The same goes for a reply in which there is no action.",
    blind="Only the initial state is shown. No outcome of a step is ever reported.",
    told={
        "accept_reject": "Before every step the present state is shown, with whether the last action was "
        "accepted.",
        "reason": "Before every step the present state is shown, with whether the last action was accepted "
        "and the reason if it was rejected.",
        "legal_list": "Before every step the present state is shown, with whether the last action was "
        "accepted, the reason if it was rejected, and the list of applicable actions.",
        "oracle": "Before every step the present state is shown, with whether the last action was "
        "accepted, the reason if it was rejected, the list of applicable actions, and whether the "
        "goal came nearer.",
    },
    end="The problem is over when the goal holds or {steps} steps are spent.",
    end_loop="It is over, too, and not solved, when one state has recurred {revisits} times; rejected "
    "steps do not count.",
    absent="An atom that is not listed does not hold.",
    previous={
        "solved": "problem {task} ended with its goal reached, {steps} steps",
        "budget": "problem {task} ended with its goal not reached, {steps} steps",
        "loop": "problem {task} ended after {steps} steps because a state recurred",
    },
    nothing="none",
    not_yet="none",
    no_answer="no action in the reply",
    question="What is your next action?",
)
WORDINGS = (_PLAIN, _PDDL)


def segments(look: Look, request: DecisionRequest, idiom: Idiom) -> tuple[Segment, ...]:
    """The prompt of one step, from its observation alone."""
    words, seen = WORDINGS[look.wording], request.observation
    speech = Speech(words, _idiom(idiom, seen) if words is _PLAIN else None)
    return (
        Segment("system", words.system),
        Segment("rules", "\n".join(_rules(speech, seen))),
        Segment("observation", "\n".join(_observation(speech, seen))),
        Segment("question", words.question),
    )


@dataclass(frozen=True, slots=True)
class Speech:
    """How atoms are written: as `idiom` says them, or without one as PDDL lists."""

    words: Wording
    idiom: Idiom | None

    def atom(self, atom: Sequence[str], *, holds: bool = True) -> str:
        """One atom, or that it does not hold."""
        name, *terms = atom
        if self.idiom is None:
            listed = f"({' '.join(atom)})"
            return listed if holds else f"(not {listed})"
        if name == EQUALS:
            return f"{terms[0]} is {'' if holds else 'not '}{terms[1]}"
        if name in self.idiom.phrases:
            return self.idiom.phrases[name][not holds].format(*terms)
        call = f"{name}({', '.join(terms)})" if terms else name
        return call if holds else f"not {call}"

    def atoms(self, atoms: Iterable[Sequence[str]]) -> str:
        """Several atoms."""
        return self._listed([self.atom(atom) for atom in atoms])

    def conditions(self, conditions: Iterable[Seen]) -> str:
        """Several conditions."""
        return self._listed([self.condition(one) for one in conditions])

    def condition(self, condition: Seen) -> str:
        """One condition."""
        return self.atom(condition["atom"], holds=condition["holds"])

    def _listed(self, texts: Sequence[str]) -> str:
        return ((" " if self.idiom is None else "; ").join(texts)) or self.words.nothing


def _idiom(idiom: Idiom, seen: Seen) -> Idiom:
    """The idiom where its relations are told under their own names, none under a disguise."""
    return idiom if any(name in idiom.phrases for name, *_ in seen["state"]) else NO_IDIOM


def _rules(speech: Speech, seen: Seen) -> Iterator[str]:
    words = speech.words
    typed = bool(seen["types"])
    names = [f"{name} ({kind})" if typed else name for name, kind in seen["objects"]]
    yield words.objects.format(objects=", ".join(names))
    yield words.actions
    for action in seen["actions"]:
        yield f"- {_action(speech, action)}"
    yield words.variables.format(typed=" of the type named with it" if typed else "")
    if typed:
        yield from _types(seen["types"])
    if speech.idiom is not None and speech.idiom.note:
        yield speech.idiom.note
    if any(action["cost"] != [1] for action in seen["actions"]):
        values = [f"{speech.atom(atom)} = {cost}" for atom, cost in seen["costs"]]
        yield words.costs.format(values=", ".join(values) or words.nothing)
    yield words.absent
    yield words.rejected
    yield words.told.get(seen["feedback"], words.blind)
    yield words.end.format(steps=seen["steps"])
    if seen["revisits"]:
        yield words.end_loop.format(revisits=seen["revisits"])


def _types(types: Sequence[Sequence[str]]) -> Iterator[str]:
    """Which types are kinds of others; that all are objects goes without saying."""
    below = [f"every {name} is a {above}" for name, above in types if above != OBJECT]
    if below:
        yield f"{', '.join(below).capitalize()}."


def _action(speech: Speech, action: Seen) -> str:
    """An action with what it needs and does."""
    parameters = ", ".join(
        name if kind == OBJECT else f"{name} - {kind}" for name, kind in action["parameters"]
    )
    effects = [speech.atom(atom) for atom in action["add"]]
    effects += [speech.atom(atom, holds=False) for atom in action["delete"]]
    cost = ""
    if action["cost"] != [1]:
        terms = [str(term) if isinstance(term, int) else speech.atom(term) for term in action["cost"]]
        cost = f" Cost: {' + '.join(terms) or 0}."
    needs = speech.conditions(action["needs"])
    joined = "; ".join(effects) if speech.idiom is not None else " ".join(effects)
    return f"{action['name']}({parameters}). Needs: {needs}. Then: {joined or speech.words.nothing}.{cost}"


def _observation(speech: Speech, seen: Seen) -> Iterator[str]:
    words = speech.words
    yield f"TASK {seen['task']} of {seen['tasks']}, step {seen['step']} of {seen['steps']}"
    if seen["feedback"] == "none":
        yield f"STATE at the beginning: {speech.atoms(seen['state'])}"
        yield f"GOAL: {speech.conditions(seen['goal'])}"
        asked = [line or words.no_answer for line in seen["asked"]]
        yield f"YOUR ACTIONS so far: {', '.join(asked) or words.not_yet}"
        return
    yield f"STATE: {speech.atoms(seen['state'])}"
    yield f"GOAL: {speech.conditions(seen['goal'])} ({seen['met']} of {len(seen['goal'])} true)"
    yield f"LAST: {_last(speech, seen)}"
    if "legal" in seen:
        yield f"ACTIONS you can do now: {', '.join(seen['legal']) or words.nothing}"
    if "oracle" in seen:
        yield f"ORACLE: {_oracle(seen['oracle'])}"


def _last(speech: Speech, seen: Seen) -> str:
    last, previous = seen["last"], seen.get("previous")
    if previous is not None:
        words = speech.words.previous[previous["ended"]]
        return words.format(task=seen["task"] - 1, steps=previous["steps"])
    if last is None:
        return speech.words.not_yet
    said = last["action"] or speech.words.no_answer
    if last["ok"]:
        return f"{said} -> done"
    reason = last.get("reason")
    failed = last.get("failed")
    why = f": {reason}" if reason else ""
    return f"{said} -> rejected{why}" + (f", it needs: {speech.condition(failed)}" if failed else "")


def _oracle(oracle: Seen) -> str:
    way = "the goal can still be reached" if oracle["reachable"] else "the goal can no longer be reached"
    if oracle["nearer"] is None:
        return f"{way}."
    return f"{way}; the last step brought it {'nearer' if oracle['nearer'] else 'no nearer'}."
