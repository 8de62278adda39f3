"""The JSON Schemas of scenario and study files, for editors; `lab schema` prints them.

The committed `*.schema.json` beside this module are what shipped files name in their second line. After a
change of the spec, renew them: ``python -c "from scenarios.schema import write_schemas; write_schemas()"``.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from scenarios.catalog import ENVIRONMENTS, ROOT
from scenarios.spec import ScenarioFile
from scenarios.study import StudyFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"
IMPORT_STRING = r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*$"


def scenario_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a scenario file."""
    schema = _schema_of(ScenarioFile, "Scenario")
    environment = schema["properties"]["environment"]
    environment["anyOf"] = [{"enum": list(ENVIRONMENTS)}, {"pattern": IMPORT_STRING}]
    return schema


def study_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a study file; an inline scenario is left to its own schema."""
    return _schema_of(StudyFile, "Study")


def schema_texts() -> dict[str, str]:
    """File name to text of both schemas."""
    schemas = {"scenario.schema.json": scenario_schema(), "study.schema.json": study_schema()}
    return {name: json.dumps(schema, indent=2, ensure_ascii=False) + "\n" for name, schema in schemas.items()}


def write_schemas(directory: Path = ROOT) -> None:
    """Write both schemas into a folder."""
    for name, text in schema_texts().items():
        (directory / name).write_text(text, encoding="utf-8")


def _schema_of(model: type[BaseModel], title: str) -> dict[str, Any]:
    schema = model.model_json_schema(by_alias=True, mode="validation")
    return {"$schema": DIALECT, **_without_titles(schema), "title": title}


def _without_titles(schema: Any) -> Any:
    """A schema less the titles that pydantic makes of field names."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key != "title" or not isinstance(value, str)}
    return {key: _without_titles(value) for key, value in kept.items()}
