from __future__ import annotations

from types import SimpleNamespace

import pytest

from probes.sites.families import FAMILIES, Family
from probes.sites.names import SITES
from probes.sites.site_map import BLOCK_SITES
from tests.probes.sites.kinds import KINDS, model_of


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_family_places_every_site_of_a_block_that_it_can_have(kind: str) -> None:
    family = FAMILIES[kind]
    lacks = {"resid_mid"} if family.parallel is True else set()
    assert family.spots.keys() | lacks == {*BLOCK_SITES} <= {*SITES}
    assert family.linear.keys() <= family.spots.keys()


def test_every_family_of_the_table_is_tried_on_a_model() -> None:
    assert {model_of(kind).config.model_type for kind in KINDS} == {*FAMILIES}


def test_a_config_says_whether_sublayers_run_in_parallel() -> None:
    family = Family(parallel=("one", "two"))
    assert family.is_parallel(SimpleNamespace(one=False, two=True))
    assert not family.is_parallel(SimpleNamespace(one=False))
