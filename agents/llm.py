"""The `llm` policy: a model behind a cognition graph, with a memory of its own turns.

policy: {kind: llm, model: openai/gpt-5-mini, cognition: react, memory: {mode: last_k, k: 8}}
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agents.capture_options import CaptureOptions, capture_problems
from agents.catalog import PlaysPolicies
from agents.cognition.catalog import COGNITIONS
from agents.cognition.mind import Mind, Thought
from agents.conversation import Conversation, Speaker, Think
from agents.memory import MemoryOptions
from agents.models.pool import ModelPool
from agents.models.spec import (
    Capabilities,
    ModelSpec,
    SamplingOptions,
    model_spec,
    provider_of,
    resolved_sampling,
    unsupported,
)
from agents.options import Options, option_problems
from agents.organisms.cards import Card, card
from lab.core.calls import Decide
from lab.core.errors import LabError
from lab.core.ports import AgentFacts, Policy
from lab.core.registry import is_import_string

ORGANISMS = "organisms/"
"""How the target of a local model begins that is an organism."""


class LlmOptions(Options):
    """The options of an `llm` policy."""

    model: str
    """An alias of `models:`, or openai/…, local/…, mock/…."""
    cognition: str = "direct"
    """direct, react, or package.module:builder."""
    decide: Decide = "generate"
    """generate the reply, score every legal one, or both; score and both need a model that scores."""
    memory: MemoryOptions = MemoryOptions()
    sampling: SamplingOptions = SamplingOptions()
    capture: CaptureOptions | None = None
    """What is kept of a local model's activations; nothing where this is not given."""


class LlmKind:
    """``{kind: llm, model: …}``: checks the options against what the model takes and builds the policy."""

    def problems(
        self, options: Mapping[str, Any], environment: PlaysPolicies, agent: AgentFacts
    ) -> Iterable[tuple[str, str]]:
        """(path, what is wrong) for every option that is wrong or that the model does not take."""
        found = list(option_problems(LlmOptions, options))
        if found:
            yield from found
            return
        given = LlmOptions(**options)
        yield from _cognition_problems(given.cognition)
        try:
            spec = model_spec(given.model, agent.aliases)
        except LabError as error:
            if given.model not in agent.aliases:  # an alias is told of where it stands
                yield "model", str(error)
            return
        if given.model not in agent.aliases:
            yield from (
                (path if path == "model" else "model", message)
                for path, message in provider_of(spec).problems(spec)
            )
        yield from _capability_problems(given, spec, provider_of(spec).capabilities(spec))
        yield from _card_problems(given, spec, agent)
        yield from _capture_problems(given, spec)

    def missing(self, options: Mapping[str, Any], agent: AgentFacts) -> str | None:
        """What its model lacks, or why its own cognition cannot be used."""
        given = LlmOptions(**options)
        if given.cognition not in COGNITIONS:
            from agents.cognition import graphs

            try:
                graphs.compiled(given.cognition)
            except LabError as error:
                return str(error)
        spec = model_spec(given.model, agent.aliases)
        return provider_of(spec).missing(spec)

    def build(
        self, options: Mapping[str, Any], environment: PlaysPolicies, agent: AgentFacts, models: ModelPool
    ) -> Policy:
        """The policy; its model is opened at the first call."""
        given = LlmOptions(**options)
        spec = model_spec(given.model, agent.aliases)
        own = card_of(spec)
        requested = {**SamplingOptions(**spec.sampling).requested(), **given.sampling.requested()}
        speaker = Speaker(
            name=given.model,
            model=models.model(spec),
            sampling=resolved_sampling(requested, provider_of(spec).capabilities(spec)),
            decide=own.decide if own else given.decide,
            with_ids=spec.provider == "local",
            capture=None if given.capture is None else given.capture.spec(),
        )
        memory = MemoryOptions(mode="none") if own else given.memory
        return Conversation(
            speaker,
            thinking(given.cognition),
            memory,
            persona=None if own else agent.persona,
            wording=own.wording if own else None,
        )


def thinking(cognition: str) -> Think:
    """A cognition as the conversation uses it; LangGraph is imported when it first thinks."""

    async def think(mind: Mind, thought: Thought) -> Thought:
        from agents.cognition import graphs  # here, because validating a scenario should not take a second

        return await graphs.think(cognition, mind, thought)

    return think


def card_of(spec: ModelSpec) -> Card | None:
    """The card of a model that is an organism, None for any other."""
    if spec.provider != "local" or not spec.target.startswith(ORGANISMS):
        return None
    return card(spec.target.removeprefix(ORGANISMS))


def _cognition_problems(cognition: str) -> Iterable[tuple[str, str]]:
    try:
        if is_import_string(cognition) or cognition not in COGNITIONS:
            COGNITIONS.load(cognition)
    except LabError as error:
        yield "cognition", str(error)


def _capability_problems(
    given: LlmOptions, spec: ModelSpec, capabilities: Capabilities
) -> Iterable[tuple[str, str]]:
    yield from unsupported(given.sampling.requested(), capabilities, spec, "sampling.")
    if given.decide != "generate" and not capabilities.scoring:
        model = f"{spec.provider}/{spec.target}"
        yield "decide", f"{model} cannot score replies; it can only 'generate', not '{given.decide}'"


def _card_problems(given: LlmOptions, spec: ModelSpec, agent: AgentFacts) -> Iterable[tuple[str, str]]:
    """An organism plays one seat of one game, in its own wording, and has no words to reason in."""
    try:
        own = card_of(spec)
    except LabError:
        return  # told by the provider
    if own is None:
        return
    if agent.environment != own.environment:
        yield "model", f"organism '{own.name}' plays {own.environment}, not {agent.environment}"
    elif agent.seat != own.seat:
        yield "model", f"organism '{own.name}' plays the {own.seat}; '{agent.name}' is the {agent.seat}"
    fixed = {"cognition": "direct", "decide": own.decide}
    for option, value in fixed.items():
        if option in given.model_fields_set and getattr(given, option) != value:
            yield option, f"organism '{own.name}' works with '{value}' only"
    if "memory" in given.model_fields_set:
        yield "memory", f"organism '{own.name}' reads the whole past at every ask; it has no memory to set"


def _capture_problems(given: LlmOptions, spec: ModelSpec) -> Iterable[tuple[str, str]]:
    if given.capture is None:
        return
    for path, message in capture_problems(given.capture, spec):
        yield f"capture.{path}" if path else "capture", message
