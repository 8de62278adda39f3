from __future__ import annotations

import pytest

from tests.lab.cli.conftest import Lab

READING = (
    *("run", "batch", "status", "runs", "show", "grep", "query", "export", "replay", "fork", "diff"),
    "doctor",
)
AS_JSON = ("run", "batch", "validate", "list", "status", "runs", "grep", "replay", "fork", "diff", "doctor")


@pytest.mark.parametrize(
    ("option", "commands"), [("--db", READING), ("--json", AS_JSON), ("--swap", ("run", "batch", "fork"))]
)
def test_an_option_is_on_every_command_that_needs_it(
    lab: Lab, option: str, commands: tuple[str, ...]
) -> None:
    assert [name for name in commands if f"  {option} " not in lab(name, "--help").out] == []


@pytest.mark.parametrize("name", ["upgrade", "check"])
def test_the_commands_for_a_database_take_one(lab: Lab, name: str) -> None:
    assert "  --db " in lab("db", name, "--help").out
