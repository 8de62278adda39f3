"""A disposition that the rules deal to a scripted agent: in no observation, with the exact odds of it.

The agent reads it from the tool ``own_type``. What others may know of it follows from the agent's acts: every
act adds its log-likelihood ratio, and with even prior odds the sum is the exact log-odds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lab.core.errors import RuleError
from lab.core.ports import Seat
from lab.core.records import DecisionRequest, Tool, Truth

TOOL = "own_type"


@dataclass(slots=True)
class Dealt:
    """The type of one agent in one run, and what its acts so far say of it.

    Attributes:
        value: the type; None where none was dealt.
        log_odds: of the positive type given the acts so far, even prior odds; nats.
    """

    value: str | None
    log_odds: float = 0.0

    def learn(self, evidence: float) -> None:
        """Take note of an act whose log-likelihood ratio, positive type over the other, is `evidence`."""
        self.log_odds += evidence

    def truth(self) -> Mapping[str, Truth]:
        """The hidden variable ``type`` at the present moment; nothing where none was dealt."""
        return {} if self.value is None else {"type": Truth(self.value, posterior=self.log_odds)}

    def tools(self) -> tuple[Tool, ...]:
        """What a scripted agent reads its type from."""
        if self.value is None:
            return ()
        value = self.value
        return (Tool(TOOL, {"type": "object", "properties": {}}, lambda: value, reads_truth=True),)


def deal(seat: Seat, types: tuple[str, str], uniform: Callable[[], float]) -> Dealt:
    """The type that `seat.params.type` asks for: ``drawn`` is one of `types` with chance 1/2 each.

    An agent that is no scripted policy (a model, a person) has none, whatever its params say.
    """
    given: str = seat.params.type
    if seat.policy != "scripted" or given == "none":
        return Dealt(None)
    return Dealt(types[int(2 * uniform())] if given == "drawn" else given)


def own_type(request: DecisionRequest, policy: str, types: tuple[str, str]) -> str:
    """The type that was dealt to the agent that is asked.

    Raises:
        RuleError: when it has none; says what to set.
    """
    for tool in request.tools:
        if tool.name == TOOL:
            dealt: str = tool.call()
            return dealt
    raise RuleError(
        f"policy '{policy}' plays by a dealt type, but agent '{request.agent}' has none: "
        f"drop its params.type or set it to drawn, {types[0]} or {types[1]}"
    )
