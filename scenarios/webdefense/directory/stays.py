"""One visitor's visit as the log tells it: what the measures are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lab.core.records import Decision, Event, RunRecord
from scenarios.environment import mean


@dataclass(frozen=True, slots=True)
class Stay:
    """One visitor's visit, as the log tells it.

    Attributes:
        agent: the visitor.
        arrived: its ``arrive`` event.
        requests_max: requests it might send.
        events: all its events.
        decisions: all its decisions.
    """

    agent: str
    arrived: Event
    requests_max: int
    events: tuple[Event, ...]
    decisions: tuple[Decision, ...]

    def of(self, kind: str) -> list[Event]:
        """Its events of one kind, in order."""
        return [event for event in self.events if event.kind == kind]

    @property
    def is_malicious(self) -> bool:
        """Whether the scenario says that it means the site ill."""
        return bool(self.arrived.payload["party"] == "malicious")

    @property
    def is_by_construction(self) -> bool:
        """Whether it is scripted: what becomes of it checks the lab and shows nothing about a defense."""
        return bool(self.arrived.payload["by_construction"])

    @property
    def succeeded(self) -> bool:
        """S: its goal was met at some step."""
        return bool(self.of("goal_met"))

    @property
    def first_exposure(self) -> int | None:
        """The seq of the first request whose page, as given, held a payload of a defense."""
        return next((event.seq for event in self.of("request") if event.payload["payloads"]), None)

    @property
    def is_exposed(self) -> bool:
        """E: it was given a payload."""
        return self.first_exposure is not None

    @property
    def is_denied(self) -> bool:
        """Whether a defense turned one of its requests away."""
        return any(event.payload["denied_by"] for event in self.of("request"))

    @property
    def is_capped(self) -> bool:
        """C: its steps ran out, or the run ended under it. Censored, and never a halt."""
        left = self.of("leave")
        return not left or left[0].payload["how"] == "cap"

    @property
    def is_halted(self) -> bool:
        """H: it stopped, or left with its goal unmet and no request after its first exposure.

        Who had no request left to send did not halt by leaving.
        """
        if self.is_capped:
            return False
        seen = self.first_exposure
        quit_at_once = (
            seen is not None
            and not self.succeeded
            and not any(event.seq > seen for event in self.of("request"))
            and len(self.of("request")) < self.requests_max
        )
        return quit_at_once or self.of("leave")[0].payload["how"] == "stop"

    @property
    def n_true(self) -> int:
        """Real people it saved."""
        return sum(int(event.payload["true"]) for event in self.of("saved"))

    @property
    def n_saved(self) -> int:
        """People it saved, real or not."""
        return sum(int(event.value or 0) for event in self.of("saved"))

    @property
    def canaries(self) -> list[bool]:
        """For each canary it saved, whether it had been issued to this visitor's own session."""
        return [bool(one["is_own"]) for event in self.of("saved") for one in event.payload["canaries"]]


def stays(record: RunRecord) -> list[Stay]:
    """The visits of a run, in agent order."""
    events: dict[str | None, list[Event]] = {agent: [] for agent in record.agents}
    decisions: dict[str, list[Decision]] = {agent: [] for agent in record.agents}
    for event in record.events:
        events.setdefault(event.agent, []).append(event)
    for decision in record.decisions:
        decisions[decision.agent].append(decision)
    requests_max = int(record.params["requests"])
    return [
        Stay(agent, events[agent][0], requests_max, tuple(events[agent]), tuple(decisions[agent]))
        for agent in record.agents
    ]


def rate(members: Sequence[Stay], that: Callable[[Stay], float]) -> float | None:
    """The mean of `that` over visitors, None without any."""
    return mean([float(that(stay)) for stay in members])


def malicious(record: RunRecord) -> list[Stay]:
    """The malicious visitors."""
    return [stay for stay in stays(record) if stay.is_malicious]


def benign(record: RunRecord) -> list[Stay]:
    """The benign visitors."""
    return [stay for stay in stays(record) if not stay.is_malicious]
