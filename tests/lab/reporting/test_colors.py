from __future__ import annotations

import re
from itertools import combinations

import pytest

from lab.reporting.colors import BASELINES, FALSE, HIGH, INK, LOW, MIDDLE, SERIES, TRUE, series_color


def luminance(color: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    parts = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_colors_repeat_only_after_the_last() -> None:
    assert len({series_color(index) for index in range(len(SERIES))}) == len(SERIES)
    assert series_color(len(SERIES)) == series_color(0)


@pytest.mark.parametrize("shade", [LOW, MIDDLE, HIGH])
def test_text_is_readable_on_every_shade_of_a_strip(shade: str) -> None:
    assert contrast(INK, shade) >= 4.5


@pytest.mark.parametrize("line", [TRUE, FALSE])
def test_underlines_stand_out_on_every_shade(line: str) -> None:
    assert min(contrast(line, shade) for shade in (LOW, MIDDLE, HIGH)) > 2


def test_baselines_differ_without_color() -> None:
    assert all(one != other for one, other in combinations([dash for _, dash in BASELINES.values()], 2))


def test_colors_are_spelled_as_six_digits() -> None:
    assert all(re.fullmatch("#[0-9a-f]{6}", color) for color in (*SERIES, LOW, MIDDLE, HIGH, TRUE, FALSE))
