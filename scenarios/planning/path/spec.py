"""What the path game is played with."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from scenarios.environment import Spec

Share = Annotated[float, Field(ge=0, le=1)]
Split = Literal["train", "test", "all"]
Feedback = Literal["none", "reason", "neighbors"]


class GraphSpec(Spec):
    """The graph: part of the scenario, the same in every run.

    Attributes:
        nodes: how many there are, named 1, 2, 3 …
        p: chance of each edge from a lower to a higher node.
        seed: of the edges and of the split.
        train_share: chance that a pair joined by a path of two edges or more is a training pair; pairs joined
            by an edge always are.
    """

    nodes: int = Field(default=100, ge=2, le=200)
    p: Share = 0.1
    seed: int = 0
    train_share: Share = 0.5


class PathParams(Spec):
    """What the path game is played with.

    Attributes:
        graph: the graph.
        tasks: how many pairs are to be joined in a run, one after the other.
        split: the pairs that tasks are drawn from.
        feedback: what is told. ``none``: nothing; ``reason``: how the last task ended; ``neighbors``: that,
            and where one can go from here.
        show_edges: whether all edges are listed at every step.
        max_steps: steps after which a task ends; None for no bound.
    """

    graph: GraphSpec = GraphSpec()
    tasks: int = Field(default=10, ge=1)
    split: Split = "test"
    feedback: Feedback = "reason"
    show_edges: bool = False
    max_steps: int | None = Field(default=None, ge=1)
