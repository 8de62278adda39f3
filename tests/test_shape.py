"""The shape of the code: sizes, mirrors, docstrings, public names, lazy imports, skips."""

from __future__ import annotations

import ast
import pkgutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import lab

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("lab", "agents", "scenarios", "probes", "db")
TEMPLATES = ROOT / "scenarios" / "templates" / "files"
"""What `lab init` writes for users: no modules of the lab."""

SOURCES = sorted(
    file
    for package in PACKAGES
    for file in (ROOT / package).rglob("*.py")
    if not file.is_relative_to(TEMPLATES)
)
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))

MAX_LINES = 400
MAX_FUNCTION_LINES = 60

HEAVY = {
    "alembic",
    "altair",
    "langgraph",
    "numpy",
    "openai",
    "polars",
    "scipy",
    "sklearn",
    "simpy",
    "sqlalchemy",
    "torch",
    "transformers",
}
"""What listing and helping must never load (architecture §3)."""

MIGRATIONS = "db/migrations/versions/"
"""Written once and never changed: no caps, no package."""

WITHOUT_MIRROR = {
    "lab/__main__.py": "tests/test_smoke.py runs it as users do",
    "db/migrations/": "alembic runs these files; the tests of the database prove what they make",
}
"""Modules, or folders of modules, that no test mirrors; why."""

WITHOUT_SOURCE = ("conformance", "runs", "support", "benchmarks")
"""Folders of tests that stand across modules; the files right in `tests/` do too."""


def relative(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def mirror(source: Path) -> Path:
    """Where the tests of `source` belong."""
    return ROOT / "tests" / source.parent.relative_to(ROOT) / f"test_{source.stem.lstrip('_')}.py"


def calls(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Every call in `tree` with the last part of the called name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node.func.attr, node


def skip_reason(call: ast.Call) -> str:
    """The reason a skipping call gives, or what it needs; empty when it says neither."""
    said = [keyword.value for keyword in call.keywords if keyword.arg == "reason"] + call.args
    texts = [node.value for node in said if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return texts[0] if texts else ""


def imported_by(*command: str) -> set[str]:
    """The top-level packages that a `lab` command loads."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "lab", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    lines = done.stderr.splitlines()
    assert done.returncode == 0, [line for line in lines if not line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines if "|" in line}


def test_no_module_is_longer_than_the_cap() -> None:
    lengths = {relative(file): len(file.read_text().splitlines()) for file in SOURCES}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_no_function_is_longer_than_the_cap() -> None:
    too_long = [
        f"{relative(file)}:{node.lineno} {node.name}"
        for file in SOURCES
        if not relative(file).startswith(MIGRATIONS)
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= MAX_FUNCTION_LINES
    ]
    assert too_long == []


def test_every_module_has_tests_where_a_reader_looks_for_them() -> None:
    missing = [
        relative(file)
        for file in SOURCES
        if file.name != "__init__.py"
        and not relative(file).startswith(tuple(WITHOUT_MIRROR))
        and not mirror(file).exists()
    ]
    assert missing == []


def test_every_test_file_mirrors_a_module() -> None:
    mirrors = {mirror(file) for file in SOURCES}
    strays = [
        relative(file)
        for file in TESTS
        if file.parent != ROOT / "tests"
        and file.relative_to(ROOT / "tests").parts[0] not in WITHOUT_SOURCE
        and file not in mirrors
    ]
    assert strays == []


def test_every_exception_to_the_mirror_is_still_needed() -> None:
    names = [relative(file) for file in SOURCES]
    assert all(any(name.startswith(exception) for name in names) for exception in WITHOUT_MIRROR)


def test_every_folder_of_modules_is_a_package_that_says_what_belongs_in_it() -> None:
    silent = []
    for folder in sorted({file.parent for file in SOURCES} - {ROOT / MIGRATIONS}):
        init = folder / "__init__.py"
        if not init.exists() or not ast.get_docstring(ast.parse(init.read_text())):
            silent.append(relative(init))
    assert silent == []


def test_every_folder_of_tests_is_a_package() -> None:
    assert [relative(file.parent) for file in TESTS if not (file.parent / "__init__.py").exists()] == []


def test_every_package_tells_type_checkers_it_is_typed() -> None:
    assert [package for package in PACKAGES if not (ROOT / package / "py.typed").exists()] == []


def test_every_part_of_lab_stands_in_the_import_contract() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    layers = next(c["layers"] for c in settings["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
    ordered = {name.strip(" ()") for layer in layers for name in layer.split("|")}
    parts = {f"lab.{module.name}" for module in pkgutil.iter_modules(lab.__path__)} - {"lab.__main__"}
    assert parts - ordered == set()


def test_what_lab_shows_is_what_it_declares() -> None:
    assert dir(lab) == sorted(lab.__all__)


@pytest.mark.parametrize("name", lab.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert callable(getattr(lab, name))


def test_no_module_of_lab_hides_a_public_name() -> None:
    assert {module.name for module in pkgutil.iter_modules(lab.__path__)} & set(lab.__all__) == set()


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'lab' has no attribute 'nothing'"):
        lab.__getattr__("nothing")


@pytest.mark.parametrize("command", ["--help", "list"])
def test_listing_and_helping_load_nothing_heavy(command: str) -> None:
    loaded = imported_by(command)
    assert "typer" in loaded
    assert loaded & HEAVY == set()


def test_every_skip_is_accounted_for_in_contributing() -> None:
    listed = (ROOT / "CONTRIBUTING.md").read_text()
    skipping = {"skip", "skipif", "xfail", "importorskip"}
    unlisted = [
        f"{relative(file)}:{call.lineno}"
        for file in (ROOT / "tests").rglob("*.py")
        for name, call in calls(ast.parse(file.read_text()))
        if name in skipping and not (skip_reason(call) and skip_reason(call) in listed)
    ]
    assert unlisted == []
