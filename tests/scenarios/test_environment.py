from __future__ import annotations

import pytest
from pydantic import ValidationError

from lab.core.ports import Play
from lab.core.records import DecisionRequest, MeasureSpec, Reference, RunRecord, Segment
from lab.core.spaces import Choice
from scenarios.environment import Environment, Spec, mean, run_measure
from scenarios.look import Look
from tests.scenarios.social.readers import Fixed
from tests.support.worlds import make_world, play


class CoinParams(Spec):
    rounds: int = 2
    prize: float = 1.0


def _heads(record: RunRecord) -> float | None:
    return mean([float(decision.action == "heads") for decision in record.decisions if decision.valid])


HUMANS = Reference("50 %", "a made-up study", "12", "none")


class Coin(Environment[CoinParams]):
    """A toy: every agent calls a coin; the keyed draw pays."""

    Params = CoinParams
    measures = (
        MeasureSpec(
            "heads", "share of heads", "share", run_measure("heads", _heads, "nobody called"), (HUMANS,)
        ),
        MeasureSpec(
            "no_reference", "the same", "share", run_measure("no_reference", _heads, "nobody called")
        ),
    )

    def play(self) -> Play:
        for _ in range(self.params.rounds):
            calls = yield self.ask_all(self.agents, lambda _: {}, Choice("heads", "tails"), phase="call")
            side = "heads" if self.uniform("coin") < 0.5 else "tails"
            for agent, call in calls.items():
                self.pay(agent, self.params.prize * (call.action == side), decision=call)
            yield self.wait(1)

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        return (Segment("question", f"{self.look.wording}: {self.shown('heads')} or {self.shown('tails')}?"),)


def test_a_toy_environment_plays_to_its_end_and_measures_itself() -> None:
    played = play(Coin, {"rounds": 3}, {"ann": Fixed(call=["heads", "heads", "tails"])})
    assert played.status == "done"
    assert played.measures["heads"] == pytest.approx(2 / 3)
    assert played.world.now == 3


def test_an_undefined_measure_keeps_its_reason() -> None:
    (measured,) = Coin.measures[0].compute(RunRecord(("ann",), {}))
    assert (measured.value, measured.reason) == (None, "nobody called")


def test_a_payoff_names_the_decision_that_it_rewards() -> None:
    played = play(Coin, {"rounds": 1}, {"ann": Fixed(call=["heads"])})
    (payoff,) = played.record.events
    assert (payoff.kind, payoff.agent, payoff.decision) == ("payoff", "ann", played.record.decisions[0].seq)


@pytest.mark.parametrize(
    ("wording", "question"),
    [(None, "1: B or A?"), (0, "0: heads or tails?"), (1, "1: heads or tails?")],
)
def test_another_wording_than_the_runs_shows_options_under_their_own_names(
    wording: int | None, question: str
) -> None:
    look = Look(1, "neutral", {"heads": "B", "tails": "A"})
    world = make_world(Coin, {}, {"ann": Fixed()}, look=look)
    request = DecisionRequest("ann", None, 1, 0, "call", {}, Choice("heads", "tails"))
    coin = world.environment
    assert coin.rendered(request, wording) == (Segment("question", question),)
    assert coin.rendered(request) == (Segment("question", "1: B or A?"),), "the run's own look stays"
    assert [coin.shown(option) for option in ("heads", "edge")] == ["B", "edge"]


def test_a_seat_has_the_name_of_its_role() -> None:
    assert [Coin.seat_name(0, "caller"), Coin.seat_name(1, None)] == ["caller", None]


def test_references_are_those_of_the_measures_that_have_some() -> None:
    assert Coin.references(CoinParams()) == {"heads": (HUMANS,)}


@pytest.mark.parametrize("data", [{"round": 2}, {"rounds": "2"}, {"rounds": 2.5}, {"prize": float("nan")}])
def test_params_refuse_unknown_keys_other_types_and_what_is_no_number(data: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CoinParams.model_validate(data)


def test_params_are_immutable() -> None:
    with pytest.raises(ValidationError):
        CoinParams().rounds = 3  # type: ignore[misc]


def test_the_mean_of_nothing_is_none() -> None:
    assert mean([]) is None
    assert mean([1, 2]) == 1.5
