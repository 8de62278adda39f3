"""Model calls of one run: answered from the log where it holds them, else asked and committed.

A call is found by where it stands (agent, tick, phase, ask, node, attempt, how often before) and checked
against its request hash. A different request stops the run; nothing is silently asked again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from lab.core.calls import Artifact, Model, ModelFailure, ModelReply, ModelRequest
from lab.core.canonical import canonical, clean_text, content_hash, parse
from lab.core.captures import CaptureSource
from lab.core.errors import ModelUnavailable, ReplayDiverged
from lab.core.ports import ReadReply, Sink
from lab.core.records import DecisionRequest
from lab.core.rows import ArtifactRow, CallRow


class Place(NamedTuple):
    """Where a call stands in its run."""

    agent: str
    tick: int
    phase: str
    ask: int
    node: str
    attempt: int
    nth: int


class RecordedCall(NamedTuple):
    """A try that the log holds, with its request as text and its reply, or the error it ended in."""

    place: Place
    number: int
    request_hash: str
    request: str
    reply: ModelReply | None
    error: str | None


class Journal:
    """The recorded calls of a run.

    Args:
        calls: tries that the log holds, in its order: of the failed tries at a call the last one counts.
        decided_to: the last decision that the log holds; up to it a failed call fails again.
        closed: whether a call beyond the log is a divergence, as in a replay.
        live_from: from this decision on calls are matched by request hash and the others go live, as in a
            fork; None to match every call by place.
    """

    def __init__(
        self,
        calls: Iterable[RecordedCall] = (),
        *,
        decided_to: int = 0,
        closed: bool = False,
        live_from: int | None = None,
    ) -> None:
        self._by_place: dict[Place, RecordedCall] = {}
        self._by_hash: dict[str, ModelReply] = {}
        self._failed: Counter[Place] = Counter()
        self._numbers: dict[Place, int] = {}
        self._next_number: Counter[tuple[str, int, str, int]] = Counter()
        for call in calls:
            self._keep(call)
        self._decided_to = decided_to
        self._closed = closed
        self._live_from = live_from

    def tries(self, place: Place) -> int:
        """How many tries at this call failed in earlier attempts at the run."""
        return self._failed[place]

    def number(self, place: Place) -> int:
        """The call's number in its decision: the one the log gave it, else the next."""
        if place not in self._numbers:
            decision = place[:4]
            self._numbers[place] = self._next_number[decision]
            self._next_number[decision] += 1
        return self._numbers[place]

    def reply(self, seq: int, place: Place, request: ModelRequest) -> ModelReply | None:
        """The recorded reply to this call, or None when it must be asked.

        Raises:
            ReplayDiverged: when the log holds another request at this place, or must hold one and does not.
            ModelUnavailable: when the call failed for good before its decision was logged.
        """
        live = self._live_from is not None and seq >= self._live_from
        call = self._by_place.get(place)
        if call is None or (live and call.request_hash != request.hash):
            if self._closed and not live:
                raise ReplayDiverged(seq, call=place.node, recorded="no call", found=request.text)
            return self._by_hash.get(request.hash) if live else None
        if call.request_hash != request.hash:
            raise ReplayDiverged(seq, call=place.node, recorded=call.request, found=request.text)
        if call.reply is None and (self._closed or seq <= self._decided_to or self._was_overcome(place)):
            raise ModelUnavailable(call.error or "no reply")
        return call.reply

    def _was_overcome(self, place: Place) -> bool:
        """Whether the policy asked again after this failure and got a reply, which is paid for."""
        later = self._by_place.get(place._replace(nth=place.nth + 1))
        return later is not None and (later.reply is not None or self._was_overcome(later.place))

    def _is_answered(self, place: Place) -> bool:
        kept = self._by_place.get(place)
        return kept is not None and kept.reply is not None

    def _keep(self, call: RecordedCall) -> None:
        self._numbers[call.place] = call.number
        decision = call.place[:4]
        self._next_number[decision] = max(self._next_number[decision], call.number + 1)
        if call.reply is not None:
            self._by_hash[call.request_hash] = call.reply
        else:
            self._failed[call.place] += 1
        if call.reply is not None or not self._is_answered(call.place):
            self._by_place[call.place] = call


class Calls:
    """What `ctx.complete` uses: one run's journal, its rows, and what they cost so far.

    Attributes:
        tokens: tokens in and out of all replies, recorded ones included.
        notes: what a reader of the run should know of its models.
    """

    def __init__(self, run: str, sink: Sink | None, journal: Journal) -> None:
        self._run = run
        self._sink = sink
        self._journal = journal
        self._counts: Counter[tuple[int, str, int]] = Counter()
        self._artifacts: set[str] = set()
        self._cost_nusd = 0
        self.tokens = 0
        self.notes: list[str] = []

    @property
    def cost_usd(self) -> float:
        """The sum of the prices known; kept in whole billionths, so that no order of replies changes it."""
        return self._cost_nusd / 1e9

    async def complete(
        self,
        asked: DecisionRequest,
        model: Model,
        request: ModelRequest,
        node: str,
        read: ReadReply | None = None,
    ) -> ModelReply:
        """The reply to a call made inside a decision, as the log holds it; durable before it is returned.

        What `read` makes of a new reply is logged with it.

        Raises:
            ModelUnavailable: when the model failed; every failed try is a row.
        """
        request.hash  # noqa: B018  fixed now: a model's code must not change what the log says it was asked
        place = self._place(asked, node)
        number = self._journal.number(place)
        reply = self._journal.reply(asked.seq, place, request)
        if reply is None:
            result = await self._ask(model, request)
            reply = await self._log(_Call(self._run, asked, request, place, number), result, read)
        self._count(reply)
        return reply

    def _place(self, asked: DecisionRequest, node: str) -> Place:
        key = (asked.seq, node, asked.attempt)
        nth = self._counts[key]
        self._counts[key] += 1
        return Place(asked.agent, asked.tick, asked.phase, asked.ask, node, asked.attempt, nth)

    async def _ask(self, model: Model, request: ModelRequest) -> ModelReply | ModelFailure:
        results = await model.complete([request])
        if len(results) != 1:
            return ModelFailure("malformed", f"the model gave {len(results)} results for one request")
        return results[0]

    async def _log(
        self, call: _Call, result: ModelReply | ModelFailure, read: ReadReply | None
    ) -> ModelReply:
        """Commit every try of a call, the last with its reply; return the reply as the log gives it back."""
        texts = {call.request.hash: call.request.text}
        tries = [*result.failed, *([result] if isinstance(result, ModelFailure) else [])]
        first = self._journal.tries(call.place)
        rows = [call.failed(failure, first + nth) for nth, failure in enumerate(tries)]
        if isinstance(result, ModelReply):
            row = call.replied(result, first + len(rows), texts)
            parsed = canonical(read(reply_of(row, texts))) if read is not None else None
            rows.append(row._replace(parsed=parsed))
            self._note(result.artifact)
            self._capture(rows[-1], result)
        if self._sink is not None:
            for row in rows:
                self._sink.write_call(row, texts)
            await self._sink.committed()
        if isinstance(result, ModelFailure):
            raise ModelUnavailable(failure_text(result))
        return reply_of(rows[-1], texts)

    def _capture(self, row: CallRow, reply: ModelReply) -> None:
        """Hand on what was kept of the model's activations."""
        if reply.captured is None or self._sink is None:
            return
        assert row.artifact is not None, "activations are some model's"
        source = CaptureSource(row.run, row.seq, row.call, row.attempt, row.try_, row.agent, row.artifact)
        self._sink.write_captured(source, reply.captured)

    def _note(self, artifact: Artifact | None) -> None:
        if artifact is None or artifact.id in self._artifacts:
            return
        self._artifacts.add(artifact.id)
        if note := artifact.config.get("note"):
            self.notes.append(f"{artifact.provider}/{artifact.name}: {note}")
        if self._sink is not None:
            self._sink.write_artifact(
                ArtifactRow(
                    artifact.id,
                    artifact.provider,
                    artifact.name,
                    artifact.fingerprint,
                    canonical(artifact.config),
                    canonical(artifact.versions),
                )
            )

    def _count(self, reply: ModelReply) -> None:
        self.tokens += (reply.tokens_in or 0) + (reply.tokens_out or 0)
        self._cost_nusd += round((reply.cost_usd or 0.0) * 1e9)


class _Call(NamedTuple):
    """A call on its way to the log."""

    run: str
    asked: DecisionRequest
    request: ModelRequest
    place: Place
    number: int

    def failed(self, failure: ModelFailure, try_: int) -> CallRow:
        """The row of a try that brought no reply."""
        return self._row(try_)._replace(latency_s=failure.latency_s, error=failure_text(failure))

    def replied(self, reply: ModelReply, try_: int, texts: dict[str, str]) -> CallRow:
        """The row of a reply; the texts it refers to are added to `texts`."""
        logprobs = reply.choice_logprobs
        return self._row(try_)._replace(
            reply=_kept(texts, reply.text),
            reasoning=_kept(texts, reply.reasoning),
            finish=reply.finish,
            tokens_in=reply.tokens_in,
            tokens_out=reply.tokens_out,
            cost_usd=reply.cost_usd,
            latency_s=reply.latency_s,
            facts=canonical(reply.facts) if reply.facts else None,
            artifact=reply.artifact.id if reply.artifact else None,
            prompt_ids=_kept_ids(texts, reply.prompt_ids),
            reply_ids=_kept_ids(texts, reply.reply_ids),
            segments=_segments(self.request, reply),
            choice_logprobs=None if logprobs is None else canonical(logprobs),
            legal_mass=reply.legal_mass,
            reply_logprobs=None if reply.reply_logprobs is None else canonical(reply.reply_logprobs),
        )

    def _row(self, try_: int) -> CallRow:
        place, request = self.place, self.request
        return CallRow(
            run=self.run,
            seq=self.asked.seq,
            call=self.number,
            attempt=place.attempt,
            try_=try_,
            agent=place.agent,
            tick=place.tick,
            phase=place.phase,
            ask=place.ask,
            node=f"{place.node}#{place.nth}",
            model=request.model,
            request_hash=request.hash,
            request=request.hash,
            reply=None,
            reasoning=None,
            finish=None,
            seed=request.seed,
            tokens_in=None,
            tokens_out=None,
            cost_usd=None,
            latency_s=None,
            facts=None,
            error=None,
        )


def _segments(request: ModelRequest, reply: ModelReply) -> str | None:
    """Name, message, first character and end, first token and end of each segment, as JSON."""
    if not request.segments:
        return None
    ids = reply.segment_ids or (None,) * len(request.segments)
    rows = [
        [*segment, *(tokens or (None, None))] for segment, tokens in zip(request.segments, ids, strict=True)
    ]
    return canonical(rows)


def failure_text(failure: ModelFailure) -> str:
    """A failed try in one line."""
    return clean_text(f"{failure.kind}: {failure.message}")


def _kept(texts: dict[str, str], text: str | None) -> str | None:
    if text is None:
        return None
    clean = clean_text(text)
    key = content_hash(clean)
    texts[key] = clean
    return key


def _kept_ids(texts: dict[str, str], ids: Sequence[int] | None) -> str | None:
    return None if ids is None else _kept(texts, canonical(ids))


def recorded_call(row: CallRow, texts: Mapping[str, str]) -> RecordedCall:
    """A row of the log as a call that the journal can answer with; `texts` maps hashes to texts."""
    node, _, nth = row.node.rpartition("#")
    place = Place(row.agent, row.tick, row.phase, row.ask, node, row.attempt, int(nth))
    reply = None if row.reply is None else reply_of(row, texts)
    return RecordedCall(place, row.call, row.request_hash, texts[row.request], reply, row.error)


def reply_of(row: CallRow, texts: Mapping[str, str]) -> ModelReply:
    """The reply that a row of the log holds; `texts` maps hashes to texts."""
    assert row.reply is not None, "a failed try has no reply"
    return ModelReply(
        text=texts[row.reply],
        reasoning=None if row.reasoning is None else texts[row.reasoning],
        finish=row.finish,
        tokens_in=row.tokens_in,
        tokens_out=row.tokens_out,
        cost_usd=row.cost_usd,
        latency_s=row.latency_s or 0.0,
        facts=parse(row.facts) if row.facts else {},
        prompt_ids=_ids(row.prompt_ids, texts),
        reply_ids=_ids(row.reply_ids, texts),
        choice_logprobs=None if row.choice_logprobs is None else parse(row.choice_logprobs),
        legal_mass=row.legal_mass,
        reply_logprobs=None if row.reply_logprobs is None else tuple(parse(row.reply_logprobs)),
    )


def _ids(key: str | None, texts: Mapping[str, str]) -> tuple[int, ...] | None:
    return None if key is None else tuple(parse(texts[key]))
