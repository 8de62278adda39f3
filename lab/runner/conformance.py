"""Conformance: does an environment, or a policy in it, keep the promises that the lab stands on?

    problems = check_environment(lab.load("my-game.yaml"))

The test suite runs these checks over everything that ships; run them over your own before you trust a study.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.scripted import Uniform
from lab.core.canonical import unlabel
from lab.core.captures import Captured, CaptureSource
from lab.core.ports import Batch, Policy, PolicyContext, Progress, Sink
from lab.core.records import Decision, DecisionRequest, Measured
from lab.core.rows import ArtifactRow, CallRow, HiddenRow
from lab.engine.conductor import Outcome, StopSignal
from lab.engine.ledger import Ledger
from lab.runner.compose import compose
from lab.runner.execute import short
from lab.runner.loop import run_now
from scenarios.spec import RenderSpec, Scenario

SHORTEST_LEAK = 4
"""Hidden texts shorter than this would be found in any prose."""


@dataclass
class Reader:
    """Plays at random and reads what it is asked, as an agent that reads text would."""

    texts: list[str] = field(default_factory=list)
    phases: set[str] = field(default_factory=set)
    hand: Uniform = field(default_factory=Uniform)

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """A uniformly drawn legal value."""
        segments = ctx.render(request)
        self.texts.append("\n".join(segment.text for segment in segments))
        self.phases.add(request.phase)
        return self.hand.decide(request, ctx)

    def observe(self, request: DecisionRequest, decision: Decision) -> None:
        """Nothing to remember."""


class Nonsense(Reader):
    """Answers with what is in no action space."""

    def decide(self, request: DecisionRequest, ctx: PolicyContext) -> Any:
        """Nothing at all."""
        self.phases.add(request.phase)
        return None


@dataclass
class Truths:
    """A sink that keeps the hidden values which are texts and no function of what the agent saw."""

    secrets: set[tuple[str, str]] = field(default_factory=set)

    def write(self, run: str, batch: Batch, progress: Progress) -> None:
        """Keep a batch's secrets by variable."""
        for row in map(HiddenRow._make, batch.hidden):
            value = unlabel(row.value)
            if isinstance(value, str) and not row.visible and len(value) >= SHORTEST_LEAK:
                self.secrets.add((row.name, value))

    def write_call(self, row: CallRow, texts: Mapping[str, str]) -> None:
        """A model call holds no hidden value."""

    def write_artifact(self, row: ArtifactRow) -> None:
        """Nor does a model."""

    def write_captured(self, source: CaptureSource, captured: Captured) -> None:
        """Nor do activations."""

    async def committed(self) -> None:
        """Nothing is ever durable here."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A world played for a check."""

    outcome: Outcome
    ledger: Ledger


def check_environment(scenario: Scenario) -> list[str]:
    """What is wrong with the environment as `scenario` sets it up; empty when nothing was found.

    Checks that equal seeds give equal digests, that drawn legal actions are taken, that an agent without a
    valid answer is survived and declared for, that every wording and cover story renders, that hidden values
    stay hidden, and that every measure is declared and has a value or a reason.
    """
    checks = (_is_deterministic, _takes_legal_actions, _survives_nonsense, _keeps_secrets, _measures_declared)
    return [problem for check in checks for problem in check(scenario)]


def check_policy(scenario: Scenario, agent: str) -> list[str]:
    """What is wrong with the policy that `scenario` gives to `agent`; empty when nothing was found.

    Checks that its actions are legal and that it decides alike when it is run again.
    """
    one, other = play(scenario), play(scenario)
    invalid = [d for d in one.ledger.record.decisions if d.agent == agent and not d.valid]
    problems = [f"decision {d.seq} in phase '{d.phase}' is {d.status}: {d.raw}" for d in invalid[:1]]
    if one.ledger.head != other.ledger.head:
        problems.append("run again under the same seed it decides differently: draw through ctx only")
    return problems


def play(scenario: Scenario, policies: Mapping[str, Policy] | None = None, sink: Sink | None = None) -> Trial:
    """A world of `scenario` played to its end, logged nowhere but to `sink`."""
    world = compose(scenario, run="check", sink=sink, stop=StopSignal(), policies=policies)
    return Trial(run_now(world.conductor.conduct()), world.ledger)


def _is_deterministic(scenario: Scenario) -> Iterator[str]:
    if len({play(scenario).ledger.head for _ in range(2)}) > 1:
        yield "the same seed gave two digests: draw through self.rng, iterate in a fixed order"


def _takes_legal_actions(scenario: Scenario) -> Iterator[str]:
    for variant in _variants(scenario):
        readers = {agent.name: Reader() for agent in scenario.agents}
        trial = play(variant, readers)
        look = f"wording {variant.render.wording[0]}, cover {variant.render.cover[0]}"
        if trial.ledger.invalid:
            yield f"{look}: a value drawn from the action space was refused by it"
        if not all(text.strip() for reader in readers.values() for text in reader.texts):
            yield f"{look}: render gave no text for some request"


def _survives_nonsense(scenario: Scenario) -> Iterator[str]:
    agents: dict[str, Nonsense] = {agent.name: Nonsense() for agent in scenario.agents}
    try:
        trial = play(scenario, agents)
    except Exception as error:  # noqa: BLE001  whatever the rules raise is what is looked for
        yield f"an agent without a valid answer broke it: {short(error)}"
        return
    phases = {phase for agent in agents.values() for phase in agent.phases}
    for phase in sorted(phases - set(scenario.environment_class().non_response)):
        yield f"non_response does not say what happens in phase '{phase}' without a valid answer"
    if trial.ledger.decisions != trial.ledger.invalid:
        yield "a reply that is no action was taken for one"


def _keeps_secrets(scenario: Scenario) -> Iterator[str]:
    """A hidden value may stand in a text only beside all its alternatives, as rules name them."""
    readers = {agent.name: Reader() for agent in scenario.agents}
    truths = Truths()
    play(scenario, readers, truths)
    declared = scenario.environment_class().truth
    for name, value in sorted(truths.secrets):
        others = {str(other) for other in declared[name].values or ()} - {value}
        for agent, reader in readers.items():
            if any(value in text and not _names_all(others, text) for text in reader.texts):
                yield f"'{value}', the value of hidden '{name}', stands in a text shown to '{agent}'"


def _names_all(others: Collection[str], text: str) -> bool:
    return bool(others) and all(other in text for other in others)


def _measures_declared(scenario: Scenario) -> Iterator[str]:
    declared = {spec.name for spec in scenario.environment_class().measures}
    for measured in play(scenario).outcome.measures:
        if measured.name.removesuffix(".low").removesuffix(".high") not in declared:
            yield f"measure '{measured.name}' is computed and not declared"
        yield from _undefined(measured)


def _undefined(measured: Measured) -> Iterator[str]:
    if measured.value is None and not measured.reason:
        yield f"measure '{measured.name}' is undefined without a reason"


def _variants(scenario: Scenario) -> Iterator[Scenario]:
    """The scenario under every wording and every cover story of its environment."""
    kind = scenario.environment_class()
    for wording in range(kind.wordings):
        for cover in kind.covers:
            render = RenderSpec(wording=(wording,), cover=(cover,), labels=scenario.render.labels)
            yield scenario.model_copy(update={"render": render})
