"""The scenario: one experiment, validated and frozen, as YAML says it and as a run is built from it.

`ScenarioFile` is what a YAML file may say. `Scenario` is what the loader makes of it: groups expanded,
defaults filled in, every name resolved. The attribute docstrings are the descriptions in `lab schema`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, ValidationError

from lab.core.canonical import canonical
from lab.core.errors import UsageError
from lab.core.ports import AgentFacts, Seat
from lab.core.streams import stream_key, uniform
from scenarios.catalog import load_environment
from scenarios.environment import Environment, Spec
from scenarios.look import Look, shuffled_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

NAME_PATTERN = r"^[A-Za-z0-9_][A-Za-z0-9_-]*$"
NAME_RULE = "letters, digits, '_' and '-' only"
MAX_GROUP = 10_000
MAX_SEED = 2**63 - 1

Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=64)]
Count = Annotated[int, Field(ge=1)]


class Section(Spec):
    """Base of the sections of a file: strict, frozen, described by its attribute docstrings."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class ClockSpec(Section):
    """What a tick is, and how many there may be."""

    tick: str = Field("round", min_length=1)
    """What one tick stands for, in the scenario's words."""
    max_ticks: Count = 1000
    """A cap: instants 0 … max_ticks-1 happen; a run that reaches it ends as `limited`."""


class PolicySpec(BaseModel):
    """What turns an agent's requests into decisions: a kind and that kind's own options."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, use_attribute_docstrings=True)
    __pydantic_extra__: dict[str, JsonValue]

    kind: str
    """scripted, llm, human or replay."""

    def to_json(self) -> dict[str, Any]:
        """Kind and options as JSON data."""
        return self.model_dump(mode="json")


def acting(policy: Mapping[str, Any]) -> dict[str, Any]:
    """A policy without what only watches it: captures change nothing that happens."""
    return {name: value for name, value in policy.items() if name != "capture"}


def plays(policy: Mapping[str, Any]) -> str:
    """The scripted policy's name, or the model; empty where a policy names neither."""
    said = policy.get("name" if policy.get("kind") == "scripted" else "model")
    return said if isinstance(said, str) else ""


class ThinkTime(Section):
    """How many ticks pass between an ask and its reply: base + token terms + a seeded 0 … jitter."""

    base: int = Field(0, ge=0)
    """Ticks that every reply takes."""
    per_token_in: float = Field(0.0, ge=0)
    """Ticks per prompt token."""
    per_token_out: float = Field(0.0, ge=0)
    """Ticks per reply token."""
    jitter: int = Field(0, ge=0)
    """Largest number of extra ticks, drawn uniformly from the run's seed."""


def _base_ticks(value: Any) -> Any:
    return {"base": value} if isinstance(value, int) and not isinstance(value, bool) else value


def _listed(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


class _Agent(Section):
    """What every agent has, in a file and in a run."""

    name: Name
    """How the agent is called in paths, prompts and the log."""
    role: str | None = None
    """A role that the environment knows."""
    persona: str | None = None
    """Who the agent is, in words that only it is shown."""
    policy: PolicySpec
    """What turns its requests into decisions."""
    think_time: Annotated[ThinkTime, BeforeValidator(_base_ticks, json_schema_input_type=int | ThinkTime)] = (
        ThinkTime()
    )
    """Ticks between an ask and its reply: a number, or a mapping of terms."""
    params: dict[str, JsonValue] = {}
    """Settings of this agent that the environment defines."""


class AgentEntry(_Agent):
    """An agent of a file, or a group of alike agents."""

    count: int | None = Field(None, ge=1, le=MAX_GROUP)
    """Makes a group of so many agents: NAME-1, NAME-2, …"""


class AgentSpec(_Agent):
    """An agent of a run; `group` is the name of the entry that a `count` expanded."""

    group: str | None = None


class RenderSpec(Section):
    """How the game is worded. Lists are sampled per run from its seed; a factor fixes them."""

    wording: Annotated[
        tuple[Annotated[int, Field(ge=0)], ...],
        Field(min_length=1),
        BeforeValidator(_listed, json_schema_input_type=int | list[int]),
    ] = (0,)
    """Index of a wording of the environment's renderer, or several."""
    labels: Literal["plain", "shuffle"] = "plain"
    """Whether options keep their names or get letters in an order drawn from the run's seed."""
    cover: Annotated[
        tuple[str, ...],
        Field(min_length=1),
        BeforeValidator(_listed, json_schema_input_type=str | list[str]),
    ] = ()
    """Cover story, or several; the environment's first where none is given."""


class LimitsSpec(Section):
    """What ends a run early. Ticks, decisions, tokens and cost are computed from the log."""

    ticks: Count | None = None
    """Simulated instants."""
    decisions: Count | None = None
    """Decisions of all agents together."""
    tokens: Count | None = None
    """Prompt and reply tokens of all model calls together."""
    cost_usd: float | None = Field(None, gt=0)
    """Price of all model calls together, in US dollars."""
    wall_s: float | None = Field(None, gt=0)
    """Seconds of real time; the run is `stopped` and the next call continues it."""
    capture_gb: float | None = Field(None, gt=0)
    """Activations kept, in GB of 10^9 bytes; 2 where nothing is said. What would take more does not begin."""


class FailuresSpec(Section):
    """How much may go wrong outside the agents before a run counts as failed."""

    decisions: float = Field(0.0, ge=0, le=1)
    """Share of decisions that may end in a model error after all retries."""


class OnInvalidSpec(Section):
    """What happens to a reply that is not in the action space."""

    retries: int = Field(1, ge=0, le=100)
    """How often the agent is asked again, with the reason."""
    then: Literal["abstain", "fail"] = "abstain"
    """Apply the environment's declared non-response, or fail the run."""


class Price(Section):
    """What a model costs, in US dollars per million tokens."""

    input: float = Field(alias="in", ge=0)
    """Prompt tokens."""
    output: float = Field(alias="out", ge=0)
    """Reply tokens."""


def _variable_name(value: str) -> str:
    """The value is not repeated: somebody may have put the key itself there."""
    if not value.isascii() or not value.isidentifier():
        raise ValueError("names an environment variable (letters, digits and '_'), never the key itself")
    return value


class ModelAlias(Section):
    """A model under a short name that policies may use."""

    model: str
    """openai/…, local/… or mock/…"""
    base_url: str | None = None
    """Address of an OpenAI-compatible endpoint."""
    api_key_env: Annotated[str, AfterValidator(_variable_name)] | None = None
    """Name of the environment variable that holds the key; the key itself is never stored."""
    price: Price | None = None
    """Price, where the lab does not know it."""
    options: dict[str, JsonValue] = {}
    """Sampling and provider options."""


class InterventionSpec(BaseModel):
    """A change made on purpose, to the world or inside a model: a kind and its own options."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True, use_attribute_docstrings=True)
    __pydantic_extra__: dict[str, JsonValue]

    kind: str
    """What is changed."""


class _Experiment(Section):
    """The sections that a file and a resolved scenario share."""

    schema_: Literal[1] = Field(alias="schema")
    """Version of this format: 1."""
    name: Name
    """Name of the scenario in the log."""
    environment: str
    """FAMILY/NAME of a shipped environment, or package.module:Class."""
    seed: int = Field(0, ge=0, le=MAX_SEED)
    """Seed of `lab run`; a study brings its own."""
    clock: ClockSpec = ClockSpec()
    """The unit of simulated time, and a cap on it."""
    params: dict[str, JsonValue] = {}
    """Settings of the game; the environment defines them."""
    models: dict[str, ModelAlias] = {}
    """Model aliases for `policy.model` and `--swap`."""
    render: RenderSpec = RenderSpec()
    """How the game is worded."""
    interventions: tuple[InterventionSpec, ...] = ()
    """Changes made on purpose."""
    limits: LimitsSpec = LimitsSpec()
    """What ends a run early."""
    failures: FailuresSpec = FailuresSpec()
    """What makes a run failed."""
    on_invalid: OnInvalidSpec = OnInvalidSpec()
    """What happens to an invalid reply."""


class ScenarioFile(_Experiment):
    """A scenario file: one experiment in YAML."""

    agents: tuple[AgentEntry, ...] = Field(min_length=1)
    """Who takes part; the order is the order of simultaneous asks."""
    measures: tuple[str, ...] | None = None
    """Measures of the environment to compute; all of them where none are named."""


RULES = ("environment", "environment_version", "clock", "params")
IDENTITY = (*RULES, "agents", "render", "interventions", "on_invalid")


class Scenario(_Experiment):
    """The validated, frozen description of one experiment: what runs are built from.

    Attributes:
        agents: groups expanded, in scenario order.
        params: completed by the environment's spec, as JSON data.
        measures: names of the measures to compute.
        environment_version: version of the rules that the scenario was checked against.
        code_dir: the folder that `package.module:Class` names are imported from, or None; no identity.
        code_hash: content address of the modules so named, or None; no identity.
    """

    agents: tuple[AgentSpec, ...] = Field(min_length=1)
    measures: tuple[str, ...]
    environment_version: int
    code_dir: str | None = None
    code_hash: str | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Scenario:
        """The scenario that `to_json` wrote down.

        Raises:
            UsageError: when `data` is not a resolved scenario.
        """
        try:
            return cls.model_validate_json(canonical(dict(data)))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(step) for step in first["loc"])
            raise UsageError(f"not a resolved scenario: {where}: {first['msg']}") from error

    def to_json(self) -> dict[str, Any]:
        """The scenario as JSON data, groups expanded and defaults filled in."""
        data = self.model_dump(mode="json", by_alias=True)
        own_code = ("code_dir", "code_hash")
        return {key: value for key, value in data.items() if value is not None or key not in own_code}

    def identity(self) -> dict[str, Any]:
        """The part that decides behavior: a run may be continued only under an equal identity."""
        data = self.to_json()
        identity = {key: data[key] for key in IDENTITY}
        identity["agents"] = [{**one, "policy": acting(one["policy"])} for one in data["agents"]]
        if models := self._models_used():
            identity["models"] = models
        return identity

    def _models_used(self) -> dict[str, Any]:
        """What the aliases that agents use stand for; address, key and price change no behavior."""
        names = [agent.policy.to_json().get("model") for agent in self.agents]
        return {
            name: alias.model_dump(mode="json", exclude={"base_url", "api_key_env", "price"})
            for name, alias in self.models.items()
            if name in names
        }

    def agent_facts(self) -> tuple[AgentFacts, ...]:
        """The agents as their policies are told of them, in scenario order."""
        kind = self.environment_class()
        aliases = {name: alias.model_dump(mode="json", by_alias=True) for name, alias in self.models.items()}
        return tuple(
            AgentFacts(a.name, a.role, a.persona, kind.seat_name(place, a.role), self.environment, aliases)
            for place, a in enumerate(self.agents)
        )

    def environment_class(self) -> type[Environment[Any]]:
        """The environment, imported from `code_dir` where it is the scenario's own."""
        return load_environment(self.environment, self.code_dir)

    def environment_params(self) -> Spec:
        """`params` as the environment's own spec."""
        return parse_params(self.environment_class().Params, self.params)

    def seats(self) -> tuple[Seat, ...]:
        """The agents as the environment sees them, in scenario order."""
        spec = self.environment_class().AgentParams
        return tuple(
            Seat(a.name, a.role, parse_params(spec, a.params), a.policy.kind, plays(a.policy.to_json()))
            for a in self.agents
        )

    def look(self, seed: int) -> Look:
        """How the game is worded in the run of this seed: each list of `render` is sampled once."""
        return Look(
            wording=_sampled(self.render.wording, seed, "render.wording"),
            cover=_sampled(self.render.cover, seed, "render.cover"),
            labels=self._labels(seed) if self.render.labels == "shuffle" else {},
        )

    def _labels(self, seed: int) -> dict[str, str]:
        options = self.environment_class().label_options(self.environment_params())
        return shuffled_labels(options, seed)


def parse_params(spec: type[Spec], params: Mapping[str, Any]) -> Spec:
    """`params` as `spec`; keys arrive sorted, so their order in a file never carries meaning.

    Raises:
        ValidationError: when they do not fit.
    """
    return spec.model_validate_json(canonical(dict(params)))


def _sampled(values: Sequence[Any], seed: int, purpose: str) -> Any:
    return values[int(uniform(stream_key(seed, purpose)) * len(values))]
