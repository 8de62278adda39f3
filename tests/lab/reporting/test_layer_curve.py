from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from lab.reporting.inputs import Baseline, LayerReading
from lab.reporting.layer_curve import layer_curve, reader_name
from tests.lab.reporting.samples import BASIS, curve


def spec(**changes: Any) -> dict[str, Any]:
    drawn: dict[str, Any] = json.loads(layer_curve(replace(curve(), **changes)).spec())
    return drawn


def rows(drawn: dict[str, Any]) -> list[dict[str, Any]]:
    """All data of the drawing; there is one set."""
    (values,) = drawn["datasets"].values()
    return list(values)


def legend(drawn: dict[str, Any]) -> list[str]:
    """The names in the legend."""
    text = json.dumps(drawn)
    domains = [json.loads(part.partition("]")[0] + "]") for part in text.split('"domain": ')[1:]]
    return next(domain for domain in domains if all(isinstance(name, str) for name in domain))


def test_the_table_is_what_is_drawn() -> None:
    figure = layer_curve(curve())
    assert rows(json.loads(figure.spec())) == figure.table.to_dicts()
    logistic = figure.table.filter(series="logistic")
    assert logistic["value"].to_list() == pytest.approx([0.5, 0.65, 0.8])
    assert logistic["low"].to_list() == pytest.approx([0.45, 0.6, 0.75])
    assert figure.table.filter(kind="permuted")["value"].to_list() == [0.62]


def test_the_title_says_what_was_read_in_what_and_how_it_was_split() -> None:
    title = spec()["title"]
    words = " ".join(title["text"] + title["subtitle"])
    for part in ("type", "AUROC", "local/tiny", "40 runs", "1,320 decisions", "5 folds by run"):
        assert part in words
    assert "gray: where the best layer stays in 95 % of label shuffles" in words
    assert "diamond: layer 2, declared beforehand" in words


def test_without_shuffles_no_gray_is_drawn() -> None:
    unshuffled = layer_curve(replace(curve(), null_high=None))
    assert "permuted" not in unshuffled.table["kind"]
    assert "gray" not in " ".join(unshuffled.subtitle)


def test_a_mark_such_as_a_proxy_reader_stands_in_the_title() -> None:
    assert "note: proxy reader" in spec(basis=replace(BASIS, marks=("proxy reader",)))["title"]["subtitle"]


def test_baselines_are_named_in_the_legend_and_a_missing_one_is_not() -> None:
    assert legend(spec())[2:] == ["visible text", "untrained twin", "control task", "Bayes ceiling"]
    unknown = (Baseline(kind="bayes"), Baseline(kind="twin", by_layer={0: None}))
    assert legend(spec(baselines=unknown)) == ["difference of means", "logistic"]


def test_a_headline_marks_its_layer_for_each_reader() -> None:
    marked = layer_curve(curve()).table.filter("headline")
    assert marked["layer"].to_list() == [2, 2]
    assert not layer_curve(replace(curve(), headline=None)).table["headline"].any()


@pytest.mark.parametrize("layers", [1, 80])
def test_any_number_of_layers_can_be_drawn(layers: int) -> None:
    figure = layer_curve(curve(layers, baselines=()))
    assert figure.table.filter(kind="reader").height == 2 * layers
    assert figure.svg().startswith("<svg")


def test_a_layer_that_was_not_read_leaves_a_gap() -> None:
    unread = LayerReading(layer=1, reader="logistic", value=None)
    figure = layer_curve(replace(curve(), readings=(unread,)))
    assert figure.table.filter(kind="reader").row(0)[3:6] == (None, None, None)


def test_the_axis_says_when_something_lies_below_it() -> None:
    low = LayerReading(layer=0, reader="ridge", value=-7.0, low=-9.0, high=-5.0)
    assert "cut off at -1" in json.dumps(spec(readings=(low,), metric="R2"))
    assert "cut off" not in json.dumps(spec())


def test_readers_have_names_people_say() -> None:
    assert reader_name("diff_means") == "difference of means"
    assert reader_name("my_probe") == "my probe"
