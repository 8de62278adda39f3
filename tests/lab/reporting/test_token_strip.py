from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image

from lab.reporting.colors import HIGH, LOW, MIDDLE
from lab.reporting.inputs import StripToken
from lab.reporting.token_strip import center, percentile, reach, token_strip
from tests.lab.reporting.samples import HOSTILE, strip


def datasets(figure: Any) -> list[Any]:
    return list(json.loads(figure.spec())["datasets"].values())


def rgb(color: str) -> tuple[int, ...]:
    return tuple(int(color[start : start + 2], 16) for start in (1, 3, 5))


def test_the_table_is_what_is_drawn() -> None:
    figure = token_strip(strip())
    assert datasets(figure) == [figure.table.to_dicts()]
    assert figure.table["text"].to_list() == ["I", "\u00a0say", ":↵", "\u00a0strong", "."]
    assert figure.table["score"].to_list() == [None, 1.0, 2.0, 3.0, 4.0]
    assert figure.table["row"].to_list() == [0, 0, 0, 1, 1]


def test_white_is_the_median_of_the_reference() -> None:
    assert (center(strip()), reach(strip())) == (2.5, 1.5)
    assert (center(replace(strip(), reference=())), reach(replace(strip(), reference=(), tokens=()))) == (
        0,
        1,
    )


def test_percentiles_are_among_the_reference_scores() -> None:
    assert token_strip(strip()).table["percentile"].to_list() == [None, 12.5, 37.5, 62.5, 87.5]
    assert percentile(9.0, [1.0, 2.0]) == 100
    assert percentile(0.0, []) is None


def test_a_score_has_one_color_in_the_picture_and_on_the_page() -> None:
    ends = tuple(StripToken(text="x" * 30, score=score) for score in (1.0, 2.5, 4.0))
    figure = token_strip(replace(strip(), tokens=ends))
    picture = Image.open(io.BytesIO(figure.png())).convert("RGB")
    found = {color for count, color in picture.getcolors(2**20) or [] if count > 2000}
    svg = figure.svg().replace(" ", "")
    for color in (LOW, MIDDLE, HIGH):
        assert rgb(color) in found
        assert f'fill="rgb({",".join(map(str, rgb(color)))})"' in svg or f'fill="{color}"' in svg


def test_tokens_of_the_action_that_stand_together_share_a_box() -> None:
    marks = (True, True, False, True)
    tokens = tuple(StripToken(text="a", action=action) for action in marks)
    assert token_strip(replace(strip(), tokens=tokens)).table["box"].to_list() == [0, 0, None, 1]


def test_the_words_say_only_what_is_drawn() -> None:
    plain = (StripToken(text="a", score=1.0),)
    assert "boxed" in token_strip(strip()).subtitle[-1]
    assert (
        token_strip(replace(strip(), tokens=plain)).subtitle[-1] == "white: median of honest runs (4 scores)"
    )


@pytest.mark.parametrize("tokens", [(), (StripToken(text="a"),)])
def test_a_strip_without_scores_is_drawn_unshaded(tokens: tuple[StripToken, ...]) -> None:
    assert token_strip(replace(strip(), tokens=tokens, reference=())).svg().startswith("<svg")


def test_hostile_transcripts_are_text_in_pictures_and_pages() -> None:
    figure = token_strip(strip((HOSTILE, HOSTILE, "{{7*7}}"), name=HOSTILE))
    assert "<script" not in figure.svg()
    assert "\u202e" not in figure.svg()
    assert "<script>alert" not in figure.html_fragment()


def test_a_part_of_a_long_transcript_says_which_and_keeps_its_numbers() -> None:
    figure = token_strip(replace(strip(), first=100, total=1000))
    assert figure.subtitle[-1].startswith("tokens 101 to 105 of 1,000; white")
    assert figure.table["token"].to_list() == [100, 101, 102, 103, 104]
    assert '"domain":[99.5,104.5]' in figure.spec()
    assert "tokens 1 to 5" not in token_strip(replace(strip(), total=5)).subtitle[-1]
