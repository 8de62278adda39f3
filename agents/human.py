"""The `human` policy: a person reads exactly the prompt that a model would be sent, and replies.

    policy: {kind: human}                            on this terminal
    policy: {kind: human, channel: jsonl}            a JSON object per line on standard output and input
    policy: {kind: human, channel: jsonl, output: ask.jsonl, input: reply.jsonl}

A line out holds ``agent``, ``messages`` and ``schema``; a line in is ``{"reply": "…"}`` or the bare reply.
Replies are logged like those of a model, so such a run is replayed and continued like any other.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, TextIO

from pydantic import model_validator

from agents.catalog import PlaysPolicies
from agents.cognition.mind import Mind, Thought, answered
from agents.conversation import Conversation, Speaker
from agents.memory import MemoryOptions
from agents.models.pool import ModelPool
from agents.options import Options, option_problems
from lab.core.calls import Artifact, ModelFailure, ModelReply, ModelRequest
from lab.core.canonical import canonical, parse
from lab.core.ports import AgentFacts, Policy

Channel = Literal["terminal", "jsonl"]


class HumanOptions(Options):
    """The options of a `human` policy."""

    channel: Channel = "terminal"
    """Where the person is: at this terminal, or behind a program that speaks JSON lines."""
    input: str | None = None
    """jsonl: file or named pipe that replies are read from; standard input where none is named."""
    output: str | None = None
    """jsonl: file or named pipe that prompts are written to; standard output where none is named."""

    @model_validator(mode="after")
    def _only_where_used(self) -> HumanOptions:
        if self.channel == "terminal" and (self.input or self.output):
            raise ValueError("input and output belong to channel jsonl")
        return self


class HumanKind:
    """``{kind: human}``."""

    def problems(
        self, options: Mapping[str, Any], environment: PlaysPolicies, agent: AgentFacts
    ) -> Iterable[tuple[str, str]]:
        """(path, what is wrong) for every bad option."""
        yield from option_problems(HumanOptions, options)

    def missing(self, options: Mapping[str, Any], agent: AgentFacts) -> str | None:
        """A file or folder that its lines should go through and that is not there."""
        given = HumanOptions(**options)
        if given.input and not Path(given.input).exists():
            return f"policy of '{agent.name}': input: there is no file or named pipe '{given.input}'"
        if given.output and not Path(given.output).parent.is_dir():
            return f"policy of '{agent.name}': output: there is no folder for '{given.output}'"
        return None

    def build(
        self, options: Mapping[str, Any], environment: PlaysPolicies, agent: AgentFacts, models: ModelPool
    ) -> Policy:
        """The policy; nothing is opened before the first ask."""
        given = HumanOptions(**options)
        person = Person(agent.name, given.channel, lambda: _line(given.channel, given.input, given.output))
        speaker = Speaker(name=f"human/{given.channel}", model=person)
        return Conversation(speaker, reply, MemoryOptions(), persona=agent.persona)


async def reply(mind: Mind, thought: Thought) -> Thought:
    """A person's cognition, as the lab sees it: one reply."""
    return await answered(mind, thought["messages"])


@dataclass(frozen=True, slots=True)
class Line:
    """A line to a person: what is written there is read by them, what is read was written by them.

    One question is open at a time, whoever of a world's agents the person plays.
    """

    output: TextIO
    input: TextIO
    lock: threading.Lock

    def ask(self, text: str) -> str | None:
        """The next line in reply to a text, None when the input has ended."""
        with self.lock:
            self.output.write(text)
            self.output.flush()
            line = self.input.readline()
        return line.rstrip("\r\n") if line else None


@cache
def _line(channel: Channel, source: str | None, target: str | None) -> Line:
    """The line over two files; without names over this process's own streams, whatever they are now.

    On a terminal prompts go to standard error, so that standard output stays the lab's.
    """
    output = _file(target, "a") if target else _stdout() if channel == "jsonl" else sys.stderr
    return Line(output, _file(source, "r") if source else sys.stdin, threading.Lock())


def _file(path: str, mode: Literal["a", "r"]) -> TextIO:
    """A file that stays open as long as the process, like standard input and output."""
    return Path(path).open(mode, encoding="utf-8")


def _stdout() -> TextIO:
    """Standard output as the process was given it: during a run `sys.stdout` leads elsewhere."""
    return sys.__stdout__ or sys.stderr


class Person:
    """The `Model` that is a person."""

    def __init__(self, agent: str, channel: Channel, line: Callable[[], Line]) -> None:
        self._agent = agent
        self._line = line
        self._channel = channel
        self._artifact = Artifact("human", channel)

    async def complete(self, requests: Sequence[ModelRequest]) -> Sequence[ModelReply | ModelFailure]:
        """A person's reply to each request; none when the input has ended."""
        return [await self._one(request) for request in requests]

    async def _one(self, request: ModelRequest) -> ModelReply | ModelFailure:
        text = self._shown(request) if self._channel == "terminal" else self._as_json(request)
        said = await _in_thread(lambda: self._line().ask(text))
        if said is None:
            return ModelFailure("ended", f"the input ended before '{self._agent}' had replied")
        text = said if self._channel == "terminal" else _reply_in(said)
        return ModelReply(text=text, cost_usd=0.0, artifact=self._artifact)

    def _shown(self, request: ModelRequest) -> str:
        """What is new since the agent's last reply, as it stands in the prompt."""
        last = max((n for n, one in enumerate(request.messages) if one["role"] == "assistant"), default=-1)
        new = [str(message["content"]) for message in request.messages[last + 1 :]]
        return "\n".join([f"\n── {self._agent} " + "─" * 40, *new, f"{self._agent}> "])

    def _as_json(self, request: ModelRequest) -> str:
        data = {"agent": self._agent, "messages": request.messages, "schema": request.schema}
        return canonical(data) + "\n"


def _reply_in(line: str) -> str:
    """The reply in a line of JSON; a line that is no such object is itself the reply."""
    try:
        data = parse(line)
    except ValueError:
        return line
    given = data.get("reply") if isinstance(data, dict) else None
    if given is None:
        return line
    return given if isinstance(given, str) else canonical(given)


async def _in_thread(work: Callable[[], str | None]) -> str | None:
    """What a blocking call returns, from a thread that does not keep the process alive at Ctrl-C."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[str | None] = loop.create_future()

    def give(value: str | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(value)

    def run() -> None:
        try:
            value = work()
        except Exception as error:  # noqa: BLE001  it is raised where the reply is awaited
            loop.call_soon_threadsafe(give, None, error)
        else:
            loop.call_soon_threadsafe(give, value, None)

    threading.Thread(target=run, daemon=True).start()
    return await done
