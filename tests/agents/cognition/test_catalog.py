"""The table of cognitions."""

from __future__ import annotations

import subprocess
import sys

from agents.cognition.catalog import CALLS, COGNITIONS


def test_every_shipped_cognition_says_how_many_calls_a_decision_takes() -> None:
    assert set(CALLS) == set(COGNITIONS)


def test_looking_into_the_table_loads_no_langgraph() -> None:
    code = "import sys, agents.cognition.catalog, agents.llm; sys.exit('langgraph' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
