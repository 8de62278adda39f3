"""Captures added later: logged answers are read again by the model that wrote them, or by a proxy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

from agents.models.local.logged import LoggedAnswer
from db.reading import RunInfo
from db.recorder import Recorder
from db.store import Store
from lab.core.calls import Artifact
from lab.core.canonical import canonical
from lab.core.captures import CaptureSource, Origin
from lab.core.rows import ArtifactRow
from lab.runner.answers import answers_of
from lab.runner.reread_plan import Checking, Readers, Reread, Todo, Wish

if TYPE_CHECKING:
    from agents.models.local.rereading import Rereader


class Watch(Protocol):
    """What is told while answers are read."""

    def begin(self, what: str, runs: int) -> None:
        """So many runs are now checked, or read."""
        ...

    def advance(self) -> None:
        """One more run is through."""
        ...


class Unwatched:
    """Nobody is told."""

    def begin(self, what: str, runs: int) -> None:
        """Nobody hears."""

    def advance(self) -> None:
        """Nobody hears."""


def reread(
    store: Store,
    runs: Sequence[RunInfo],
    wish: Wish,
    watch: Watch | None = None,
    *,
    readers: Readers | None = None,
) -> Reread:
    """Read logged answers again and keep what is asked for; what the log has already is left alone.

    Args:
        store: the log.
        runs: whose answers.
        wish: what to keep of them.
        watch: told how it goes.
        readers: models that may be loaded already.

    Raises:
        UsageError: when nothing can be read, another model would read, an answer comes out otherwise than
            logged, or more would be kept than allowed. Nothing is kept then.
        StoreError: when the log or the captures cannot be written.
    """
    watch, readers, done = watch or Unwatched(), readers or Readers(), Reread(runs=len(runs))
    checking = Checking(store, wish, readers, done)
    watch.begin("checking", len(runs))
    plans = []
    for info in runs:
        plans.append(checking.plan(info))
        watch.advance()
    checking.refuse()
    watch.begin("reading", len(runs))
    with Recorder(store) as recorder:
        for info, plan in zip(runs, plans, strict=True):
            for answer in answers_of(store, info.id) if plan else ():
                if (todo := plan.get(answer.key)) is not None:
                    _keep(recorder, answer, todo, readers.of(todo.model), wish.origin)
            recorder.seal()
            watch.advance()
    done.models = tuple(readers.names)
    return done


def _keep(recorder: Recorder, answer: LoggedAnswer, todo: Todo, reader: Rereader, origin: Origin) -> None:
    told = reader.encoded(answer) if todo.encode else answer
    captured = reader.read(told, todo.spec, origin=origin)
    if todo.artifact == reader.artifact.id:
        recorder.write_artifact(_artifact_row(reader.artifact))
    gap = todo.gap if origin == "reread" else None
    source = CaptureSource(*answer.key, answer.agent, todo.artifact, todo.proxy, gap)
    recorder.write_captured(source, captured)


def _artifact_row(one: Artifact) -> ArtifactRow:
    said = (canonical(one.config), canonical(one.versions))
    return ArtifactRow(one.id, one.provider, one.name, one.fingerprint, *said)
