"""Planning environments: worlds whose rules, optimal plans and regrets are known exactly.

`strips/` is the lab's own planner and validator, shared by the environments; each environment is a
sub-package of rules, policies, measures, wording. Read `strips/model.py` first, then `blocksworld/rules.py`.
The runnable `*.yaml` and the `*.study.yaml` stand beside this file.
"""
