"""Replay and fork: a run executed again from the log, to the same end or to another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from agents.catalog import Catalog
from db.owners import Owner
from db.reading import RunInfo, chain_hashes, describe_row, first_decision_from, get_run, text_of
from db.recorder import Recorder
from db.runs import Claimed, claim
from db.store import Store
from lab.core.canonical import canonical, parse
from lab.core.errors import Problem, ReplayDiverged, ScenarioError, UnknownName, UsageError
from lab.core.records import FINISHED, RunStatus
from lab.engine.conductor import StopSignal
from lab.engine.ledger import Recorded
from lab.runner.compose import Past, Turn, compose
from lab.runner.execute import Ended, Execution, journal_of
from lab.runner.loop import run_now
from lab.runner.plan import fork_plan
from scenarios.load import revise
from scenarios.spec import Scenario

SWAP_FORMS = "scripted/NAME, human, openai/NAME, local/PATH-OR-HUB-ID, mock/NAME or an alias of `models:`"
"""What may stand for MODEL in ``--swap AGENT=MODEL``."""


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found: equal digests, or the first difference."""

    run: str
    recorded: str
    digest: str | None
    difference: str | None

    @property
    def same(self) -> bool:
        """Whether the re-execution repeated the run."""
        return self.digest == self.recorded


@dataclass(frozen=True, slots=True)
class ForkChanges:
    """What a fork does differently from its decision on.

    Attributes:
        settings: ``params.path=value``, only of params that the environment marks live.
        swaps: ``AGENT=MODEL``; a group's name stands for its members.
        reseed: added to every key that a policy draws with.
    """

    settings: tuple[str, ...] = ()
    swaps: tuple[str, ...] = ()
    reseed: int = 0

    def to_json(self) -> dict[str, Any]:
        """The changes as the log keeps them."""
        return {"set": list(self.settings), "swap": list(self.swaps), "reseed": self.reseed}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> ForkChanges:
        """The changes that `to_json` wrote down."""
        return cls(tuple(data["set"]), tuple(data["swap"]), data["reseed"])


def scenario_of(store: Store, info: RunInfo) -> Scenario:
    """The resolved scenario that a run was made from."""
    return Scenario.from_json(parse(text_of(store, info.scenario)))


@dataclass(frozen=True, slots=True)
class Played:
    """Who played in a run: each agent's policy, and the aliases of models, as JSON data."""

    policies: Mapping[str, Mapping[str, Any]]
    aliases: Mapping[str, Mapping[str, Any]]


def played_by(store: Store, info: RunInfo) -> Played:
    """Who played in a run; in a fork, from its own decision on."""
    scenario = scenario_of(store, info)
    policies = {agent.name: agent.policy.to_json() for agent in scenario.agents}
    for turn in turns_of(scenario, _forks(_lineage(store, info))):
        policies |= turn.policies
    return Played(policies, scenario.agent_facts()[0].aliases)


def replay_run(store: Store, run: str) -> Replayed:
    """Execute a finished run again without any model and compare it row by row with the log.

    Raises:
        UsageError: when the run is not finished, so that it has no digest to compare with.
    """
    info = get_run(store, run)
    if info.digest is None:
        why = "only done and limited runs have a digest to replay"
        raise UsageError(f"run {info.id} is {info.status}: {why}")
    hashes = chain_hashes(store, info.id)
    recorded = Recorded(hashes, len(hashes), lambda index: describe_row(store, info.id, index), complete=True)
    lineage = _lineage(store, info)
    journal = journal_of(store, *_ids(lineage), decided_to=len(hashes), closed=True)
    past = Past(recorded, journal)
    scenario = without_wall_limit(scenario_of(store, info))
    turns = turns_of(scenario, _forks(lineage))
    composed = compose(scenario, run=info.id, sink=None, stop=StopSignal(), past=past, turns=turns)
    try:
        run_now(composed.conductor.conduct())
        composed.ledger.close()
    except ReplayDiverged as diverged:
        return Replayed(info.id, info.digest, None, str(diverged))
    return Replayed(info.id, info.digest, composed.ledger.head, None)


def fork_run(store: Store, run: str, at: int, changes: ForkChanges) -> Ended:
    """A new run: `run` again up to decision `at`, asked anew with `changes` from there on.

    Raises:
        UsageError: when `at` is no decision of the run, or a change is not allowed; names what is.
    """
    base = get_run(store, run)
    scenario = without_wall_limit(scenario_of(store, base))
    _check_point(store, base, at)
    lineage = _lineage(store, base)
    turns = turns_of(scenario, [*_forks(lineage), (at, changes)])
    plan = fork_plan(scenario, parent=base.id, at=at, changes=changes.to_json())
    claimed = claim(store, [plan], Owner.this_process(), take=1)
    if not claimed:
        return _already(store, plan.id)
    recorder = Recorder(store)
    execution = Execution(store, recorder, StopSignal())
    past = _fork_past(store, lineage, plan.id, at)
    ended = run_now(_executed(execution, claimed[0], past, turns))
    recorder.flush()
    return ended


async def _executed(execution: Execution, claimed: Claimed, past: Past, turns: Sequence[Turn]) -> Ended:
    try:
        return await execution.run(claimed, past=past, turns=turns)
    finally:
        await execution.models.aclose()


def turns_of(scenario: Scenario, forks: Sequence[tuple[int, ForkChanges]]) -> list[Turn]:
    """What each of some forks changes, checked against the scenario as the forks before it left it.

    Raises:
        UsageError: for a param that is not live.
        ScenarioError: for a bad value, an unknown agent, or a bad policy.
    """
    turns = []
    for at, changes in forks:
        _refuse_fixed(scenario, changes.settings)
        with naming_swaps(changes.swaps) as swaps:
            revised = revise(scenario, set_=[*changes.settings, *swaps], policies=Catalog())
        before = {agent.name: agent.policy for agent in scenario.agents}
        policies = {
            agent.name: agent.policy.to_json()
            for agent in revised.agents
            if agent.policy != before[agent.name]
        }
        turns.append(Turn(at, policies, dict(revised.params) if changes.settings else None, changes.reseed))
        scenario = revised
    return turns


def swap_setting(swap: str) -> str:
    """``AGENT=MODEL`` as a setting of that agent's policy: `SWAP_FORMS` says what may stand for MODEL.

    Raises:
        UsageError: when it is not of that form.
    """
    agent, equals, target = swap.partition("=")
    if not (agent and equals and target) or target == "scripted/":
        raise UsageError(f"--swap {swap}: should be AGENT=MODEL, where MODEL is {SWAP_FORMS}")
    return f"agents.{agent}.policy={canonical(_swapped_policy(target))}"


def _swapped_policy(target: str) -> dict[str, str]:
    """The policy that a swap asks for; nothing of the old one stays."""
    kind, slash, name = target.partition("/")
    if target == "human":
        return {"kind": "human"}
    if kind == "scripted" and slash:
        return {"kind": "scripted", "name": name}
    return {"kind": "llm", "model": target, "cognition": "direct"}


@contextmanager
def naming_swaps(swaps: Sequence[str]) -> Iterator[list[str]]:
    """Swaps as settings; what is wrong with one is told of the swap that was asked for."""
    settings = [swap_setting(swap) for swap in swaps]
    twice = [agent for agent, count in Counter(swap.partition("=")[0] for swap in swaps).items() if count > 1]
    if twice:
        raise UsageError(f"--swap {twice[0]}=…: given twice; an agent has one policy")
    told = {f"--set {setting}": swap for setting, swap in zip(settings, swaps, strict=True)}
    try:
        yield settings
    except ScenarioError as error:
        raise ScenarioError(_in_words_of_swaps(one, told) for one in error.problems) from error


def _in_words_of_swaps(problem: Problem, told: Mapping[str, str]) -> Problem:
    """A problem as who asked for swaps should read it; `told` maps the settings they became to them."""
    if problem.file not in told:
        words = (
            problem.message.replace(" by --set too", " by --set or --swap too") if told else problem.message
        )
        return replace(problem, message=words)
    swap = told[problem.file]
    target = swap.partition("=")[2]
    bare = problem.message.startswith("unknown model") and "/" not in target
    hint = f"; a rule of the game is scripted/{target}" if bare else ""
    return replace(problem, file=f"--swap {swap}", path="", message=problem.message + hint)


def without_wall_limit(scenario: Scenario) -> Scenario:
    """The scenario without its limit on real time, which a re-execution must not meet."""
    limits = scenario.limits.model_copy(update={"wall_s": None})
    return scenario.model_copy(update={"limits": limits})


def _lineage(store: Store, info: RunInfo) -> list[RunInfo]:
    """A run and its ancestors, the first one first."""
    if info.parent is None:
        return [info]
    return [*_lineage(store, get_run(store, info.parent)), info]


def _ids(runs: Sequence[RunInfo]) -> list[str]:
    return [run.id for run in runs]


def _forks(lineage: Sequence[RunInfo]) -> list[tuple[int, ForkChanges]]:
    """Where and how each fork among some runs changed its parent."""
    return [
        (info.fork_at, ForkChanges.from_json(parse(info.fork)))
        for info in lineage
        if info.fork is not None and info.fork_at is not None
    ]


def _check_point(store: Store, base: RunInfo, at: int) -> None:
    near = first_decision_from(store, base.id, at) if 0 < at <= base.rows else None
    if near is None:
        raise UsageError(f"--at {at}: run {base.id} has no decision from there on; see `lab show {base.id}`")
    if near != at:
        raise UsageError(f"--at {at}: row {at} of run {base.id} is no decision; the next one is {near}")


def _refuse_fixed(scenario: Scenario, settings: Sequence[str]) -> None:
    live = [f"params.{path}" for path in scenario.environment_class().live]
    for setting in settings:
        path = setting.partition("=")[0].strip()
        if path not in live:
            raise UnknownName("live param (what a fork may change)", path, live)


def _fork_past(store: Store, lineage: Sequence[RunInfo], fork: str, at: int) -> Past:
    """The base's rows before `at`, after what an earlier attempt at the fork has written itself."""
    base = lineage[-1].id
    own = chain_hashes(store, fork)
    prefix = chain_hashes(store, base)[: at - 1]
    hashes = own if len(own) >= len(prefix) else [*own, *prefix[len(own) :]]
    recorded = Recorded(hashes, len(own), lambda index: describe_row(store, base, index))
    return Past(recorded, journal_of(store, *_ids(lineage), fork, decided_to=len(own), live_from=at))


def _already(store: Store, run: str) -> Ended:
    info = get_run(store, run)
    status = RunStatus(info.status)
    if status not in FINISHED:
        raise UsageError(f"fork {run} is being executed by another process")
    return Ended(run, status, info.digest, None)
