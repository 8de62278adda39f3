"""The tests; they mirror the packages path for path.

Without this file `tests/agents` would shadow `agents`.
"""
