"""Acting on a STRIPS task step by step: what `blocksworld` and `pddl` share. Read `rules.py` first."""
