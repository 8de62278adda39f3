"""A cognition that asks its world before it speaks, and a model that does as it is advised."""

from __future__ import annotations

from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime

from agents.cognition.mind import Mind, Thought, answered
from agents.prompts import told
from lab.core.calls import ModelRequest
from lab.core.records import Segment

ADVICE = "Advice: "


def advised() -> StateGraph[Thought, Mind]:
    """Tries every action in mind and tells the model which one leaves the least to go."""
    graph = StateGraph(Thought, context_schema=Mind)
    graph.add_node("look", _look)
    graph.add_node("act", _act)
    graph.add_edge(START, "look")
    graph.add_edge("look", "act")
    graph.add_edge("act", END)
    return graph


def _look(state: Thought, runtime: Runtime[Mind]) -> Thought:
    tools = {tool.name: tool.call for tool in runtime.context.request.tools}
    ways = [
        (tools["successor"](action=line)["cost"] + tools["goal_distance"](action=line), line)
        for line in tools["legal_actions"]()
    ]
    return {"messages": told(state["messages"], Segment("advice", ADVICE + min(ways)[1]))}


async def _act(state: Thought, runtime: Runtime[Mind]) -> Thought:
    return await answered(runtime.context, state["messages"])


def obey(request: ModelRequest) -> str:
    """The action that was last advised."""
    words = "\n".join(str(message["content"]) for message in request.messages)
    return f"ACT: {words.rpartition(ADVICE)[2].splitlines()[0]}"
