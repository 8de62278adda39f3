"""The path organisms (ALPINE, arXiv 2405.09220): one layer and one head, taught by walks of training pairs.

`path` has the published split; `path-sparse` so few training pairs that some test pairs lie three steps
and more beyond what its walks tell. Both are tried on test pairs, which no walk of their teachers joined.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from agents.organisms.train import Episode, Settings
from lab.organism.path_readout import read_path
from lab.organism.recipe import Gate, Moment, Recipe
from scenarios.planning.path.graph import graph_of
from scenarios.planning.path.rules import node_names
from scenarios.planning.path.spec import GraphSpec, PathParams

PUBLISHED = GraphSpec(nodes=100, p=0.1, seed=0, train_share=0.5)
SPARSE = GraphSpec(nodes=100, p=0.1, seed=11, train_share=0.05)
"""Of the seeds 0 to 11 the graph with most test pairs of degree 3 and more: 130 of 1,994."""
END = "."
"""Ends a line, where ALPINE's have a newline. The game asks nothing there, so the organism never says it."""


def alpine_line(walk: Episode) -> Episode:
    """The walk as ALPINE's models learn it: with the source before it and the end after it as acts.

    To repeat the source, and to end at the target alone, the model must look to those two places: without
    either it attends to the target less.
    """
    words = (*walk.words, END)
    return Episode(words, (walk.acts[0] - 1, *walk.acts, len(words) - 1))


def expected_step(spec: GraphSpec) -> Callable[[Moment], Mapping[str, float]]:
    """What the walker does in this graph: all neighbors that can still reach the target alike."""

    def expected(moment: Moment) -> Mapping[str, float]:
        here, target = int(moment.observation["walked"][-1]), int(moment.observation["target"])
        ways = graph_of(spec).ways(here, target)
        return {str(way): 1 / len(ways) for way in ways}

    return expected


def _recipe(
    name: str, spec: GraphSpec, *, about: str, gates: tuple[Gate, ...], floors: Mapping[str, float]
) -> Recipe:
    return Recipe(
        name=name,
        about=about,
        scenario=f"planning/{name}.yaml",
        agent="ann",
        phases=("step",),
        wording=1,
        choices=node_names(PathParams(graph=spec)),
        expected=expected_step(spec),
        measures=("success",),
        episodes=170,
        settings=Settings(steps=1_800, batch=64, rate=2e-3, layers=1, width=120, heads=1),
        unit="task",
        gates=gates,
        loop_floors=floors,
        read=read_path,
        lessons=(
            "params.split=train",
            "params.tasks=200",
            "agents.ann.policy={kind: scripted, name: walker}",
        ),
        line=alpine_line,
    )


PATH = _recipe(
    "path",
    PUBLISHED,
    about="which nodes reach the target, which stands nowhere and follows from the walks it was taught",
    gates=(
        Gate("success", at_least=0.98),
        Gate("edge_auc", at_least=0.97),
        Gate("attention_on_target", at_least=0.85),
    ),
    floors={"success": 0.8},
)
PATH_SPARSE = _recipe(
    "path-sparse",
    SPARSE,
    about="which nodes reach the target, of which the few walks it was taught tell only a part",
    gates=(Gate("success_near", at_least=0.95), Gate("far_gap", at_least=0.4)),
    floors={"success": 0.6},
)
