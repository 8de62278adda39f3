"""The table of cognitions; nothing of LangGraph is imported before one is used."""

from __future__ import annotations

from lab.core.registry import Registry

COGNITIONS = Registry(
    "cognition", {"direct": "agents.cognition.graphs:direct", "react": "agents.cognition.graphs:react"}
)

CALLS = {"direct": 1, "react": 2}
"""Model calls that one decision takes, re-asks left out."""
