from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from agents.organisms.cards import organisms
from scenarios.catalog import ENVIRONMENTS, load_environment, shipped_files
from tests.lab.cli.conftest import SOCIAL, Lab


def test_init_writes_files_that_validate(lab: Lab, tmp_path: Path) -> None:
    done = lab("init", tmp_path / "mine")
    assert done.code == 0
    files = sorted((tmp_path / "mine").glob("*.yaml"))
    assert [line for line in done.out.splitlines() if line.endswith(".yaml")][: len(files)] == list(
        map(str, files)
    )
    words = [sys.executable, "-m", "lab", "validate", "--allow-code", *map(str, files)]
    checked = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_init_overwrites_nothing(lab: Lab, tmp_path: Path) -> None:
    lab("init", tmp_path)
    again = lab("init", tmp_path)
    assert again.code == 2
    assert again.err.startswith("nothing written: already there")


@pytest.mark.parametrize("which", ["scenario", "study"])
def test_schema_prints_the_committed_schema(lab: Lab, which: str) -> None:
    committed = (SOCIAL.parent / f"{which}.schema.json").read_text()
    assert lab("schema", which).json == json.loads(committed)


def test_every_shipped_file_is_valid(lab: Lab) -> None:
    files = [shipped.path for shipped in shipped_files()]
    done = lab("validate", *files)
    assert (done.code, done.err) == (0, "")
    assert [line.partition(": ")[0] for line in done.out.splitlines()] == list(map(str, files))


def test_validate_tells_every_problem_at_its_place(lab: Lab, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    text = (SOCIAL / "bluff.yaml").read_text()
    bad.write_text(text.replace("schema: 1", "schema: 1\nsede: 3").replace("social/bluff", "social/blufff"))
    done = lab("validate", bad, SOCIAL / "bluff.yaml")
    assert done.code == 2
    assert f"{bad}:4:1: sede: unknown key" in done.err
    assert "unknown environment 'social/blufff'; did you mean 'social/bluff'?" in done.err
    assert done.out.startswith(f"{SOCIAL / 'bluff.yaml'}: ok")


def test_validate_as_json_has_one_object_a_file(lab: Lab, tmp_path: Path) -> None:
    missing = tmp_path / "missing.yaml"
    done = lab("validate", "--json", SOCIAL / "pgg-punish.yaml", SOCIAL / "punishment.study.yaml", missing)
    assert (done.code, done.err) == (2, "")
    scenario, study, bad = done.json
    assert (scenario["ok"], scenario["name"]) == (True, "pgg-punish")
    assert [agent["name"] for agent in scenario["agents"]] == ["ann", "bob", "coop-1", "coop-2"]
    assert (study["ok"], study["study"]) == (True, "punishment")
    assert (bad["ok"], bad["file"], bad["problems"][0]["message"]) == (False, str(missing), "no such file")


def test_own_code_is_imported_only_when_allowed(lab: Lab, tmp_path: Path) -> None:
    lab("init", tmp_path)
    refused = lab("validate", tmp_path / "my-game.yaml")
    assert refused.code == 2
    assert "`lab validate` imports code only with --allow-code" in refused.err


def test_list_has_what_the_packages_have(lab: Lab) -> None:
    listed = lab("list", "--json").json
    assert [one["environment"] for one in listed["environments"]] == list(ENVIRONMENTS)
    assert len(listed["scenarios"]) == len(list(shipped_files()))
    for name in ENVIRONMENTS:
        own = {one["policy"] for one in listed["policies"] if one["environment"] == name}
        assert own == {f"scripted/{policy}" for policy in load_environment(name).policies}
    assert all(one["about"] for one in [*listed["environments"], *listed["policies"]])


def test_list_says_what_models_need(lab: Lab) -> None:
    listed = {one["model"]: one for one in lab("list", "models", "--json").json["models"]}
    assert {"openai/NAME", "local/PATH-OR-HUB-ID", "mock/first", "mock/uniform"} <= listed.keys()
    assert listed["mock/uniform"]["needs"] == "nothing"
    assert all(one["about"] for one in listed.values())


def test_list_has_every_organism_with_its_seat(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LAB_ORGANISMS", str(tmp_path))
    listed = {one["organism"]: one for one in lab("list", "organisms", "--json").json["organisms"]}
    assert listed.keys() == {f"local/organisms/{name}" for name in organisms()}


def test_list_prints_one_section(lab: Lab) -> None:
    done = lab("list", "environments")
    assert done.out.splitlines()[0].split() == ["environment", "about"]
    assert len(done.out.splitlines()) == 1 + len(list(ENVIRONMENTS))


@pytest.mark.parametrize("section", ["probes", "environment"])
def test_a_section_that_is_not_there_is_refused(lab: Lab, section: str) -> None:
    done = lab("list", section)
    assert done.code == 2
    assert done.err.startswith(f"unknown section or environment '{section}'")


def test_list_tells_all_about_one_environment(lab: Lab) -> None:
    assert lab("list", "social/bluff").out.startswith("social/bluff: Two agents")
    assert lab("list", "social/bluff", "--json").json["params"]["defaults"] == {"rounds": 8, "opening": 0}
