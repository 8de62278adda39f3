"""Cognitions as a user would write them."""

from __future__ import annotations

from typing import Any

from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from agents.cognition.mind import Mind, Thought, answered
from agents.prompts import replied, told
from lab.core.records import Segment


def twice() -> StateGraph[Thought, Mind]:
    """Drafts until the draft says so, at most three times, then answers."""
    graph = StateGraph(Thought, context_schema=Mind)
    graph.add_node("draft", _draft)
    graph.add_node("act", _act)
    graph.add_edge(START, "draft")
    graph.add_conditional_edges("draft", _done, {"again": "draft", "act": "act"})
    graph.add_edge("act", END)
    return graph


async def _draft(state: Thought, runtime: Runtime[Mind]) -> Thought:
    asked = told(state["messages"], Segment("draft", "Draft."))
    return {"messages": replied(asked, await runtime.context.say("draft", asked))}


def _done(state: Thought) -> str:
    drafts = sum(message.role == "assistant" for message in state["messages"])
    return "act" if drafts >= 3 else "again"


async def _act(state: Thought, runtime: Runtime[Mind]) -> Thought:
    return await answered(runtime.context, state["messages"])


def mute() -> StateGraph[Thought, Mind]:
    """Never answers."""
    graph = StateGraph(Thought, context_schema=Mind)
    graph.add_node("idle", lambda state: {"messages": state["messages"]})
    graph.add_edge(START, "idle")
    graph.add_edge("idle", END)
    return graph


def saved() -> Any:
    """Keeps a state of its own."""
    return twice().compile(checkpointer=InMemorySaver())


def unasked() -> StateGraph[Thought, Mind]:
    """Takes a reply that was not asked for as an answer."""
    graph = StateGraph(Thought, context_schema=Mind)
    graph.add_node("muse", _muse)
    graph.add_edge(START, "muse")
    graph.add_edge("muse", END)
    return graph


async def _muse(state: Thought, runtime: Runtime[Mind]) -> Thought:
    reply = await runtime.context.say("muse", state["messages"])
    return {"messages": replied(state["messages"], reply), "reply": reply}


def nothing() -> str:
    """Is no graph."""
    return "no graph"
