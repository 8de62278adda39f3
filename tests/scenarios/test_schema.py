from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from scenarios.catalog import ENVIRONMENTS, ROOT
from scenarios.schema import DIALECT, scenario_schema, schema_texts, study_schema

CONTRACT = (
    "schema name environment seed clock params models agents render interventions limits failures "
    "on_invalid measures"
)


@pytest.mark.parametrize("name", ["scenario.schema.json", "study.schema.json"])
def test_the_committed_schemas_are_up_to_date(name: str) -> None:
    hint = 'python -c "from scenarios.schema import write_schemas; write_schemas()"'
    assert (ROOT / name).read_text(encoding="utf-8") == schema_texts()[name], hint


def test_the_keys_are_exactly_those_of_the_contract() -> None:
    assert set(scenario_schema()["properties"]) == set(CONTRACT.split())
    agent = scenario_schema()["$defs"]["AgentEntry"]["properties"]
    assert set(agent) == {"name", "count", "role", "persona", "policy", "think_time", "params"}
    study = "schema study scenario scenarios factors seeds limits hypotheses"
    assert set(study_schema()["properties"]) == set(study.split())


def objects(schema: Any) -> Iterator[dict[str, Any]]:
    for inner in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from objects(inner)
    if isinstance(schema, dict) and schema.get("type") == "object" and "properties" in schema:
        yield schema


@pytest.mark.parametrize("schema", [scenario_schema(), study_schema()], ids=["scenario", "study"])
def test_every_key_is_described_and_unknown_ones_are_refused(schema: dict[str, Any]) -> None:
    assert schema["$schema"] == DIALECT
    for inner in objects(schema):
        undescribed = [key for key, value in inner["properties"].items() if "description" not in value]
        assert undescribed == []
        assert inner["additionalProperties"] is False or "kind" in inner["properties"]


def test_environments_are_offered_by_name_and_import_strings_are_allowed() -> None:
    names, own = scenario_schema()["properties"]["environment"]["anyOf"]
    assert names == {"enum": list(ENVIRONMENTS)}
    assert re.match(own["pattern"], "my_game:MyGame")
    assert not re.match(own["pattern"], "social/bluf")


def test_shorthands_are_allowed() -> None:
    render = scenario_schema()["$defs"]["RenderSpec"]["properties"]
    assert [one["type"] for one in render["wording"]["anyOf"]] == ["integer", "array"]
