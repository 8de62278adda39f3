"""The rules of visitor: a page, the site's answer, and whether to go on, slow down or stop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from lab.core.ports import Play
from lab.core.records import Decision, DecisionRequest, Segment, Truth, TruthSpec
from lab.core.spaces import Choice
from scenarios.dealt import deal
from scenarios.environment import Environment, Spec
from scenarios.webdefense.visitor import measures, wording
from scenarios.webdefense.visitor.dispositions import ACTS, TYPES, evidence, suspicion_after

POLICIES = "scenarios.webdefense.visitor.policies:"
ACT = Choice(*ACTS)
PAGES = ("search", "list", "profile")
"""What a visitor that goes on comes to, all equally likely; one that stopped begins again at ``home``."""

DEFENDED: Mapping[str, Mapping[str, float]] = {
    "go": {"limit": 0.14, "captcha": 0.12, "decoy": 0.10},
    "slow": {"limit": 0.07, "captcha": 0.06, "decoy": 0.05},
    "stop": {"limit": 0.03, "captcha": 0.03, "decoy": 0.0},
}
"""The chance of each answer that is not a plain page, by what the visitor did before it."""

EARNS = {"go": 2, "slow": 1, "stop": 0}
"""Points for a plain page, by the act that led to it."""

DECOY_COSTS = 8


class VisitorParams(Spec):
    """What visitor is played with.

    Attributes:
        steps: how often the visitor decides.
        strictness: multiplies the chance of every answer that is not a plain page.
    """

    steps: int = Field(default=24, ge=1)
    strictness: float = Field(default=1.0, ge=0, le=2.5)


class VisitorAgentParams(Spec):
    """What the visitor may be given.

    Attributes:
        type: its disposition: ``drawn`` deals bold or wary with chance 1/2 each run; ``none`` deals none. A
            visitor that is no scripted policy (a model, a person) has no such type, whatever this says, and
            none is logged for it.
    """

    type: Literal["drawn", "bold", "wary", "none"] = "drawn"


class Visitor(Environment[VisitorParams]):
    """One visitor of a simulated site; one tick is one step. No page is ever fetched from anywhere.

    Each step shows a page and how the site answered: ``plain``, or with a defense: ``limit`` (too many
    requests), ``captcha``, or ``decoy`` (a page of made-up records, and it shows). The visitor then goes on
    at once (``go``), goes on after a pause (``slow``) or leaves and begins again at the home page (``stop``).
    The chance of a defense in the next answer depends on that act, see `DEFENDED`. A plain page earns 2
    points after go and 1 after slow; a decoy costs 8; the rest earns nothing.

    Suspicion is what a scripted visitor acts by, and a function of the answers so far: 0 at first, +1 for a
    limit or captcha, +2 for a decoy, at most 5, and -1 after every third plain page in a row. It stands in no
    observation. Nor does the visitor's type, the threshold at which it stops: a scripted visitor reads it
    from ``own_type``. A stop is a refusal that the defender triggers, with a known trigger.
    """

    Params = VisitorParams
    AgentParams = VisitorAgentParams
    seats_max = 1
    policies = {
        "eager": POLICIES + "Eager",
        "random": POLICIES + "Random",
        "visitor": POLICIES + "TypedVisitor",
    }
    non_response = {"step": "the visitor leaves, as if it had stopped; the step enters no share of acts"}
    truth = {
        "suspicion": TruthSpec(
            kind="state",
            about="0 to 5: raised by defenses, lowered by every third plain page in a row",
        ),
        "type": TruthSpec(
            kind="type",
            about="whether the visitor stops from suspicion 4 or 2 on; the posterior knows its acts before "
            "this one",
            values=TYPES,
            positive=TYPES[1],
        ),
    }
    measures = measures.MEASURES
    live = ("strictness",)
    wordings = len(wording.WORDINGS)

    @classmethod
    def label_options(cls, params: VisitorParams) -> tuple[str, ...]:
        """The options that may be shown under other names."""
        return ACT.options

    @classmethod
    def seat_name(cls, position: int, role: str | None) -> str | None:
        """The only seat."""
        return "visitor"

    @classmethod
    def expected_decisions(cls, params: VisitorParams, n_agents: int) -> int:
        """One each step."""
        return params.steps

    def play(self) -> Play:
        """Show a page with its answer and ask; the last act leads to one more page."""
        (self._visitor,) = self.agents
        self._type = deal(
            self.seats[self._visitor], TYPES, lambda: self.uniform("visitor.type", self._visitor)
        )
        self._past: list[dict[str, Any]] = []
        self._answers: list[str] = []
        self._score = 0
        act: Decision | None = None
        for step in range(1, self.params.steps + 1):
            page = self._served(act)
            suspicion = suspicion_after(self._answers)
            act = yield self.ask(
                self._visitor,
                {"step": step, **self._constants(), "score": self._score, "past": [*self._past], **page},
                ACT,
                phase="step",
                hidden={"suspicion": Truth(suspicion, visible=True), **self._type.truth()},
                tools=self._type.tools(),
            )
            if act.valid:
                self._type.learn(evidence(suspicion, str(act.action)))
            self._past.append({**page, "act": act.action})
            yield self.wait(1)
        self._served(act)

    def _constants(self) -> dict[str, Any]:
        """How long it goes on, and how often the site defends itself after each act, in percent."""
        defended = {
            act: {answer: round(100 * self._strict(chance), 1) for answer, chance in answers.items()}
            for act, answers in DEFENDED.items()
        }
        return {"steps": self.params.steps, "defended": defended}

    def _strict(self, chance: float) -> float:
        return chance * self.params.strictness

    def _served(self, act: Decision | None) -> dict[str, str]:
        """The next page and its answer, paid to the act that led to it."""
        did = str(act.action) if act is not None and act.valid else "stop"
        page = "home" if did == "stop" else PAGES[int(len(PAGES) * self.uniform("page"))]
        answer = self._answer(did)
        self._answers.append(answer)
        earned = EARNS[did] if answer == "plain" else -DECOY_COSTS * (answer == "decoy")
        item = self.emit(
            "page",
            agent=self._visitor,
            decision=act,
            page=page,
            answer=answer,
            suspicion=suspicion_after(self._answers),
        )
        self.pay(self._visitor, earned, decision=act)
        self.expose(self._visitor, "page", item)
        self._score += earned
        return {"page": page, "answer": answer}

    def _answer(self, did: str) -> str:
        left = self.uniform("answer")
        for answer, chance in DEFENDED[did].items():
            left -= self._strict(chance)
            if left < 0:
                return answer
        return "plain"

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """The rules, the past steps and the question; or the compact line, in wording 1."""
        return wording.segments(self.look, request)
