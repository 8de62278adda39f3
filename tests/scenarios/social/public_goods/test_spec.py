from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from scenarios.social.public_goods.spec import PublicGoodsParams


@pytest.mark.parametrize(
    "params",
    [{"rounds": 0}, {"endowment": 0}, {"punish": {"cost": -1}}, {"punish": {"effekt": 1}}, {"mpcr": -0.4}],
)
def test_impossible_params_are_refused(params: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PublicGoodsParams.model_validate(params)
