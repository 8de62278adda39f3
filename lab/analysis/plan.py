"""What a study will take, before it runs: what is known, and a range where a pilot allows one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from agents.models.spec import DEFAULT_SAMPLING, ModelSpec, model_spec, provider_of
from lab.analysis.capture_plan import capturing, memory_bytes, run_bytes
from scenarios.spec import LimitsSpec, Scenario
from scenarios.study import Study

CHARS_PER_TOKEN = 4
"""About the rate of English text; other languages take more tokens."""

BASIS = (
    "an estimate from one run of each cell with stand-ins: 4 characters a token, replies from the shortest "
    "legal ones to max_tokens; re-asks and failed tries come on top"
)


@dataclass(frozen=True, slots=True)
class CallUse:
    """What the model calls of one agent took in a pilot run.

    Attributes:
        agent: its name.
        calls: completions asked.
        prompt_chars: length of all prompts together, characters.
        reply_chars: length of all replies together, characters.
        own_replies: earlier replies of its own that stand in its prompts, counted in every prompt.
        answers: completions that answer a decision; the others think.
    """

    agent: str
    calls: int
    prompt_chars: int
    reply_chars: int
    own_replies: int
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Pilot:
    """What one run took with stand-ins for its models; not `whole` when it was cut short."""

    decisions: int
    uses: tuple[CallUse, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a study will take; None stands for what cannot be known.

    Attributes:
        study: its name.
        runs: runs it asks for.
        cells: combinations of levels.
        decisions: about how many, by the environment's own estimate and the scenario's limits.
        model_calls: completions asked of models.
        tokens: in and out of all model calls, least and most.
        cost_usd: their price, least and most; None when a model's price is unknown.
        capture_bytes: size of the activations kept.
        capture_memory_bytes: most that they take in memory, in each process, until they are written.
        basis: where the numbers on model calls come from; None when there are none.
        unpriced: the models whose price is unknown.
    """

    study: str
    runs: int
    cells: int
    decisions: int | None
    model_calls: int | None
    tokens: tuple[int, int] | None
    cost_usd: tuple[float, float] | None
    capture_bytes: int | None
    basis: str | None = None
    unpriced: tuple[str, ...] = ()
    capture_memory_bytes: int | None = 0


@dataclass(frozen=True, slots=True)
class _Take:
    """What the model calls of one agent or more take: calls, least and most of tokens and of their price."""

    calls: float = 0.0
    tokens: tuple[float, float] = (0.0, 0.0)
    cost_usd: tuple[float, float] | None = (0.0, 0.0)


def dry_run(
    study: Study, pilot: Callable[[Scenario], Pilot] | None = None, *, in_flight: int = 32
) -> Forecast:
    """What `study` will take. Scripted agents and persons call no model and cost nothing.

    Args:
        study: what is to be run.
        pilot: tries a scenario with stand-ins for its models; without it nothing is known of model calls.
        in_flight: runs at once in a process.
    """
    scenarios = [cell.scenario for cell in study.cells()]
    tried = [_tried(scenario, pilot) for scenario in scenarios]
    total = _study_take(study, [_run_take(*one) for one in zip(scenarios, tried, strict=True)])
    bytes_kept, bytes_waiting = _captures(study, scenarios, tried, in_flight)
    models = {spec.name: spec for one in scenarios for spec in _callers(one).values()}
    return Forecast(
        study=study.name,
        runs=study.n_runs,
        cells=len(scenarios),
        decisions=_total(map(expected_decisions, scenarios), times=study.seeds.count),
        model_calls=round(total.calls) if total else None,
        tokens=(round(total.tokens[0]), round(total.tokens[1])) if total else None,
        cost_usd=total.cost_usd if total else None,
        capture_bytes=bytes_kept,
        capture_memory_bytes=bytes_waiting,
        basis=BASIS if models and total else None,
        unpriced=tuple(sorted(name for name, spec in models.items() if _price(spec) is None)),
    )


def _tried(scenario: Scenario, pilot: Callable[[Scenario], Pilot] | None) -> Pilot | None:
    """A try of a scenario that calls models."""
    return pilot(scenario) if pilot and _callers(scenario) else None


def _captures(
    study: Study, scenarios: Sequence[Scenario], tried: Sequence[Pilot | None], in_flight: int
) -> tuple[int | None, int | None]:
    """(bytes kept, most bytes in memory) of all activations."""
    agents = [capturing(scenario) for scenario in scenarios]
    answers = [answers_of(*one) for one in zip(scenarios, tried, strict=True)]
    kept = [run_bytes(*one) for one in zip(agents, answers, strict=True)]
    everybody = [one for some in agents for one in some]
    waiting = memory_bytes(everybody, kept, in_flight=min(in_flight, study.n_runs))
    return _total((None if one is None else round(one) for one in kept), times=study.seeds.count), waiting


def answers_of(scenario: Scenario, tried: Pilot | None) -> dict[str, float] | None:
    """How often each agent answers in a run of `scenario`; None when that cannot be known."""
    if tried is None:
        return None
    expected = tried.decisions if tried.whole else expected_decisions(scenario)
    if expected is None:
        return None
    return {use.agent: use.answers * expected / max(tried.decisions, 1) for use in tried.uses}


def _study_take(study: Study, takes: Sequence[_Take | None]) -> _Take | None:
    known = [take for take in takes if take is not None]
    if len(known) < len(takes):
        return None
    return _within(study.limits, _times(_sum(known), study.seeds.count))


def expected_decisions(scenario: Scenario) -> int | None:
    """About how many decisions a run of `scenario` takes; None when its environment does not say."""
    kind = scenario.environment_class()
    try:
        expected = kind.expected_decisions(scenario.environment_params(), len(scenario.agents))
    except NotImplementedError:
        return None
    return min(expected, scenario.limits.decisions or expected)


def _callers(scenario: Scenario) -> dict[str, ModelSpec]:
    """The model of every agent that calls one, by the agent's name; `sampling` is what is asked of it."""
    facts = zip(scenario.agents, scenario.agent_facts(), strict=True)
    return {
        agent.name: _asked(agent.policy.to_json(), one.aliases)
        for agent, one in facts
        if agent.policy.kind == "llm"
    }


def _asked(policy: Mapping[str, Any], aliases: Mapping[str, Mapping[str, Any]]) -> ModelSpec:
    spec = model_spec(str(policy["model"]), aliases)
    asked = {name: one for name, one in policy.get("sampling", {}).items() if one is not None}
    return replace(spec, sampling={**DEFAULT_SAMPLING, **spec.sampling, **asked})


def _run_take(scenario: Scenario, tried: Pilot | None) -> _Take | None:
    """What the model calls of one run take; None when that cannot be known."""
    callers = _callers(scenario)
    if not callers:
        return _Take()
    if tried is None:
        return None
    expected = tried.decisions if tried.whole else expected_decisions(scenario)
    if expected is None:
        return None
    takes = [_agent_take(callers[use.agent], use) for use in tried.uses if use.agent in callers]
    return _within(scenario.limits, _times(_sum(takes), expected / max(tried.decisions, 1)))


def _agent_take(spec: ModelSpec, use: CallUse) -> _Take:
    longest = int(spec.sampling["max_tokens"])
    read = use.prompt_chars / CHARS_PER_TOKEN
    least = (read, use.reply_chars / CHARS_PER_TOKEN)
    most = (read + use.own_replies * longest, use.calls * longest)
    price = _price(spec)
    cost = None if price is None else (_cost(price, least), _cost(price, most))
    return _Take(use.calls, (sum(least), sum(most)), cost)


def _price(spec: ModelSpec) -> tuple[float, float] | None:
    """USD per million tokens, in and out; None when unknown."""
    free = spec.price is None and provider_of(spec).capabilities(spec).free
    return (0.0, 0.0) if free else spec.price


def _cost(price: tuple[float, float], tokens: tuple[float, float]) -> float:
    return (price[0] * tokens[0] + price[1] * tokens[1]) / 1e6


def _sum(takes: Sequence[_Take]) -> _Take:
    costs = [take.cost_usd for take in takes if take.cost_usd is not None]
    return _Take(
        sum(take.calls for take in takes),
        (sum(take.tokens[0] for take in takes), sum(take.tokens[1] for take in takes)),
        (sum(one[0] for one in costs), sum(one[1] for one in costs)) if len(costs) == len(takes) else None,
    )


def _times(take: _Take, factor: float) -> _Take:
    low, high = take.tokens
    cost = None if take.cost_usd is None else (take.cost_usd[0] * factor, take.cost_usd[1] * factor)
    return _Take(take.calls * factor, (low * factor, high * factor), cost)


def _within(limits: LimitsSpec, take: _Take) -> _Take:
    """A range that the limits of a run or study end."""
    cost = None if take.cost_usd is None else _at_most(take.cost_usd, limits.cost_usd)
    return _Take(take.calls, _at_most(take.tokens, limits.tokens), cost)


def _at_most(span: tuple[float, float], limit: float | None) -> tuple[float, float]:
    return span if limit is None else (min(span[0], limit), min(span[1], limit))


def _total(counts: Iterable[int | None], *, times: int) -> int | None:
    total = 0
    for count in counts:
        if count is None:
            return None
        total += count
    return total * times
