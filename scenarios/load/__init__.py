"""Reading scenario and study files: strict YAML in, validated frozen objects or every problem at once out.

Read `scenario.py` first. This package alone imports yaml.

    yaml_text   text → tree of nodes, each knowing its line and column
    tree        that tree
    problems    pydantic's errors → problems at a place of the tree
    overrides   groups, `--set` and factor levels → a changed tree
    checks      names and rules that hold between sections
    scenario    a scenario file → Scenario
    study       a study file → Study
"""

from scenarios.load.policies import PolicyCatalog
from scenarios.load.scenario import load_scenario, revise
from scenarios.load.study import load_any, load_study

__all__ = ["PolicyCatalog", "load_any", "load_scenario", "load_study", "revise"]
