from __future__ import annotations

from collections import Counter
from itertools import pairwise

from scenarios.look import LETTERS, Look, shuffled_labels


def test_an_option_without_a_label_is_shown_as_it_is() -> None:
    assert Look(labels={"cooperate": "B"}).shown("cooperate") == "B"
    assert Look(labels={"cooperate": "B"}).shown("defect") == "defect"


def test_shuffled_labels_are_distinct_letters_for_every_option() -> None:
    labels = shuffled_labels(("a", "b", "c"), seed=5)
    assert sorted(labels) == ["a", "b", "c"]
    assert sorted(labels.values()) == ["M", "R", "V"]


def test_no_label_is_a_word_or_follows_another_in_the_alphabet() -> None:
    assert not set("AEIOUY") & set(LETTERS)
    assert all(ord(later) - ord(one) > 1 for one, later in pairwise(sorted(LETTERS)))


def test_more_options_than_letters_get_distinct_labels() -> None:
    labels = shuffled_labels(tuple(f"option {number}" for number in range(60)), seed=5)
    assert len(set(labels.values())) == 60
    assert {"M", "X", "MM", "MX", "RM", "ZG"} <= set(labels.values())


def test_labels_depend_on_the_seed_alone_and_take_every_order_about_equally_often() -> None:
    assert shuffled_labels(("x", "y"), 3) == shuffled_labels(("x", "y"), 3)
    orders = Counter(tuple(sorted(shuffled_labels(("x", "y", "z"), seed).items())) for seed in range(600))
    assert len(orders) == 6
    assert all(60 < count < 140 for count in orders.values()), orders  # 100 expected, sd 9
