"""The ledger of one run: numbers its rows, chains them, and hands them on an instant at a time.

Rows wait until the barrier of their instant is answered, because a decision is numbered when it is asked and
known only later. Then all rows of the instant are chained in the order of their numbers.

The ledger also checks a re-execution: given the hashes that the log holds, it compares every row and stops at
the first that differs (architecture §5.6).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from lab.core.canonical import canonical, content_hash, label, settled_float
from lab.core.chain import GENESIS, NOTHING_MIXED, link, mix
from lab.core.errors import ChainError, ReplayDiverged, RuleError
from lab.core.ports import Batch, Progress, Row, Sink
from lab.core.records import Claim, Decision, Event, Measured, RunRecord, Status, Truth, TruthSpec
from lab.core.rows import ClaimRow, HiddenRow, MeasureRow
from lab.core.spaces import Space

STATUS_TEXT = {status: status.value for status in Status}


class Slot:
    """The place of a decision among the rows of its instant; filled when the reply is known."""

    __slots__ = ("decision", "observation", "seq", "space", "truths")

    def __init__(self, seq: int, observation: bytes, space: Space) -> None:
        self.seq = seq
        self.observation = observation
        self.space = space
        self.decision: Decision | None = None
        self.truths: list[HiddenRow] = []


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the log already holds of a run that is executed again.

    Attributes:
        hashes: the hash of each chained row, in order.
        written: how many of them must not be written again (all when resuming, none when forking).
        describe: the recorded row at an index, in words, for the error.
        complete: whether the run must end with exactly these rows, as a replay must.
    """

    hashes: Sequence[str] = ()
    written: int = 0
    describe: Callable[[int], str] = lambda index: f"row {index}"
    complete: bool = False


NOTHING_RECORDED = Recorded()


class Ledger:
    """Rows of one run on their way to a sink.

    Attributes:
        head: the hash of the last chained row.
        rows: how many rows are chained.
        record: the run's behavior so far, as measures see it.
    """

    def __init__(
        self, run: str, sink: Sink | None, record: RunRecord, recorded: Recorded = NOTHING_RECORDED
    ) -> None:
        self.run = run
        self.record = record
        self.head = GENESIS
        self.rows = 0
        self.unchained = 0
        self.unchained_hash = NOTHING_MIXED
        self.decisions = 0
        self.invalid = 0
        self._seq = 0
        self._sink = sink
        self._recorded = recorded
        self._checked = bool(recorded.hashes) or recorded.complete
        self._pending: list[Slot | tuple[str, tuple[Any, ...]]] = []
        self._texts: dict[str, str] = {}
        self._hidden: list[Row] = []
        self._claims: list[Row] = []
        self._claimed: set[tuple[int, str]] = set()
        self._measures: list[Row] = []
        self._measured: set[tuple[str, str]] = set()

    # --- rows in ----------------------------------------------------------------------------------

    def next_seq(self) -> int:
        """The number of the next row."""
        self._seq += 1
        return self._seq

    def seq_after(self, rows: int) -> int:
        """The number that the row after `rows` more rows will have."""
        return self._seq + rows + 1

    def add_slot(self, slot: Slot) -> None:
        """Keep the place of a decision that was just asked."""
        self._pending.append(slot)

    def add_event(self, event: Event, payload: bytes | None) -> None:
        """Take an event and its payload as canonical JSON."""
        columns = (
            event.seq,
            event.tick,
            event.kind,
            event.agent,
            event.target,
            event.decision,
            event.value,
            str(payload, "utf-8") if payload else None,
            self._text(event.text),
        )
        self._pending.append(("event", columns))
        self.record.events.append(event)

    def add_exposure(self, columns: tuple[Any, ...], text: str | None) -> None:
        """Take an exposure: (seq, tick, agent, kind, item, rank, decision) and its text."""
        self._pending.append(("exposure", (*columns, self._text(text))))

    def add_truth(self, slot: Slot, agent: str, name: str, spec: TruthSpec, truth: Truth) -> None:
        """Take the true value of a hidden variable at a decision; logged with the decision."""
        value = truth.value
        numeric = settled_float(value) if isinstance(value, int | float) else None
        posterior = None if truth.posterior is None else settled_float(truth.posterior)
        row = HiddenRow(
            run=self.run,
            seq=slot.seq,
            agent=agent,
            name=name,
            kind=spec.kind,
            value=label(value),
            numeric=numeric,
            posterior=posterior,
            source=truth.source,
            visible=int(truth.visible),
        )
        slot.truths.append(row)

    def add_claim(self, claim: Claim) -> None:
        """Take a statement with checkable content.

        Raises:
            RuleError: when the decision made a claim on this subject before.
        """
        if type(claim.subject) is not str:
            raise RuleError(f"the subject of a claim is a text, not {claim.subject!r}")
        if (claim.seq, claim.subject) in self._claimed:
            raise RuleError(f"decision {claim.seq} claims '{claim.subject}' twice")
        self._claimed.add((claim.seq, claim.subject))
        row = ClaimRow(
            self.run,
            claim.seq,
            claim.agent,
            claim.subject,
            label(claim.said),
            label(claim.world),
            label(claim.private),
        )
        self._claims.append(row)
        self.record.claims.append(claim)
        self._mix("claim_act", row)

    def add_measure(self, measured: Measured) -> None:
        """Take a number; an undefined one keeps its reason."""
        value = None if measured.value is None else settled_float(measured.value)
        agent = measured.agent or ""
        if (agent, measured.name) in self._measured:
            whose = f" of '{agent}'" if agent else ""
            raise RuleError(f"measure '{measured.name}'{whose} was given twice")
        self._measured.add((agent, measured.name))
        row = MeasureRow(self.run, agent, measured.name, value, measured.reason)
        self._measures.append(row)
        self._mix("measure", row)

    # --- rows out ---------------------------------------------------------------------------------

    def commit(self, tick: int) -> None:
        """Chain what is pending, check it against what was recorded, and hand on what is new."""
        before = self.rows
        batch = Batch()
        for item in self._pending:
            if type(item) is tuple:
                self._chain(batch, *item)
            else:
                self._chain_decision(batch, item)  # type: ignore[arg-type]
        self._pending.clear()
        if self._sink is not None and self._is_new(before):
            batch.texts, self._texts = self._texts, {}
            batch.hidden, self._hidden = self._hidden, []
            batch.claims, self._claims = self._claims, []
            batch.measures, self._measures = self._measures, []
            self._sink.write(self.run, batch, self.progress(tick))
        else:
            self._forget()

    def progress(self, tick: int) -> Progress:
        """Where the run stands."""
        return Progress(
            self.head, self.rows, tick + 1, self.decisions, self.invalid, self.unchained, self.unchained_hash
        )

    def close(self) -> None:
        """Check that a replay reached the recorded end.

        Raises:
            ReplayDiverged: when the log holds more rows than the re-execution made.
        """
        if self.rows < len(self._recorded.hashes):
            recorded = self._recorded.describe(self.rows)
            raise ReplayDiverged(self.rows + 1, recorded=recorded, found="the end of the run", what="row")

    # --- inside -----------------------------------------------------------------------------------

    def _chain_decision(self, batch: Batch, slot: Slot) -> None:
        decision = slot.decision
        assert decision is not None, "the world ended with a decision still open"
        self.decisions += 1
        if decision.action is None:
            self.invalid += 1
        observation, space = content_hash(slot.observation), slot.space
        self._texts[observation] = str(slot.observation, "utf-8")
        self._texts[space.text_hash] = space.text
        columns = (
            decision.seq,
            decision.tick,
            decision.effect_tick,
            decision.agent,
            decision.phase,
            observation,
            space.text_hash,
            decision.raw,
            decision.action,
            _args_text(decision),
            STATUS_TEXT[decision.status],
        )
        for row in slot.truths:
            self._hidden.append(row)
            self._mix("hidden", row)
        self.record.decisions.append(decision)
        self._chain(batch, "decision", columns)

    def _chain(self, batch: Batch, table: str, columns: tuple[Any, ...]) -> None:
        self.head = head = link(self.head, table, columns)
        if self._checked:
            self._compare(table, columns)
        self.rows += 1
        if table == "decision":
            batch.decisions.append((self.run, *columns, head))
        elif table == "event":
            batch.events.append((self.run, *columns, head))
        else:
            batch.exposures.append((self.run, *columns, head))

    def _compare(self, table: str, columns: tuple[Any, ...]) -> None:
        hashes = self._recorded.hashes
        if self.rows >= len(hashes):
            self._checked = self._recorded.complete
            if not self._checked:
                return
            recorded = "the end of the run"
        elif hashes[self.rows] == self.head:
            return
        else:
            recorded = self._recorded.describe(self.rows)
        raise ReplayDiverged(columns[0], recorded=recorded, found=self._describe(table, columns), what=table)

    def _describe(self, table: str, columns: tuple[Any, ...]) -> str:
        shown = [self._texts.get(item, item) if isinstance(item, str) else item for item in columns]
        return f"{table} {canonical(shown)}"

    def _is_new(self, before: int) -> bool:
        """Whether the batch just chained lies after what the log already holds."""
        written = self._recorded.written
        if before < written < self.rows:
            raise ChainError(f"run {self.run}: the log ends inside an instant, at row {written}")
        return before >= written and (self.rows > before or bool(self._measures or self._claims))

    def _forget(self) -> None:
        self._texts.clear()
        self._hidden.clear()
        self._claims.clear()
        self._measures.clear()

    def _text(self, text: str | None) -> str | None:
        if text is None:
            return None
        key = content_hash(text)
        self._texts[key] = text
        return key

    def _mix(self, table: str, row: Sequence[Any]) -> None:
        self.unchained += 1
        self.unchained_hash = mix(self.unchained_hash, table, row[1:])


def _args_text(decision: Decision) -> str | None:
    if decision.action is None:
        return None
    return canonical(decision.args) if decision.args else "{}"
