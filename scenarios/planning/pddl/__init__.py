"""Any planning task of the user's, as a PDDL domain and problems of it; read `rules.py` first.

`examples/` has a ferry and a courier with little fuel.
"""
