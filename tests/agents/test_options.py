"""Options told in the loader's words."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import Field

from agents.options import Options, option_problems


class Inner(Options):
    depth: int = Field(1, ge=1)


class Outer(Options):
    name: str
    inner: Inner = Inner()
    spare: Inner | None = None


@pytest.mark.parametrize(
    ("given", "path", "words"),
    [
        ({"name": "x", "inne": {}}, "inne", "did you mean 'inner'? (options: name, inner, spare)"),
        ({"name": "x", "spare": {"deph": 2}}, "spare.deph", "did you mean 'depth'? (options: depth)"),
        ({"name": "x", "inner": {"deph": 2}}, "inner.deph", "did you mean 'depth'? (options: depth)"),
        ({"name": "x", "inner": {"depth": 0}}, "inner.depth", "greater than or equal to 1, not 0"),
        ({"name": 3}, "name", "valid string, not 3"),
        ({}, "name", "should be given"),
    ],
)
def test_a_bad_option_is_told_with_its_path_and_what_is_allowed(
    given: dict[str, Any], path: str, words: str
) -> None:
    ((found, message),) = option_problems(Outer, given)
    assert found == path
    assert words in message


def test_good_options_have_no_problems() -> None:
    assert list(option_problems(Outer, {"name": "x", "inner": {"depth": 3}})) == []
