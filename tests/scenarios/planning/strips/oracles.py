"""What two other libraries say of a plan: `tarski` and `unified-planning`."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from scenarios.planning.strips.model import Action, Task


@dataclass(frozen=True, slots=True)
class Opinion:
    """Whether a plan is valid, the first step that cannot be done, and what the plan costs if known."""

    valid: bool
    failed_step: int | None
    cost: int | None = None


def ours(task: Task, plan: Sequence[Action]) -> Opinion:
    """What the lab's validator says."""
    verdict = task.validate(plan)
    return Opinion(verdict.valid, verdict.failed_step, verdict.cost if verdict.valid else None)


class Tarski:
    """Steps plans by tarski's evaluation of preconditions and effects; add after delete."""

    def __init__(self, domain: str, problem: str) -> None:
        pytest.importorskip("tarski")
        from tarski.io import PDDLReader

        reader = PDDLReader(raise_on_error=True)
        reader.parse_domain_string(domain.lower())  # tarski minds case, PDDL does not
        self.problem = reader.parse_instance_string(problem.lower())
        self.operators: dict[Action, Any] = {}

    def judge(self, plan: Sequence[Action]) -> Opinion:
        """Opinion without a cost."""
        from tarski.evaluators.simple import evaluate
        from tarski.search.operations import apply_effect, is_applicable

        state = copy.deepcopy(self.problem.init)
        for index, action in enumerate(plan):
            operator = self._operator(action)
            if operator is None or not is_applicable(state, operator):
                return Opinion(valid=False, failed_step=index)
            for change in operator.effects:
                apply_effect(state, change)
        return Opinion(valid=bool(evaluate(self.problem.goal, state)), failed_step=None)

    def _operator(self, action: Action) -> Any:
        if action not in self.operators:
            self.operators[action] = self._ground(action) if self._speaks_of(action) else None
        return self.operators[action]

    def _ground(self, action: Action) -> Any:
        from tarski.fstrips import AddEffect, DelEffect
        from tarski.syntax.transform.action_grounding import ground_schema_into_plain_operator_from_grounding

        schema = self.problem.get_action(action.name)
        operator = ground_schema_into_plain_operator_from_grounding(schema, action.args)
        deletes = [effect for effect in operator.effects if isinstance(effect, DelEffect)]
        operator.effects = deletes + [effect for effect in operator.effects if isinstance(effect, AddEffect)]
        return operator

    def _speaks_of(self, action: Action) -> bool:
        if not self.problem.has_action(action.name):
            return False
        from tarski.syntax.sorts import ancestors

        language = self.problem.language
        parameters = list(self.problem.get_action(action.name).parameters)
        if len(parameters) != len(action.args) or not all(language.has_constant(arg) for arg in action.args):
            return False
        sorts = [
            (language.get_constant(arg).sort, p.sort) for arg, p in zip(action.args, parameters, strict=True)
        ]
        return all(own == wanted or wanted in ancestors(own) for own, wanted in sorts)


class Unified:
    """unified-planning: its simulator for many plans, its plan validator for whole opinions with costs."""

    def __init__(self, domain: str, problem: str) -> None:
        pytest.importorskip("unified_planning")
        from unified_planning.engines import SequentialPlanValidator, UPSequentialSimulator
        from unified_planning.environment import get_environment
        from unified_planning.io import PDDLReader

        get_environment().credits_stream = None
        self.problem = PDDLReader().parse_problem_string(domain, problem)
        self.simulator = UPSequentialSimulator(self.problem)
        self.validator = SequentialPlanValidator()

    def judge(self, plan: Sequence[Action]) -> Opinion:
        """By the simulator, without a cost."""
        state = self.simulator.get_initial_state()
        for index, action in enumerate(plan):
            instance = self._instance(action)
            after = None if instance is None else self._apply(state, instance)
            if after is None:
                return Opinion(valid=False, failed_step=index)
            state = after
        return Opinion(valid=bool(self.simulator.is_goal(state)), failed_step=None)

    def validate(self, plan: Sequence[Action]) -> Opinion:
        """By the validator, with the cost of a valid plan."""
        from unified_planning.plans import SequentialPlan

        instances = [self._instance(action) for action in plan]
        known = instances[: instances.index(None)] if None in instances else instances
        result = self.validator.validate(self.problem, SequentialPlan(known))
        if result.inapplicable_action is not None:
            failed = next(i for i, one in enumerate(known) if one is result.inapplicable_action)
            return Opinion(valid=False, failed_step=failed)
        if None in instances:
            return Opinion(valid=False, failed_step=len(known))
        valid = result.status.name == "VALID"
        costs = [int(value) for value in (result.metric_evaluations or {}).values()]
        return Opinion(valid, None, (costs[0] if costs else len(plan)) if valid else None)

    def _apply(self, state: Any, instance: Any) -> Any:
        from unified_planning.exceptions import UPInvalidActionError

        try:
            return self.simulator.apply(state, instance)
        except UPInvalidActionError:  # its preconditions are false by what never changes
            return None

    def _instance(self, action: Action) -> Any:
        from unified_planning.plans import ActionInstance

        if not (
            self.problem.has_action(action.name) and all(self.problem.has_object(arg) for arg in action.args)
        ):
            return None
        schema = self.problem.action(action.name)
        objects = [self.problem.object(arg) for arg in action.args]
        if len(objects) != len(schema.parameters):
            return None
        pairs = zip(objects, schema.parameters, strict=True)
        if not all(parameter.type.is_compatible(item.type) for item, parameter in pairs):
            return None
        manager = self.problem.environment.expression_manager
        return ActionInstance(schema, tuple(manager.ObjectExp(item) for item in objects))
