from __future__ import annotations

import re
from itertools import product

import pytest

from lab.align.association import Association, Third
from lab.align.evidence import Estimate, Evidence
from lab.align.ladder import judge, marks
from lab.align.wording import Sentences, Subject, sentences
from tests.lab.align.evidences import evidence

FORBIDDEN = re.compile(
    r"\b(belie[fv]\w*|intend\w*|intent\w*|want\w*|know\w*|think\w*|deceiv\w*|decept\w*|lies?|lying|hop(?:es|ing)|aware\w*)\b",
    re.IGNORECASE,
)

SUBJECT = Subject(
    study="claims",
    variable="type",
    behavior="claim",
    about="the claimant's disposition",
    agents=("ann",),
    model="organisms/bluff",
    scenarios=("social/bluff",),
    site="resid_post",
    layer=2,
    span="pre_choice",
    reader="logistic",
    split="5 folds by run",
    chosen="declared beforehand",
)

CASES = [
    evidence(**changes)
    for changes in (
        {},
        {"layer": {"value": Estimate(0.6, 0.52, 0.7)}},
        {"layer": {"over_text": Estimate(0.0, -0.1, 0.1)}},
        {"layer": {"transfer": None}},
        {"layer": {"value": None}},
        {
            "joined": {
                "joined": 300,
                "unlabeled": 7,
                "reasons": {"not captured": 100},
                "proxy": True,
                "seeds": 9,
            }
        },
    )
]


def told(case: Evidence) -> Sentences:
    association = Association("rate of `weak` at `claim`", (Third("low", 9, Estimate(0.3, 0.2, 0.4)),))
    known = marks(case, organism=True)
    return sentences(SUBJECT, case, judge(case, 2), marks=known, association=association)


def every(said: Sentences) -> list[str]:
    lists = (said.body, said.allowed, said.disallowed, said.untested, said.marks)
    return [said.headline, *(one for part in lists for one in part)]


@pytest.mark.parametrize("case", CASES)
def test_no_sentence_speaks_of_belief_or_intent(case: Evidence) -> None:
    assert [one for one in every(told(case)) if FORBIDDEN.search(one)] == []


@pytest.mark.parametrize(("case", "visible"), list(product(CASES, (True, False))))
def test_every_finding_says_what_may_not_be_read_into_it(case: Evidence, *, visible: bool) -> None:
    said = told(case)

    assert len(said.disallowed) >= 3
    assert any("not used" in one or "not being used" in one for one in said.disallowed)
    assert said.untested[-1].startswith("L4")


def test_the_allowed_sentence_goes_as_far_as_the_level() -> None:
    full, confounded, none = (told(CASES[index]).allowed for index in (0, 2, 4))

    assert full == (
        "`type` can be read linearly at layer 2 before the action, better than from text baselines on what "
        "the agent saw, in cells not used for fitting: a and b (organisms/bluff, social/bluff).",
    )
    assert confounded == (
        "`type` can be read linearly at layer 2 before the action (organisms/bluff, social/bluff).",
    )
    assert none == ("Activations of these decisions are in the log.",)


def test_a_reading_that_nothing_was_held_against_is_one_all_the_same() -> None:
    case = evidence(layer={"over_text": None}).lacking("text", "asked for L1 only")
    said = told(case)

    assert said.headline.startswith("`type` is readable at layer 2 of organisms/bluff; whether better than")
    assert not any("absent" in one for one in said.disallowed)


def test_a_proxy_is_not_called_the_one_that_played() -> None:
    body = " ".join(told(CASES[5]).body)

    assert "read with another model, organisms/bluff" in body
    assert "played by" not in body


def test_transfer_is_claimed_for_the_scenarios_tried_only() -> None:
    assert any("than these of one study" in one for one in told(CASES[0]).disallowed)


def test_what_is_missing_is_told_on_both_sides() -> None:
    body = " ".join(told(CASES[5]).body)

    assert (
        "100 labeled decisions have no capture (100 × not captured); 7 captured decisions have no label."
        in body
    )


def test_sentences_survive_the_log() -> None:
    said = told(CASES[0])

    assert Sentences.from_json(said.to_json()) == said
