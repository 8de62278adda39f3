from __future__ import annotations

import subprocess
import sys

import pytest

from agents.catalog import Catalog
from lab.core.errors import UnknownName, UsageError
from scenarios.catalog import ENVIRONMENTS, Shipped, load_environment, shipped_files
from scenarios.environment import Environment
from scenarios.load import load_any

SHIPPED = list(shipped_files())
HEAVY = {"pydantic", "sqlalchemy", "numpy", "yaml", "simpy", "torch", "polars"}


@pytest.mark.parametrize("name", list(ENVIRONMENTS))
def test_every_environment_of_the_table_loads(name: str) -> None:
    assert issubclass(load_environment(name), Environment)


def test_an_environment_outside_the_table_loads_by_import_string() -> None:
    assert load_environment("tests.scenarios.load.toys:Market").version == 4


def test_an_unknown_environment_is_told_with_the_nearest_name() -> None:
    with pytest.raises(UnknownName, match="did you mean 'social/bluff'"):
        load_environment("social/bluf")


def test_what_is_no_environment_is_refused() -> None:
    with pytest.raises(UsageError, match=r"is not a subclass of scenarios\.environment\.Environment"):
        load_environment("json:JSONDecoder")


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda shipped: shipped.path.name)
def test_every_shipped_file_asks_a_question_names_its_schema_and_is_valid(shipped: Shipped) -> None:
    lines = shipped.path.read_text(encoding="utf-8").splitlines()
    schema = "study" if shipped.is_study else "scenario"
    assert lines[0] == f"# {shipped.question}"
    assert shipped.question.endswith("?")
    assert lines[1] == f"# yaml-language-server: $schema=../{schema}.schema.json"
    load_any(shipped.path, policies=Catalog())


def test_listing_loads_nothing_heavy() -> None:
    code = (
        "import sys; from scenarios.catalog import *; "
        "list(ENVIRONMENTS); list(shipped_files()); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert HEAVY.isdisjoint(loaded.split())
