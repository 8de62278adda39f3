"""The STRIPS core: tasks, a PDDL parser, a validator with reasons, planners, exact distances; no dependency.

Read `model.py` first: a task steps, lists what is applicable and validates plans. `pddl.py` reads tasks from
text, `blocks.py` draws Blocksworld tasks, `search.py` solves them and `distances.py` knows every cost-to-go.
"""
