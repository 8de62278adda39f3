from __future__ import annotations

from agents.models.openai_extras import Extras

BOTH = frozenset({"seed", "response_format"})
SCHEMA = frozenset({"response_format"})
SEED = frozenset({"seed"})
NONE: frozenset[str] = frozenset()


def test_what_is_wanted_is_offered() -> None:
    assert Extras(SEED).offered == SEED


def test_a_refusal_is_about_what_it_names() -> None:
    extras = Extras(BOTH)
    assert extras.blamed("Unsupported parameter: 'seed'", BOTH) == SEED
    assert extras.blamed("Grammar could not be parsed", BOTH) == SCHEMA
    assert extras.blamed("no seed, no json_schema", BOTH) == BOTH
    assert extras.blamed("no seed", SCHEMA) == SCHEMA


def test_a_refusal_that_names_nothing_may_be_about_a_schema_never_taken() -> None:
    extras = Extras(BOTH)
    assert extras.blamed("bad request", BOTH) == SCHEMA
    assert extras.blamed("bad request", SEED) == NONE
    extras.went_well(BOTH, NONE)
    assert extras.blamed("bad request", BOTH) == NONE


def test_a_refusal_that_disappears_without_a_parameter_is_remembered() -> None:
    extras = Extras(BOTH)
    extras.went_well(SEED, SCHEMA)
    assert extras.offered == SEED


def test_a_parameter_once_taken_is_sent_again_after_a_refusal() -> None:
    extras = Extras(BOTH)
    extras.went_well(BOTH, NONE)
    extras.went_well(SEED, SCHEMA)
    assert extras.offered == BOTH
