"""Options under shown names, and back."""

from __future__ import annotations

import pytest

from agents.parsing.shown import meant, shown_space
from lab.core.errors import RuleError
from lab.core.spaces import Choice, Form, Quantity

OFFER = Form("offer", {"price": Quantity("price", 0, 9), "side": Choice("buy", "sell")})
SWAPPED = {"buy": "sell", "sell": "buy"}


def test_a_space_shows_its_options_under_their_names_in_every_field() -> None:
    shown = shown_space(OFFER, {"buy": "B"})
    assert shown == Form("offer", {"price": Quantity("price", 0, 9), "side": Choice("B", "sell")})


def test_a_value_goes_back_to_what_was_meant_even_where_names_are_swapped() -> None:
    assert meant({"price": 3, "side": "sell"}, OFFER, SWAPPED) == {"price": 3, "side": "buy"}


def test_without_labels_nothing_changes() -> None:
    assert (shown_space(OFFER, {}), meant("buy", Choice("buy"), {})) == (OFFER, "buy")


def test_one_name_for_two_options_is_refused() -> None:
    with pytest.raises(RuleError, match="distinct"):
        shown_space(OFFER, {"buy": "sell"})
