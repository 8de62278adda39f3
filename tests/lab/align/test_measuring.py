from __future__ import annotations

from db.store import Store
from lab.align.measuring import gather, measure
from lab.align.question import Budget
from tests.lab.align.conftest import ask


def test_a_climb_that_ends_early_says_why(reading: Store) -> None:
    evidence = measure(reading, ask("type", level="L1"), Budget(None)).evidence

    assert evidence.untested == dict.fromkeys(("text", "twin", "L3"), "asked for L1 only")
    assert evidence.joined.completeness == 1.0
    assert (evidence.joined.runs, evidence.joined.seeds) == (48, 24)
    assert (evidence.joined.replayed, evidence.joined.differing, evidence.joined.gap) == (5, 0, 0.0)
    assert evidence.bayes is not None
    assert 0.7 < evidence.bayes < 1.0


def test_time_that_ends_among_the_replays_leaves_none_of_them(reading: Store) -> None:
    """Else the number of replays, and with it a finding, would differ from call to call."""
    clock = iter([0.0] * 4 + [9.0] * 9)
    joined = measure(reading, ask("type"), Budget(1, clock=clock.__next__)).evidence.joined
    assert (joined.replayed, joined.differing) == (0, 0)


def test_the_phase_of_the_labels_is_the_default_behavior(reading: Store) -> None:
    question = ask("type")
    _, behavior = gather(reading, question)

    assert behavior.phase == "claim"
