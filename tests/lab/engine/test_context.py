"""What a policy may use during one decision."""

from __future__ import annotations

import pytest

from lab.core.records import DecisionRequest, Segment
from lab.core.streams import stream_key
from lab.engine.calls import Calls, Journal
from lab.engine.context import Context
from scenarios.environment import Environment, NoParams
from tests.support.toys import AB

REQUEST = DecisionRequest("ann", None, 9, 3, "choose", {"round": 1}, AB, ask=1)


class SaysPhase(Environment[NoParams]):
    """Says the phase, in the wording asked for; shows options in capitals."""

    def __init__(self) -> None:
        """Without a world."""

    def rendered(self, request: DecisionRequest, wording: int | None = None) -> tuple[Segment, ...]:
        return (Segment("rules", f"{request.phase} in wording {wording}"),)

    def shown(self, option: str) -> str:
        return option.upper()


def context(request: DecisionRequest = REQUEST, *, seed: int = 7, reseed: int = 0) -> Context:
    """A context whose environment says phase and wording."""
    return Context(seed, request, Calls("run", None, Journal()), SaysPhase(), reseed)


def test_a_key_is_made_of_seed_purpose_agent_tick_phase_ask_node_and_attempt() -> None:
    again = REQUEST._replace(attempt=2, problem="no")
    assert context().key("sample", "act") == stream_key(7, "sample", "ann", 3, "choose", 1, "act", 0)
    assert context(again).key("sample", "act") == stream_key(7, "sample", "ann", 3, "choose", 1, "act", 2)


@pytest.mark.parametrize(
    "other",
    [
        context(seed=8),
        context(reseed=1),
        context(REQUEST._replace(agent="bob")),
        context(REQUEST._replace(tick=4)),
        context(REQUEST._replace(phase="answer")),
        context(REQUEST._replace(ask=0)),
        context(REQUEST._replace(attempt=1)),
    ],
)
def test_every_moment_has_draws_of_its_own(other: Context) -> None:
    assert other.uniform() != context().uniform()
    assert other.rng().random() != context().rng().random()


def test_draws_depend_on_nothing_but_their_key() -> None:
    """Neither on the place in the log, the observation, nor what was drawn before."""
    moved = context(REQUEST._replace(seq=99, observation={"round": 2}))
    moved.rng().random(10)
    assert moved.uniform() == context().uniform()
    assert moved.rng("plan").random() == context().rng("plan").random()


def test_purposes_and_numbers_of_draws_differ() -> None:
    here = context()
    assert len({here.uniform("a"), here.uniform("b"), here.uniform("a", 1), here.uniform("a", 2)}) == 4


def test_the_environment_says_any_request_and_shows_options() -> None:
    earlier = REQUEST._replace(phase="answer")
    assert context().render(REQUEST) == (Segment("rules", "choose in wording None"),)
    assert context().render(earlier, wording=2) == (Segment("rules", "answer in wording 2"),)
    assert context().shown("a") == "A"
