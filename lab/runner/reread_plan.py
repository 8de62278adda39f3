"""Which logged answers are to be read again, by which model, and what speaks against it.

Every answer's log-probability is compared with the log's before anything is kept: one that comes out
otherwise says that weights or tokens are not those of the run.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from agents.capture_options import CAPTURING, CaptureOptions, capture_bytes, capture_problems, model_shape
from agents.models.local.logged import LoggedAnswer
from agents.models.spec import ModelSpec, model_spec
from agents.options import option_problems
from db.captures import sites_text
from db.reading import RunInfo
from db.store import Store
from lab.core.calls import Artifact
from lab.core.canonical import content_hash
from lab.core.captures import CaptureSpec, Origin
from lab.core.errors import UnknownName, UsageError
from lab.runner.answers import Kept, Key, LoggedModel, answers_of, kept_of, logged_model, scored_of
from lab.runner.probe_files import probe_files
from lab.runner.repeat import Played, played_by
from lab.runner.room import CAPTURE_GB

if TYPE_CHECKING:
    from agents.models.local.rereading import Rereader


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be read again, and by what.

    Attributes:
        options: what to keep, as in a policy's `capture`; what is left out is as the policy says.
        weights: the model that reads, ``local/…``; None for the one that answered.
        proxy: whether another model than the one that answered may read.
        tolerance: largest difference to a logged log-probability, nats; None for what the dtype explains.
        agent: whose answers; None for all.
        most_gb: most GB that may be kept.
        origin: how the captures are marked.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    weights: str | None = None
    proxy: bool = False
    tolerance: float | None = None
    agent: str | None = None
    most_gb: float = CAPTURE_GB
    origin: Origin = "reread"


@dataclass(slots=True)
class Reread:
    """What came of it.

    Attributes:
        runs: runs looked at.
        captured: answers of which something was kept.
        skipped: answers of which the log had all that was asked for.
        unchecked: answers captured without any log-probability to compare with.
        proxy: answers captured from another model than the one that gave them.
        gap: largest difference to a logged log-probability, nats; None where none was compared.
        models: the models that read.
        passed: why answers were left out, and how many for each reason.
    """

    runs: int = 0
    captured: int = 0
    skipped: int = 0
    unchecked: int = 0
    proxy: int = 0
    gap: float | None = None
    models: tuple[str, ...] = ()
    passed: dict[str, int] = field(default_factory=dict)


class Todo(NamedTuple):
    """What is to be done about an answer.

    Attributes:
        model: the model that reads it.
        artifact: its id for the log.
        spec: what is still to be kept.
        proxy: whether it is another model than the one that answered.
        encode: whether the answer has to be written in its tokens first.
        gap: difference to the logged log-probabilities, nats; None where there are none to compare with.
    """

    model: ModelSpec
    artifact: str
    spec: CaptureSpec
    proxy: bool
    encode: bool
    gap: float | None = None


class Readers:
    """Models that read, each loaded once."""

    def __init__(self) -> None:
        self._open: dict[str, Rereader] = {}

    @property
    def names(self) -> Iterator[str]:
        """The models loaded so far."""
        return (f"{CAPTURING}/{one.artifact.name}" for one in self._open.values())

    def of(self, model: ModelSpec) -> Rereader:
        """The model, loaded.

        Raises:
            UsageError: when it cannot be.
        """
        if model.key not in self._open:
            from agents.models.local.rereading import open_rereader  # here, because it loads torch

            self._open[model.key] = open_rereader(model)
        return self._open[model.key]


class Checking:
    """The plan for every run, and what speaks against it; counts into `done` as it goes."""

    def __init__(self, store: Store, wish: Wish, readers: Readers, done: Reread) -> None:
        self._store = store
        self._wish = wish
        self._readers = readers
        self._done = done
        self._logged: dict[str, LoggedModel] = {}
        self._agents: set[str] = set()
        self._worst: tuple[float, str, float] | None = None
        self._bytes = 0

    def plan(self, info: RunInfo) -> dict[Key, Todo]:
        """What is to be done about each answer of a run.

        Raises:
            UsageError: when another model would read, or what is asked for is none of the model's.
        """
        played = played_by(self._store, info)
        self._agents.update(played.policies)
        kept, scored = kept_of(self._store, info.id), scored_of(self._store, info.id)
        plan = {}
        for answer in answers_of(self._store, info.id, agent=self._wish.agent):
            model = self._model(answer, played)
            if isinstance(model, str):
                self._done.passed[model] = self._done.passed.get(model, 0) + 1
                continue
            todo = self._todo(answer, model, played.policies.get(answer.agent, {}))
            left = _left(todo, answer.key, self._readers.of(model), kept, scored)
            if left is None:
                self._done.skipped += 1
                continue
            plan[answer.key] = self._checked(answer, todo._replace(spec=left))
        return plan

    def refuse(self) -> None:
        """Stop where the plans are not to be carried out.

        Raises:
            UsageError: says why, and what would help.
        """
        done, wish = self._done, self._wish
        if wish.agent is not None and wish.agent not in self._agents:
            raise UnknownName("agent", wish.agent, self._agents)
        if not done.captured and not done.skipped:
            raise UsageError(next(iter(done.passed), "no model answered in it: there is nothing to read"))
        if self._worst is not None:
            gap, words, allowed = self._worst
            raise UsageError(
                f"{words}: a log-probability comes out {gap:.2g} nats from the log's, and at most "
                f"{allowed:g} is rounding: these are not the weights or tokens of the run. Nothing was kept "
                "(--tolerance N allows more)"
            )
        if self._bytes > wish.most_gb * 1e9:
            raise UsageError(
                f"captures would take about {self._bytes / 1e9:.3g} GB, the limit is {wish.most_gb:g} GB; "
                "raise it with --capture-gb N, or keep fewer layers (every4), spans or sites"
            )

    def _model(self, answer: LoggedAnswer, played: Played) -> ModelSpec | str:
        """The model that reads an answer, or why none can."""
        wrote = model_spec(answer.model, played.aliases)
        name = f"{wrote.provider}/{wrote.target}"
        if answer.prompt_ids is None and not (self._wish.weights and self._wish.proxy):
            why = "its server returned none" if wrote.provider == "openai" else "it has none"
            return f"{answer.agent}: the log holds no token ids of {name}: {why}"
        if self._wish.weights is not None:
            return self._weights(played)
        if wrote.provider != CAPTURING:
            which = f"--weights {CAPTURING}/… names the weights that read its tokens"
            return f"{answer.agent}: {name} gives no activations; {which}"
        return wrote

    def _weights(self, played: Played) -> ModelSpec:
        model = model_spec(str(self._wish.weights), played.aliases)
        if model.provider != CAPTURING:
            raise UsageError(f"--weights {self._wish.weights}: should be {CAPTURING}/PATH-OR-HUB-ID")
        return model

    def _todo(self, answer: LoggedAnswer, model: ModelSpec, policy: Mapping[str, Any]) -> Todo:
        reading = self._readers.of(model).artifact
        logged = self._logged_model(answer.artifact)
        options = _options(model, policy, self._wish.options)
        spec = replace(options.spec(), scores=tuple(probe_files(self._store, options.probes)))
        if logged is None or logged.provider != CAPTURING:  # nobody can compare weights that are elsewhere
            return Todo(model, reading.id, spec, self._wish.proxy, self._wish.proxy)
        proxy = logged.fingerprint != reading.fingerprint
        if proxy and not self._wish.proxy:
            raise UsageError(_other_weights(answer, logged, reading))
        of_run = (logged.tokenizer, logged.dtypes)
        same = not proxy and of_run == (reading.config["tokenizer"], reading.config["dtypes"])
        encode = proxy and logged.tokenizer != reading.config["tokenizer"]
        return Todo(model, logged.id if same else reading.id, spec, proxy, encode)

    def _logged_model(self, artifact: str | None) -> LoggedModel | None:
        if artifact is None:
            return None
        if artifact not in self._logged:
            self._logged[artifact] = logged_model(self._store, artifact)
        return self._logged[artifact]

    def _checked(self, answer: LoggedAnswer, todo: Todo) -> Todo:
        """The same, its gap found; counted."""
        done, reader = self._done, self._readers.of(todo.model)
        gap = None if todo.proxy else reader.gap(answer)
        allowed = reader.tolerance if self._wish.tolerance is None else self._wish.tolerance
        if gap is not None:
            done.gap = gap if done.gap is None else max(done.gap, gap)
            if gap > allowed and (self._worst is None or gap > self._worst[0]):
                self._worst = gap, answer.words, allowed
        shape = model_shape(todo.model)
        self._bytes += 0 if shape is None else capture_bytes(todo.spec, shape)
        done.captured += 1
        done.proxy += todo.proxy
        done.unchecked += gap is None and not todo.proxy
        return todo._replace(gap=gap)


def _left(
    todo: Todo, key: Key, reader: Rereader, kept: Collection[Kept], scored: Collection[Key]
) -> CaptureSpec | None:
    """What of a spec the log lacks; None when it has all of it."""
    if not todo.spec.vectors:
        return None if key in scored else todo.spec
    of = content_hash(sites_text(reader.shapes(todo.spec)))
    spans = tuple(span for span in todo.spec.spans if Kept(key, span, of, todo.artifact) not in kept)
    return replace(todo.spec, spans=spans) if spans else None


def _options(model: ModelSpec, policy: Mapping[str, Any], given: Mapping[str, Any]) -> CaptureOptions:
    """What to keep: as asked for now, else as the policy says, else the defaults."""
    said = policy.get("capture") or {}
    if given:  # who names sites wants vectors, not the scores that the policy may ask for
        said = {name: value for name, value in said.items() if name not in ("tokens", "probes")}
    options = {**said, **given}
    wrong = list(option_problems(CaptureOptions, options))
    wrong = wrong or list(capture_problems(CaptureOptions(**options), model))
    if wrong:
        raise UsageError("\n".join(f"--{path}: {message}" for path, message in wrong))
    return CaptureOptions(**options)


def _other_weights(answer: LoggedAnswer, logged: LoggedModel, reading: Artifact) -> str:
    return (
        f"{answer.words}: {answer.agent} was played by {CAPTURING}/{logged.name}, weights "
        f"{str(logged.fingerprint)[:12]}; {CAPTURING}/{reading.name} is another model, weights "
        f"{str(reading.fingerprint)[:12]}. `--reader proxy` reads with it all the same, and what is found "
        "then reaches L1 at most"
    )
