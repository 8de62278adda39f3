from __future__ import annotations

from typing import Any, get_args

import pytest
from pydantic import ValidationError

from scenarios.webdefense.directory.spec import PARTIES, DirectoryParams, Goal, VisitorParams


def test_every_goal_has_a_party() -> None:
    assert set(PARTIES) == set(get_args(Goal))


@pytest.mark.parametrize(
    "params",
    [{"steps": 0}, {"requests": 0}, {"page_chars": 10}, {"leak_goal": 0}, {"mode": "browser"}, {"stepz": 3}],
)
def test_params_out_of_range_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        DirectoryParams.model_validate(params)


@pytest.mark.parametrize("params", [{"party": "evil"}, {"goal": "hack"}, {"channel": "axtree"}, {"pace": 0}])
def test_visitors_want_only_what_the_site_knows(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        VisitorParams.model_validate(params)
