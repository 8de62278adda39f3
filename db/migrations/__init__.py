"""How the schema came to be: one file in `versions/` for each change, oldest first. Read `env.py` first.

A version is frozen once released: it writes its tables out and imports nothing of `db`.
"""
