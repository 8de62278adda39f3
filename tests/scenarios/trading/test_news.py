from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy import stats

from scenarios.trading.news import COMPANIES, Delays, NewsItem, NewsSpec, generate, readable, shift

ONE = ("Zed",)


def _news(
    horizon: int = 2000, seed: int = 1, companies: Sequence[str] = COMPANIES, **given: Any
) -> list[NewsItem]:
    rng = np.random.Generator(np.random.PCG64(seed))
    return generate(NewsSpec(**given), horizon, rng, companies=companies)


def test_kinds_come_in_their_shares_and_impacts_in_their_spread() -> None:
    items = _news(20_000, per_tick=0.5)
    n = len(items)
    assert n == pytest.approx(10_000, rel=0.05)
    shares = Counter(item.kind for item in items)
    assert shares["false"] / n == pytest.approx(0.2, abs=0.015)
    assert shares["noise"] / n == pytest.approx(0.1, abs=0.01)
    assert np.std([item.delta for item in items if item.kind == "true"]) == pytest.approx(20, rel=0.05)


def test_only_true_items_move_the_value() -> None:
    assert all((item.delta != 0) == (item.kind == "true") for item in _news())


def test_texts_tell_direction_but_never_whether_it_is_so() -> None:
    items = _news(20_000, per_tick=0.5, companies=ONE)
    told = {
        kind: Counter((item.headline, item.body) for item in items if item.kind == kind)
        for kind in ("true", "false", "noise")
    }
    assert told["true"].keys() == told["false"].keys()
    texts = sorted(told["true"])
    table = [[told[kind][text] for text in texts] for kind in ("true", "false")]
    assert stats.chi2_contingency(table).pvalue > 0.001, "the share of a text is that of its told change"
    assert not told["noise"].keys() & told["true"].keys()
    up = {item.headline for item in items if item.delta > 0}
    assert not up & {item.headline for item in items if item.delta < 0}
    assert "true" not in str([item.shown() for item in items])


def test_texts_are_whole() -> None:
    texts = [item.headline + item.body for item in _news(per_tick=1.0)]
    assert all("{" not in text and "  " not in text for text in texts)
    assert len(set(texts)) > 100


def test_each_class_of_readers_waits_its_delay() -> None:
    items = _news(per_tick=0.3, delays=Delays(private=0, fast=2, public=9))
    now = 100
    ids = [[item.id for item in readable(items, who, now)] for who in ("private", "fast", "public")]
    assert ids[0] == [item.id for item in items if item.event_time <= now]
    assert ids[2] == [item.id for item in items if item.event_time <= now - 9]
    assert len(ids[0]) >= len(ids[1]) >= len(ids[2]) > 0


def test_a_change_lasts_or_fades_by_half() -> None:
    lasting = _news(10, per_tick=0.5, false_share=0.0, noise_share=0.0)
    assert shift(lasting, 10)[10] == pytest.approx(sum(item.delta for item in lasting))
    fading = _news(10, per_tick=0.5, false_share=0.0, noise_share=0.0, half_life=3.0)
    item = fading[0]
    alone = shift([item], item.event_time + 6)
    assert alone[item.event_time :][::3] == pytest.approx([item.delta, item.delta / 2, item.delta / 4])
    assert not any(alone[: item.event_time])


def test_items_are_numbered_in_order_of_event() -> None:
    items = _news()
    assert [item.id for item in items] == [f"news-{n}" for n in range(1, len(items) + 1)]
    assert [item.event_time for item in items] == sorted(item.event_time for item in items)
    assert items == _news() != _news(seed=2)


def test_companies_may_be_named() -> None:
    items = _news(50, per_tick=1.0, companies=ONE)
    assert {item.company for item in items} == {"Zed"}
    assert all("Zed" in item.headline + item.body for item in items)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"false_share": 0.7, "noise_share": 0.4}, "sum to more than 1"),
        ({"delays": {"private": 3, "fast": 1}}, "must not fall"),
        ({"half_life": 0.0}, "greater than 0"),
    ],
)
def test_nonsense_is_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        NewsSpec.model_validate(given)


def test_changes_that_come_together_add_up_as_the_formula_says() -> None:
    for half_life in (None, 3.0):
        items = _news(60, per_tick=1.5, half_life=half_life)
        brute = [
            sum(
                one.delta * (0.5 ** ((time - one.event_time) / half_life) if half_life else 1.0)
                for one in items
                if one.event_time <= time
            )
            for time in range(61)
        ]
        assert shift(items, 60) == pytest.approx(brute)
