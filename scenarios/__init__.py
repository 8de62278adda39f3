"""Scenarios: the YAML files, their spec and loader, and the environments they name.

Read `environment.py` first, then one game, such as `social/public_goods/rules.py`. No engine, no database and
no policy of another package belongs here.
"""
