"""Lazy tables of names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lab.core.errors import UnknownName, UsageError
from lab.core.registry import Registry, is_import_string, load_object

TABLE = {
    "choice": "lab.core.spaces:Choice",
    "broken": "lab.core.nowhere:Class",
    "form": "lab.core.spaces:Form",
}


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose modules can be imported."""
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_a_table_lists_its_names_in_order_and_loads_nothing() -> None:
    registry = Registry("space", {"b": "no.such.module:B", "a": "no.such.module:A"})
    assert list(registry) == ["a", "b"]
    assert "a" in registry
    assert "c" not in registry
    assert registry.place("b") == "no.such.module:B"
    assert "no" not in sys.modules


def test_a_name_and_an_import_string_load_the_same_object() -> None:
    registry = Registry("space", TABLE)
    assert registry.load("choice") is registry.load("lab.core.spaces:Choice")
    assert registry.load("choice").__name__ == "Choice"


def test_an_unknown_name_is_refused_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match=r"unknown space 'chioce'; did you mean 'choice'\? \(known: broken"):
        Registry("space", TABLE).load("chioce")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("nowhere:Class", "space 'nowhere:Class': no module named 'nowhere'"),
        ("lab.core.nowhere:Class", "no module named 'lab.core.nowhere'"),
        ("lab.core.spaces:Choise", "module 'lab.core.spaces' has no 'Choise'; did you mean 'Choice'?"),
    ],
)
def test_an_import_string_that_leads_nowhere_says_where_it_ends(path: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load_object(path, "space")
    assert message in str(caught.value)


def test_a_module_that_lacks_what_it_imports_is_a_bug_and_not_a_wrong_name(modules: Path) -> None:
    (modules / "not_there_at_all.py").write_text("import not_there\n")
    with pytest.raises(ModuleNotFoundError, match="not_there"):
        load_object("not_there_at_all:Class", "space")


def test_a_module_with_a_bug_shows_its_bug(modules: Path) -> None:
    (modules / "buggy.py").write_text("1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        load_object("buggy:Class", "space")


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("module:Class", True),
        ("package.module:Class", True),
        ("Class", False),
        (":Class", False),
        ("module:", False),
        ("a..b:Class", False),
        ("social/bluff", False),
        ("a:b:c", False),
        ("mock/a.b:c", False),
    ],
)
def test_an_import_string_is_told_from_a_name(text: str, is_one: bool) -> None:
    assert is_import_string(text) is is_one
