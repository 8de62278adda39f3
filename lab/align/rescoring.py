"""Decisions without captures, for a probe to score: their logged tokens are read again, up to its layer.

One forward for each answer ends after the module that the probe reads, and no vector is kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from agents.models.local.logged import LoggedAnswer
from agents.models.spec import model_spec
from db.probes import ProbeRow
from db.reading import get_run
from db.store import Store
from lab.core.captures import CaptureSpec
from lab.core.errors import UsageError
from lab.runner.answers import LoggedModel, last_answers_of, logged_model
from lab.runner.repeat import played_by
from lab.runner.reread_plan import Readers

if TYPE_CHECKING:
    from agents.models.local.rereading import Rereader


class Answered(NamedTuple):
    """The model call that answered a decision, and who decided."""

    run: str
    seq: int
    call: int
    attempt: int
    try_: int
    agent: str


@dataclass(frozen=True, slots=True)
class Reread:
    """What was read again.

    Attributes:
        rows: the calls.
        x: their activations [n, width], where the probe reads.
        unread: why others were not read → how many.
    """

    rows: tuple[Answered, ...]
    x: NDArray[np.float32]
    unread: Mapping[str, int]


def reread_rows(
    store: Store, probe: ProbeRow, runs: Iterable[str], known: Collection[tuple[str, int]]
) -> Reread:
    """The activations that a probe reads, of answers that have no captures, from their logged tokens.

    Args:
        store: the log.
        probe: says where to read, and in which weights.
        runs: whose answers.
        known: run and seq of the decisions that need not be read.

    Raises:
        UsageError: when other weights answered than those the probe was fitted on, or they are not at hand.
    """
    reading = _Reading(store, probe)
    for run in runs:
        reading.read(run, known)
    x = np.stack(reading.vectors) if reading.vectors else np.empty((0, probe.width), np.float32)
    return Reread(tuple(reading.rows), x, dict(reading.unread))


def refuse_other_weights(store: Store, probe: ProbeRow, artifact: str) -> LoggedModel:
    """The model of the log with this id, which has the weights and the words that a probe was fitted on.

    Raises:
        UsageError: when it is another one, whose numbers mean nothing to the probe.
        StoreError: when the log lacks one of the two models.
    """
    fitted_on, other = logged_model(store, probe.artifact), logged_model(store, artifact)
    words = f"probe {probe.id[:12]} was fitted on {_named(fitted_on)}"
    if None not in (fitted_on.tokenizer, other.tokenizer) and fitted_on.tokenizer != other.tokenizer:
        raise UsageError(f"{words}; {_named(other)} has another tokenizer: a probe reads its own model only")
    if fitted_on.fingerprint != other.fingerprint:
        raise UsageError(f"{words}; {_named(other)} has other weights: a probe reads its own model only")
    return other


@dataclass(slots=True)
class _Reading:
    store: Store
    probe: ProbeRow
    readers: Readers = field(default_factory=Readers)
    logged: dict[str, LoggedModel] = field(default_factory=dict)
    rows: list[Answered] = field(default_factory=list)
    vectors: list[NDArray[np.float32]] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)

    def read(self, run: str, known: Collection[tuple[str, int]]) -> None:
        answers = [one for one in last_answers_of(self.store, run) if one.key[:2] not in known]
        if not answers:
            return
        aliases = played_by(self.store, get_run(self.store, run)).aliases
        spec = CaptureSpec(sites=(self.probe.site,), layers=(self.probe.layer,), spans=(self.probe.span,))
        for answer in answers:
            reader = self._reader(answer, aliases)
            if isinstance(reader, str):
                self.unread[reader] += 1
                continue
            captured = reader.read(answer, spec, origin="reread")
            (span,) = captured.spans
            if span.reason is not None:
                self.unread[span.reason] += 1
                continue
            run_id, seq, call, attempt, try_ = answer.key
            self.rows.append(Answered(run_id, seq, call, attempt, try_, answer.agent))
            self.vectors.append(captured.rows[0][0].float().numpy())

    def _reader(self, answer: LoggedAnswer, aliases: Mapping[str, Mapping[str, object]]) -> Rereader | str:
        """The model that gave an answer, or why nobody can read it."""
        spec = model_spec(answer.model, aliases)
        name = f"{spec.provider}/{spec.target}"
        if spec.provider != "local" or answer.artifact is None:
            return f"{name} gives no activations; `lab capture --weights local/…` reads its tokens"
        if answer.artifact not in self.logged:
            self.logged[answer.artifact] = refuse_other_weights(self.store, self.probe, answer.artifact)
        if answer.prompt_ids is None or answer.reply_ids is None:
            return f"the log holds no token ids of {name}"
        reader = self.readers.of(spec)
        logged = self.logged[answer.artifact]
        if reader.artifact.fingerprint != logged.fingerprint:
            now = str(reader.artifact.fingerprint)[:12]
            raise UsageError(f"{answer.words} was answered by {_named(logged)}; {name} has weights {now} now")
        return reader


def _named(model: LoggedModel) -> str:
    return f"{model.provider}/{model.name} (weights {str(model.fingerprint)[:12]})"
