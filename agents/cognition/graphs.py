"""The cognitions: `direct` (one call), `react` (reason, then act), or a user's ``package.module:builder``.

A builder is a function without arguments that returns a LangGraph `StateGraph` (see `agents.cognition.mind`).
Graphs are compiled once per process, without a checkpointer: the log is what a run is continued from.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from agents.cognition.catalog import COGNITIONS
from agents.cognition.mind import REFLECT, Mind, Thought, answered
from agents.prompts import replied, told
from lab.core.errors import RuleError, UsageError

Graph = CompiledStateGraph[Any, Any, Any, Any]
STEPS_MAX = 100
"""Steps after which a graph that goes in circles is ended."""


def direct() -> StateGraph[Thought, Mind]:
    """One call: the model is shown the situation and answers."""
    graph = StateGraph(Thought, context_schema=Mind)
    graph.add_node("act", _act)
    graph.add_edge(START, "act")
    graph.add_edge("act", END)
    return graph


def react() -> StateGraph[Thought, Mind]:
    """Two calls: the model reasons in words, reads its own reasoning, and answers."""
    graph = StateGraph(Thought, context_schema=Mind)
    graph.add_node("reason", _reason)
    graph.add_node("act", _act)
    graph.add_edge(START, "reason")
    graph.add_edge("reason", "act")
    graph.add_edge("act", END)
    return graph


async def think(cognition: str, mind: Mind, thought: Thought) -> Thought:
    """What a cognition makes of a conversation.

    Raises:
        RuleError: when it ends without a reply, or runs in circles.
        ModelUnavailable: when the model gave no reply.
    """
    graph = compiled(cognition)
    end = await graph.ainvoke(thought, {"recursion_limit": STEPS_MAX}, context=mind)
    if end.get("reply") not in mind.answers:
        raise RuleError(
            f"cognition '{cognition}' ended without a reply: a node must set `reply` to what "
            "mind.say(…, answer=True) returned"
        )
    return Thought(messages=end["messages"], reply=end["reply"])


@lru_cache(maxsize=64)
def compiled(cognition: str) -> Graph:
    """The compiled graph of a cognition.

    Raises:
        UnknownName: when there is no such cognition.
        UsageError: when a builder returns no graph, or one with a checkpointer.
    """
    graph = COGNITIONS.load(cognition)()
    if isinstance(graph, StateGraph):
        graph = graph.compile()
    if not isinstance(graph, CompiledStateGraph):
        raise UsageError(f"cognition '{cognition}' should return a langgraph StateGraph, not {graph!r}")
    if graph.checkpointer:
        raise UsageError(f"cognition '{cognition}' has a checkpointer; a run is continued from the log alone")
    return graph


async def _reason(state: Thought, runtime: Runtime[Mind]) -> Thought:
    messages = told(state["messages"], REFLECT)
    reply = await runtime.context.say("reason", messages)
    return {"messages": replied(messages, reply)}


async def _act(state: Thought, runtime: Runtime[Mind]) -> Thought:
    return await answered(runtime.context, state["messages"])
