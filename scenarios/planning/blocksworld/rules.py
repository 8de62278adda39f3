"""The rules of Blocksworld: one hand takes blocks one at a time, until each stands where the goal says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import Field

from lab.core.ports import Seat
from scenarios.planning.acting.boards import Puzzle
from scenarios.planning.acting.rules import Acting
from scenarios.planning.acting.spec import ActingParams
from scenarios.planning.acting.wording import Idiom, Phrase
from scenarios.planning.strips.blocks import random_blocks_task
from scenarios.planning.strips.distances import explore
from scenarios.planning.strips.model import Task

STEPS_PER_BLOCK = 2
"""About what a cheapest plan needs: every block that is out of place is lifted and set down."""


class BlocksworldParams(ActingParams):
    """What Blocksworld is played with.

    Attributes:
        blocks: how many blocks there are.
        tasks: how many tasks, one after the other.
    """

    blocks: int = Field(default=4, ge=3, le=6)
    tasks: int = Field(default=3, ge=1, le=1000)


class Blocksworld(Acting[BlocksworldParams]):
    """Agents rebuild towers of blocks, each on a table of its own; one tick is one step.

    A block stands on the table or on one other block; the hand holds one block or none. With x and y blocks:

        pick-up(x)      an empty hand takes x from the table, if nothing is on x
        put-down(x)     puts x, which it holds, on the table
        stack(x, y)     puts x, which it holds, on y, if nothing is on y
        unstack(x, y)   an empty hand takes x off y, if nothing is on x

    The first state and the goal are two different arrangements, each pair of them equally likely; the goal
    says of every block what it stands on. Agents of one run get the same tasks. `Acting` says how a step
    counts, when a task ends and what is measured; there are at most 7,057 states, so h* is always known.
    """

    Params = BlocksworldParams
    idiom = Idiom(
        phrases={
            "clear": Phrase("{0} is free", "{0} is not free"),
            "handempty": Phrase("the hand is empty", "the hand is not empty"),
            "holding": Phrase("the hand holds {0}", "the hand does not hold {0}"),
            "on": Phrase("{0} is on {1}", "{0} is not on {1}"),
            "ontable": Phrase("{0} is on the table", "{0} is not on the table"),
        },
        note="A block is free when no block is on it and the hand does not hold it.",
    )

    @classmethod
    def problems(cls, params: BlocksworldParams, seats: Sequence[Seat]) -> Iterator[tuple[str, str]]:
        """What is wrong between the params."""
        yield from params.problems()

    @classmethod
    def expected_decisions(cls, params: BlocksworldParams, n_agents: int) -> int:
        """As if every agent used up its steps."""
        return n_agents * params.tasks * params.budget.of(STEPS_PER_BLOCK * params.blocks)

    def tasks(self) -> Sequence[Task]:
        """Drawn pairs of arrangements."""
        rng = self.rng("blocks")
        return [
            random_blocks_task(self.params.blocks, rng, name=f"blocks-{number}")
            for number in range(1, self.params.tasks + 1)
        ]

    def explored(self, tasks: Sequence[Task]) -> Sequence[Puzzle]:
        """The tasks; every action can be undone, so all are in reach of each other and share their states."""
        space = explore(tasks[0])
        return [Puzzle.of(task, space) for task in tasks]
