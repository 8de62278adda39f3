from __future__ import annotations

from pathlib import Path

import pytest

from agents.catalog import Catalog
from lab.core.errors import ScenarioError
from scenarios.load import PolicyCatalog, load_scenario
from tests.scenarios.load.toys import GOOD, write


def test_the_labs_own_catalog_is_one(tmp_path: Path) -> None:
    catalog: PolicyCatalog = Catalog()
    path = write(tmp_path, GOOD.replace("greedy", "uniform"))
    with pytest.raises(ScenarioError) as caught:
        load_scenario(path, policies=catalog)
    assert [problem.path for problem in caught.value.problems] == ["agents[1].policy.name"]
