from __future__ import annotations

import io
import json
from pathlib import Path

import numpy
from PIL import Image

from lab.reporting.figure import Figure, basis_lines
from lab.reporting.inputs import Basis
from lab.reporting.layer_curve import layer_curve
from lab.reporting.rendering import PNG_SCALE
from tests.lab.reporting.samples import BASIS, HOSTILE, curve


def figure() -> Figure:
    return layer_curve(curve())


def test_a_figure_is_saved_as_page_picture_and_table(tmp_path: Path) -> None:
    page, image, table = figure().save(tmp_path / "figures", "curve")
    assert [file.name for file in (page, image, table)] == ["curve.html", "curve.png", "curve.csv"]
    assert table.read_text() == figure().csv()


def test_equal_inputs_give_equal_bytes(tmp_path: Path) -> None:
    first, second = (figure().save(tmp_path / name, "curve") for name in ("one", "two"))
    assert [file.read_bytes() for file in first] == [file.read_bytes() for file in second]


def test_the_picture_has_two_pixels_a_point_and_is_not_blank() -> None:
    picture = Image.open(io.BytesIO(figure().png()))
    width = float(figure().svg().split('width="', 1)[1].split('"', 1)[0])
    assert abs(picture.width - PNG_SCALE * width) <= PNG_SCALE
    assert numpy.asarray(picture.convert("L")).std() > 5


def test_the_subtitle_names_model_runs_decisions_split_and_marks() -> None:
    marked = Basis(
        model="m", n_runs=1, n_decisions=1, split="no split", marks=("proxy reader", "single seed")
    )
    assert basis_lines(BASIS) == (
        "local/tiny · 40 runs, 1,320 decisions · 5 folds by run · resid_post at pre_choice",
    )
    assert basis_lines(marked, "more") == (
        "m · 1 run, 1 decision · no split",
        "note: proxy reader, single seed",
        "more",
    )


def test_long_titles_are_broken_not_cut() -> None:
    long = layer_curve(
        curve(variable="select run, seq, value from hidden where name = 'type' and agent = 'ann'")
    )
    title = json.loads(long.spec())["title"]
    assert len(title["text"]) == 2
    assert " ".join(title["text"]) == long.title


def test_hostile_names_are_drawn_as_text() -> None:
    hostile = layer_curve(curve(variable=HOSTILE))
    assert "<script" not in hostile.svg()
    assert "<script>alert" not in hostile.html_fragment()
