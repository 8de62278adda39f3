from __future__ import annotations

import pytest

from agents.scripted import ANY_GAME
from lab.cli.outlines import about, class_table, module_table
from scenarios.catalog import ENVIRONMENTS, load_environment

GAME = "scenarios.social.public_goods.rules:PublicGoods"


@pytest.mark.parametrize("name", list(ENVIRONMENTS))
def test_an_outline_says_what_the_imported_class_says(name: str) -> None:
    doc = load_environment(name).__doc__ or ""
    assert about(ENVIRONMENTS.place(name)) == doc.splitlines()[0]


@pytest.mark.parametrize("name", list(ENVIRONMENTS))
def test_a_table_read_from_source_is_the_imported_one(name: str) -> None:
    read = [outline.name for outline in class_table(ENVIRONMENTS.place(name), "policies")]
    assert read == list(load_environment(name).policies)


def test_a_table_of_a_module_is_read_too() -> None:
    assert [outline.name for outline in module_table("agents.scripted", "ANY_GAME")] == list(ANY_GAME)


def test_a_function_has_an_outline_too() -> None:
    assert about("agents.models.mock:first") == "The first legal reply."
    assert list(class_table("agents.models.mock:first", "policies")) == []


def test_what_is_not_there_has_no_outline() -> None:
    assert about("scenarios.catalog:Nothing") == ""
    assert list(class_table(GAME, "nothing")) == []
