"""Model calls of one run: answered from the log where it holds them, else asked and committed.

A call is found by where it stands (agent, tick, phase, ask, node, attempt, how often before) and checked
against its request hash. A different request stops the run; nothing is silently asked again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from lab.core.calls import Model, ModelFailure, ModelReply, ModelRequest
from lab.core.canonical import canonical, clean_text, content_hash, parse
from lab.core.errors import ModelUnavailable, ReplayDiverged
from lab.core.ports import Sink
from lab.core.records import DecisionRequest
from lab.core.rows import CallRow


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
        calls: tries that the log holds.
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

    def _keep(self, call: RecordedCall) -> None:
        self._numbers[call.place] = call.number
        decision = call.place[:4]
        self._next_number[decision] = max(self._next_number[decision], call.number + 1)
        if call.reply is not None:
            self._by_hash[call.request_hash] = call.reply
        else:
            self._failed[call.place] += 1
        if call.reply is not None or call.place not in self._by_place:
            self._by_place[call.place] = call


class Calls:
    """What `ctx.complete` uses: one run's journal, its rows, and what they cost so far.

    Attributes:
        tokens: tokens in and out of all replies, recorded ones included.
    """

    def __init__(self, run: str, sink: Sink | None, journal: Journal) -> None:
        self._run = run
        self._sink = sink
        self._journal = journal
        self._counts: Counter[tuple[int, str, int]] = Counter()
        self._cost_nusd = 0
        self.tokens = 0

    @property
    def cost_usd(self) -> float:
        """The sum of the prices known; kept in whole billionths, so that no order of replies changes it."""
        return self._cost_nusd / 1e9

    async def complete(
        self, asked: DecisionRequest, model: Model, request: ModelRequest, node: str
    ) -> ModelReply:
        """The reply to a call made inside a decision, as the log holds it; durable before it is returned.

        Raises:
            ModelUnavailable: when the model failed; the failed try is a row.
        """
        place = self._place(asked, node)
        number = self._journal.number(place)
        reply = self._journal.reply(asked.seq, place, request)
        if reply is None:
            reply = await self._ask(asked, model, request, place, number)
        self._count(reply)
        return reply

    def _place(self, asked: DecisionRequest, node: str) -> Place:
        key = (asked.seq, node, asked.attempt)
        nth = self._counts[key]
        self._counts[key] += 1
        return Place(asked.agent, asked.tick, asked.phase, asked.ask, node, asked.attempt, nth)

    async def _ask(
        self, asked: DecisionRequest, model: Model, request: ModelRequest, place: Place, number: int
    ) -> ModelReply:
        (result,) = await model.complete([request])
        texts = {request.hash: request.text}
        row = _row(self._run, asked, request, place, number, result, texts)
        row = row._replace(try_=self._journal.tries(place))
        if self._sink is not None:
            self._sink.write_call(row, texts)
            await self._sink.committed()
        if isinstance(result, ModelFailure):
            raise ModelUnavailable(failure_text(result))
        return _reply_of(row, texts)

    def _count(self, reply: ModelReply) -> None:
        self.tokens += (reply.tokens_in or 0) + (reply.tokens_out or 0)
        self._cost_nusd += round((reply.cost_usd or 0.0) * 1e9)


def _row(
    run: str,
    asked: DecisionRequest,
    request: ModelRequest,
    place: Place,
    number: int,
    result: ModelReply | ModelFailure,
    texts: dict[str, str],
) -> CallRow:
    reply = result if isinstance(result, ModelReply) else None
    failure = result if isinstance(result, ModelFailure) else None
    return CallRow(
        run=run,
        seq=asked.seq,
        call=number,
        attempt=asked.attempt,
        try_=0,
        agent=place.agent,
        tick=place.tick,
        phase=place.phase,
        ask=place.ask,
        node=f"{place.node}#{place.nth}",
        model=request.model,
        request_hash=request.hash,
        request=request.hash,
        reply=_kept(texts, reply.text if reply else None),
        reasoning=_kept(texts, reply.reasoning if reply else None),
        finish=reply.finish if reply else None,
        seed=request.seed,
        tokens_in=reply.tokens_in if reply else None,
        tokens_out=reply.tokens_out if reply else None,
        cost_usd=reply.cost_usd if reply else None,
        latency_s=result.latency_s,
        facts=canonical(reply.facts) if reply and reply.facts else None,
        error=failure_text(failure) if failure else None,
    )


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


def recorded_call(row: CallRow, texts: Mapping[str, str]) -> RecordedCall:
    """A row of the log as a call that the journal can answer with; `texts` maps hashes to texts."""
    node, _, nth = row.node.rpartition("#")
    place = Place(row.agent, row.tick, row.phase, row.ask, node, row.attempt, int(nth))
    reply = None if row.reply is None else _reply_of(row, texts)
    return RecordedCall(place, row.call, row.request_hash, texts[row.request], reply, row.error)


def _reply_of(row: CallRow, texts: Mapping[str, str]) -> ModelReply:
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
    )
