"""Agents: the policies that turn a request into a decision, and the table of their kinds.

Read `catalog.py` first. Scripted policies of one game live beside its rules in `scenarios`; the ones here
play any game. No environment and no database belongs here.
"""
