"""Social environments: games of two or more agents, each a sub-package of rules, policies, measures, wording.

Read `public_goods/rules.py` first. The runnable `*.yaml` and the `*.study.yaml` stand beside this file.
"""
