"""What `lab doctor` looks at for a model or a scenario: whether it is found, answers, and fits in memory."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from agents.models.spec import ModelSpec, model_spec, provider_of
from lab.cli.diagnosis import Finding
from lab.cli.endpoints import endpoint_findings
from lab.cli.printing import counted, size
from lab.core.errors import LabError, UsageError

if TYPE_CHECKING:
    from agents.models.local.options import LocalOptions
    from agents.models.local.sizes import ModelSizes

TOKENS = 4096
"""The length of the conversations that memory is reckoned with, where the model takes as many."""


@dataclass(frozen=True, slots=True)
class _Named:
    """What a scenario says of models: its aliases, and how many agents use which name."""

    aliases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    users: Mapping[str, int] = field(default_factory=dict)


def diagnose_models(model: str | None, scenario: str | None, *, attach: bool) -> list[Finding]:
    """What is found of one model, or of all that a scenario names.

    Args:
        model: a model as a scenario would name it; None for all of the scenario's.
        scenario: a scenario or study file; None for none.
        attach: whether to load local models and tell how they would run.

    Raises:
        ScenarioError: with every problem of the file.
        UsageError: when the model has no such name, or there is nothing to attach.
    """
    if attach and model is None and scenario is None:
        raise UsageError("--attach loads a model: name it with --model, or --scenario")
    named = _named(scenario) if scenario else _Named()
    names = [model] if model else list(dict.fromkeys([*named.aliases, *named.users]))
    if scenario and not names:
        return [Finding("models", f"{scenario} names none", ok=True)]
    return [finding for name in names for finding in _of_model(name, named, attach=attach)]


def _named(file: str) -> _Named:
    from lab.api import load
    from scenarios.spec import Scenario

    loaded = load(file)
    scenario = loaded if isinstance(loaded, Scenario) else loaded.scenario
    policies = [agent.policy.to_json() for agent in scenario.agents]
    users = Counter(str(policy["model"]) for policy in policies if policy["kind"] == "llm")
    return _Named(
        {one: alias for facts in scenario.agent_facts() for one, alias in facts.aliases.items()}, users
    )


def _of_model(name: str, named: _Named, *, attach: bool) -> Iterator[Finding]:
    spec = model_spec(name, named.aliases)
    users = named.users.get(name, 0)
    problems = [message for _, message in provider_of(spec).problems(spec)]
    found = f"{spec.provider}/{spec.target}, used by {counted(users, 'agent')}"
    yield Finding(f"model {name}", "; ".join(problems) or found, not problems)
    if problems:
        return
    if spec.provider == "openai":
        yield from endpoint_findings(spec)
    elif spec.provider == "local":
        try:
            yield from _local_findings(spec, max(users, 1), attach=attach)
        except LabError as error:
            yield Finding(f"{name}: cannot run", str(error), ok=False)


def _local_findings(spec: ModelSpec, users: int, *, attach: bool) -> Iterator[Finding]:
    from agents.models.local.options import options_of
    from agents.models.local.places import found_folder
    from agents.models.local.sizes import sizes_of

    options = options_of(spec.options)
    folder = found_folder(spec.target, options.revision)
    files = list(folder.glob("*.safetensors")) if folder else []
    if not files:
        yield Finding(f"{spec.name}: weights", "not on this machine: downloaded at the first use", ok=True)
        return
    sizes = sizes_of(spec.target, options)
    on_disk = size(sum(file.stat().st_size for file in files))
    in_memory = f"{sizes.parameters:,} parameters, {size(sizes.weight_bytes)} as {sizes.dtype}"
    yield Finding(f"{spec.name}: weights", f"{in_memory}; {on_disk} on disk", ok=True)
    yield Finding(f"{spec.name}: keys and values", _kept(sizes), ok=True)
    yield _in_flight(spec.name, sizes, options, users)
    if attach:
        yield _attached(spec, options)


def _kept(sizes: ModelSizes) -> str:
    """What the model keeps of a conversation."""
    words = [f"{sizes.kv_bytes_per_token:,} bytes a token"]
    if sizes.window_tokens:
        words.append(f"{sizes.window_bytes_per_token:,} of each of the last {sizes.window_tokens:,}")
    if sizes.state_bytes:
        words.append(f"{sizes.state_bytes:,} a conversation")
    return ", ".join(words)


def _in_flight(name: str, sizes: ModelSizes, options: LocalOptions, users: int) -> Finding:
    """How many worlds the memory holds at once, each with `users` agents of this model."""
    place, memory_bytes = _memory(options.device)
    tokens = min(TOKENS, sizes.context_tokens or TOKENS)
    talks = sizes.in_flight(tokens=tokens, memory_bytes=memory_bytes)
    where = f"in {size(memory_bytes)} of {place}"
    what = f"{name}: worlds in flight"
    if not talks:
        return Finding(what, f"none: weights and one conversation do not fit {where}", ok=False)
    worlds = f"{talks // users:,} with {counted(users, 'agent')} each"
    return Finding(what, f"{worlds}, {tokens:,} tokens an agent, {where}", talks >= users)


def _memory(device: str) -> tuple[str, int]:
    """The device that a model would run on, and its memory in bytes."""
    from agents.models.local.devices import accelerators

    for one in accelerators():
        if one.memory_bytes and device in ("auto", "cuda", one.name):
            return one.name, one.memory_bytes
    return "main memory", os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _attached(spec: ModelSpec, options: LocalOptions) -> Finding:
    """How the model runs once loaded: its execution path, and why it is not the one asked for."""
    from agents.models.local.loading import load
    from agents.models.local.selftest import attach

    attached = attach(load(spec.target, options), options)
    note = f"; {attached.note}" if attached.note else ""
    return Finding(f"{spec.name}: execution", f"{attached.path.name}{note}", ok=True)
