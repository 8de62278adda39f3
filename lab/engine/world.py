"""A run in memory: clock, environment and agents, moved from barrier to barrier.

When nothing more is due at a tick, all open asks form one barrier (architecture §5.2). The world never
decides anything itself: `advance` gives the open asks, `settle` takes the verdicts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lab.core.canonical import canonical_bytes, clean_text, parse, settled_float
from lab.core.errors import RuleError, suggestion
from lab.core.ports import EnvironmentPort, Observation, PerAgent, Play, Resource
from lab.core.records import NOTHING, Claim, Decision, DecisionRequest, Event, Measured, Status, Tool, Truth
from lab.core.spaces import Space
from lab.core.streams import generator, stream_key, uniform
from lab.engine.asks import Ask, Gate
from lab.engine.clock import Clock, Reply, nothing_due
from lab.engine.ledger import Ledger, Slot
from lab.engine.seats import Participant, Verdict, with_raw

if TYPE_CHECKING:
    from numpy.random import Generator

MAX_BARRIERS_A_TICK = 10_000
MAX_EVENTS_A_TICK = 1_000_000
"""Between two barriers; a process that never waits would otherwise hang the whole batch."""


class SimWorld:
    """The world that an environment acts on; implements `lab.core.ports.World`.

    Args:
        seed: the run's seed, which keys every draw.
        participants: the agents, in scenario order.
        ledger: where behavior is logged.
        max_ticks: instants 0 … max_ticks - 1 happen.

    Attributes:
        out_of_ticks: whether the world ended because its ticks are used up.
        asks_closed: set once a limit is reached; the world then ends at its next ask, which leaves no row.
        turned_away: whether the world ended that way.
    """

    def __init__(
        self, *, seed: int, participants: Sequence[Participant], ledger: Ledger, max_ticks: int
    ) -> None:
        self.seed = seed
        self.participants = {person.name: person for person in participants}
        self.ledger = ledger
        self.max_ticks = max_ticks
        self.out_of_ticks = False
        self.asks_closed = False
        self.turned_away = False
        self.environment: EnvironmentPort
        self._clock = Clock()
        self._open: list[Ask] = []
        self._busy: dict[str, int] = {}
        self._asked: dict[tuple[str, str], int] = {}
        self._shown: dict[str, list[tuple[Any, ...]]] = {}
        self._generators: dict[tuple[str, str | None], Generator] = {}
        self._keyed_tick = -1
        self._barriers = 0
        self._barrier_tick = -1
        self._over = False

    # --- driven by the conductor -------------------------------------------------------------------

    def begin(self, environment: EnvironmentPort) -> None:
        """Start the environment's main process."""
        self.environment = environment
        main = self._clock.process(environment.play())
        main.callbacks.append(self._end)

    def advance(self) -> list[Ask]:
        """Run until somebody must decide: the open asks in agent order, empty when the world is over.

        Raises:
            RuleError: when the environment broke the engine's rules.
        """
        clock, events = self._clock, 0
        while not (self._over or self.turned_away):
            due = clock.next_tick()
            if due > clock.now:
                events = 0
                if self._open:
                    return self._barrier()
                if nothing_due(due):
                    raise RuleError(
                        "the world waits for nothing: no event is due and play() has not returned"
                    )
                if due >= self.max_ticks:
                    self.out_of_ticks = True
                    return []
            events += 1
            if events > MAX_EVENTS_A_TICK:
                raise RuleError(f"more than {MAX_EVENTS_A_TICK} events at tick {self.now}: time stands still")
            try:
                clock.step()
            except RuntimeError as error:
                raise clock.explained(error) from error
        if self._open:
            names = ", ".join(ask.request.agent for ask in self._open)
            raise RuleError(f"play() returned while asks are open: {names}")
        return []

    def settle(self, asks: Sequence[Ask], verdicts: Sequence[Verdict]) -> None:
        """Take the verdicts of a barrier, log its instant, and deliver the decisions in agent order."""
        decided = [self._decide(ask, verdict) for ask, verdict in zip(asks, verdicts, strict=True)]
        self.ledger.commit(self.now)
        for ask, decision in zip(asks, decided, strict=True):
            self._deliver(ask, decision)

    def finish(self, measures: Iterable[Measured]) -> None:
        """Log what is left: things shown to nobody's decision any more, and the measures."""
        for agent, shown in self._shown.items():
            self._log_exposures(agent, shown, decision=None)
        self._shown.clear()
        for measured in measures:
            self.ledger.add_measure(measured)
        self.ledger.commit(self.now)

    # --- used by environments ----------------------------------------------------------------------

    @property
    def now(self) -> int:
        """The present tick."""
        return self._clock.now

    def ask(
        self,
        agent: str,
        observation: Observation,
        space: Space,
        *,
        phase: str,
        hidden: Mapping[str, Any] | None = None,
        tools: Sequence[Tool] = (),
        deadline: int | None = None,
    ) -> Reply:
        """See `scenarios.Environment.ask`."""
        if self.asks_closed:
            return self._turn_away()
        ask = self._open_ask(agent, observation, space, phase, hidden, tools, deadline)
        ask.reply = self._clock.reply()
        return ask.reply

    def ask_all(
        self,
        agents: Iterable[str],
        observe: PerAgent,
        space: Space | PerAgent,
        *,
        phase: str,
        hidden: PerAgent | None = None,
        tools: PerAgent | None = None,
        deadline: int | None = None,
    ) -> Reply:
        """See `scenarios.Environment.ask_all`."""
        names = tuple(agents)
        if self.asks_closed and names:
            return self._turn_away()
        gate = Gate(self._clock.reply(), names)
        for name in names:
            offered = space if isinstance(space, Space) else space(name)
            truths = hidden(name) if hidden else None
            lent = tools(name) if tools else ()
            self._open_ask(name, observe(name), offered, phase, truths, lent, deadline).gate = gate
        if not names:
            gate.reply.deliver({}, 0)
        return gate.reply

    def wait(self, ticks: int) -> Any:
        """See `scenarios.Environment.wait`."""
        return self._clock.timeout(ticks)

    def spawn(self, process: Play) -> Any:
        """See `scenarios.Environment.spawn`."""
        return self._clock.process(process)

    def first_of(self, *waits: Any) -> Any:
        """See `scenarios.Environment.first_of`."""
        return self._clock.first_of(*waits)

    def all_of(self, *waits: Any) -> Any:
        """See `scenarios.Environment.all_of`."""
        return self._clock.all_of(*waits)

    def resource(self, capacity: int) -> Resource:
        """See `scenarios.Environment.resource`."""
        return self._clock.resource(capacity)

    def emit(
        self,
        kind: str,
        *,
        agent: str | None = None,
        target: str | None = None,
        decision: int | None = None,
        value: float | None = None,
        payload: Mapping[str, Any] | None = None,
        text: str | None = None,
    ) -> int:
        """See `scenarios.Environment.emit`."""
        if not (type(kind) is str and (target is None or type(target) is str)):
            raise RuleError(f"an event's kind and target are texts, not {kind!r} and {target!r}")
        if agent is not None:
            self._participant(agent)
        seq = self.ledger.next_seq()
        number = None if value is None else settled_float(value)
        frozen = canonical_bytes(payload) if payload else None
        kept = parse(frozen) if frozen else NOTHING
        words = clean_text(text) if text else text
        event = Event(seq, self.now, kind, agent, target, decision, number, kept, words)
        self.ledger.add_event(event, frozen)
        return seq

    def expose(
        self, agent: str, kind: str, item: str | int, *, text: str | None = None, rank: int | None = None
    ) -> None:
        """See `scenarios.Environment.expose`."""
        self._participant(agent)
        words = clean_text(text) if text else text
        self._shown.setdefault(agent, []).append((self.now, kind, str(item), rank, words))

    def claim(self, decision: Decision, subject: str, *, said: Any, world: Any, private: Any) -> None:
        """See `scenarios.Environment.claim`."""
        frozen = [parse(canonical_bytes(value)) for value in (said, world, private)]
        self.ledger.add_claim(Claim(decision.seq, decision.agent, subject, *frozen))

    def pay(self, agent: str, value: float, *, decision: int | None, why: str | None = None) -> int:
        """See `scenarios.Environment.pay`."""
        self._participant(agent)
        payload = {"why": why} if why else None
        return self.emit("payoff", agent=agent, decision=decision, value=value, payload=payload)

    def measure(self, name: str, value: float | None, *, agent: str | None, reason: str | None) -> None:
        """See `scenarios.Environment.measure`."""
        if value is None and not reason:
            raise RuleError(f"measure '{name}' is undefined without a reason")
        self.ledger.add_measure(Measured(name, value, agent, reason))

    def rng(self, purpose: str, agent: str | None = None) -> Generator:
        """See `scenarios.Environment.rng`."""
        if self._keyed_tick != self.now:
            self._keyed_tick = self.now
            self._generators.clear()
        found = self._generators.get((purpose, agent))
        if found is None:
            found = generator(stream_key(self.seed, "world." + purpose, agent, self.now))
            self._generators[purpose, agent] = found
        return found

    def uniform(self, purpose: str, agent: str | None = None) -> float:
        """See `scenarios.Environment.uniform`."""
        return uniform(stream_key(self.seed, "world." + purpose, agent, self.now))

    # --- inside -----------------------------------------------------------------------------------

    def _end(self, _event: Any) -> None:
        self._over = True

    def _participant(self, agent: str) -> Participant:
        try:
            return self.participants[agent]
        except KeyError:
            known = ", ".join(self.participants)
            hint = suggestion(agent, self.participants)
            raise RuleError(f"no agent '{agent}'{hint} (agents: {known})") from None

    def _turn_away(self) -> Reply:
        """A reply that never comes: the ask is not made, and the world ends with this step."""
        self.turned_away = True
        return self._clock.reply()

    def _open_ask(
        self,
        agent: str,
        observation: Observation,
        space: Space,
        phase: str,
        hidden: Mapping[str, Any] | None,
        tools: Sequence[Tool],
        deadline: int | None,
    ) -> Ask:
        participant = self._participant(agent)
        if type(phase) is not str or not isinstance(space, Space):
            raise RuleError(f"an ask takes a phase (text) and a space, not {phase!r} and {space!r}")
        now = self.now
        if self._busy.get(agent, -1) >= now:
            raise RuleError(f"agent '{agent}' already has an open ask at tick {now}")
        if deadline is not None and (type(deadline) is not int or deadline < 0):
            raise RuleError(f"a deadline is a whole number of ticks, zero or more, not {deadline!r}")
        self._busy[agent] = now
        shown = self._shown.pop(agent, None)
        if shown:
            self._log_exposures(agent, shown, decision=self.ledger.seq_after(len(shown)))
        frozen = canonical_bytes(observation)
        seq = self.ledger.next_seq()
        nth = self._count_ask(agent, phase, now)
        request = DecisionRequest(
            agent, participant.role, seq, now, phase, parse(frozen), space, nth, 0, None, tuple(tools)
        )
        slot = Slot(seq, frozen, space)
        self.ledger.add_slot(slot)
        if hidden:
            self._log_truths(slot, agent, hidden)
        ask = Ask(participant, request, slot, deadline)
        self._open.append(ask)
        return ask

    def _count_ask(self, agent: str, phase: str, now: int) -> int:
        if self._barrier_tick != now:
            self._barrier_tick = now
            self._barriers = 0
            self._asked.clear()
        nth = self._asked.get((agent, phase), 0)
        self._asked[agent, phase] = nth + 1
        return nth

    def _log_exposures(self, agent: str, shown: list[tuple[Any, ...]], *, decision: int | None) -> None:
        for tick, kind, item, rank, text in shown:
            seq = self.ledger.next_seq()
            self.ledger.add_exposure((seq, tick, agent, kind, item, rank, decision), text)

    def _log_truths(self, slot: Slot, agent: str, hidden: Mapping[str, Any]) -> None:
        declared = self.environment.truth
        for name, value in hidden.items():
            if name not in declared:
                hint = suggestion(name, declared)
                raise RuleError(f"hidden variable '{name}' is not declared in `truth`{hint}")
            truth = value if isinstance(value, Truth) else Truth(value)
            self.ledger.add_truth(slot, agent, name, declared[name], truth)

    def _barrier(self) -> list[Ask]:
        self._barriers += 1
        if self._barriers > MAX_BARRIERS_A_TICK:
            raise RuleError(f"more than {MAX_BARRIERS_A_TICK} barriers at tick {self.now}: time stands still")
        asks = self._open
        self._open = []
        if len(asks) > 1:
            asks.sort(key=lambda ask: ask.participant.position)
        return asks

    def _decide(self, ask: Ask, verdict: Verdict) -> Decision:
        request = ask.request
        think = ask.participant.think
        delay = think.ticks(verdict.answer, self.seed, request) if think else 0
        act, status, answer = verdict.act, verdict.status, verdict.answer
        if ask.deadline is not None and (delay > ask.deadline or status is Status.TIMEOUT):
            delay = ask.deadline
            if status is not Status.ERROR:
                answer = with_raw(answer, verdict.value) if act else answer
                act, status = None, Status.TIMEOUT
        decision = Decision(
            request.agent,
            request.seq,
            request.tick,
            request.tick + delay,
            request.phase,
            act.action if act else None,
            act.args if act else NOTHING,
            status,
            verdict.value if act else None,
            answer.raw,
        )
        ask.slot.decision = decision
        return decision

    def _deliver(self, ask: Ask, decision: Decision) -> None:
        person = ask.participant
        person.policy.observe(ask.request, decision)
        for _, later in person.later:
            later.observe(ask.request, decision)
        delay = decision.effect_tick - decision.tick
        self._busy[person.name] = decision.effect_tick - 1
        if ask.gate is not None:
            ask.gate.take(decision, delay)
        elif ask.reply is not None:
            ask.reply.deliver(decision, delay)
