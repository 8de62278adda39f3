"""The lab from Python: what `import lab` offers.

    import lab
    run = lab.run("scenarios/social/pgg-punish.yaml", seed=7)
    study = lab.batch("scenarios/social/punishment.study.yaml")
    frame = study.decisions(wide=True)
    lab.query("select agent, avg(valid) from v_decision group by 1")

Read `verbs.py` for the functions and `handles.py` for what they return.
"""

from lab.api.captures import capture
from lab.api.handles import Run, Study
from lab.api.verbs import BatchPlan, batch, forecast, fork, get_run, get_study, load, query, replay, run
from lab.runner.conformance import check_environment, check_policy
from scenarios.spec import Scenario

__all__ = [
    "BatchPlan",
    "Run",
    "Scenario",
    "Study",
    "batch",
    "capture",
    "check_environment",
    "check_policy",
    "forecast",
    "fork",
    "get_run",
    "get_study",
    "load",
    "query",
    "replay",
    "run",
]
