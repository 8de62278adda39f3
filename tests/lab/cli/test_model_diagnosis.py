"""A model is told with what it needs before anybody waits for it to load."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.models.local.devices import Accelerator
from lab.cli.diagnosis import Finding
from lab.cli.model_diagnosis import diagnose_models
from lab.core.errors import ScenarioError, UnknownName, UsageError
from tests.lab.cli.conftest import SOCIAL, Lab
from tests.support import zoo

ACCELERATORS = "agents.models.local.devices.accelerators"


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny model."""
    return zoo.build("llama", tmp_path_factory.mktemp("models") / "llama")


GAME = """\
schema: 1
name: game
environment: social/public_goods
models: {models}
agents:
  - {{name: ann, policy: {{kind: scripted, name: free_rider}}}}
  - {{name: coop, count: 3, policy: {policy}}}
"""


def scenario(folder: Path, models: str, policy: str) -> str:
    """A file with these aliases and a group of three with this policy."""
    (folder / "game.yaml").write_text(GAME.format(models=models, policy=policy), encoding="utf-8")
    return str(folder / "game.yaml")


def found(model: str | None, file: str | None = None, *, attach: bool = False) -> dict[str, Finding]:
    return {one.what: one for one in diagnose_models(model, file, attach=attach)}


def test_a_local_model_is_told_from_its_config(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ACCELERATORS, lambda: (Accelerator("cuda:0", "card", 2**30, 2**30),))
    name = f"local/{llama}"
    sizes = found(name)
    parts = (f"{name}: {part}" for part in ("weights", "keys and values", "worlds in flight"))
    assert list(sizes) == [f"model {name}", *parts]
    assert "125,248 parameters, 0.5 MiB as float32; 0.5 MiB on disk" in sizes[f"{name}: weights"].found
    assert sizes[f"{name}: keys and values"].found == "512 bytes a token"
    assert sizes[f"{name}: worlds in flight"].found.endswith("1,024 tokens an agent, in 1.0 GiB of cuda:0")
    assert all(one.ok for one in sizes.values())


def test_a_model_that_does_not_fit_is_no_good(llama: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ACCELERATORS, lambda: (Accelerator("cuda:0", "card", 2**18, 2**18),))
    worlds = found(f"local/{llama}")[f"local/{llama}: worlds in flight"]
    assert worlds.found == "none: weights and one conversation do not fit in 0.2 MiB of cuda:0"
    assert not worlds.ok


def test_an_attached_model_tells_its_path(llama: Path, tmp_path: Path) -> None:
    file = scenario(tmp_path, f"{{own: {{model: local/{llama}}}}}", "{kind: llm, model: own}")
    named = found(None, file, attach=True)
    assert named["own: execution"] == Finding("own: execution", "reference", ok=True)
    assert "with 3 agents each" in named["own: worlds in flight"].found


def test_a_fallback_is_told_with_its_reason(tmp_path: Path) -> None:
    hybrid = zoo.build("qwen3_next", tmp_path / "hybrid")
    models = f"{{own: {{model: local/{hybrid}, options: {{execution: cached}}}}}}"
    told = found("own", scenario(tmp_path, models, "{kind: llm, model: own}"), attach=True)
    expected = "reference; runs on the reference path, not cached: "
    assert told["own: execution"].found.startswith(expected)


def test_the_aliases_of_a_scenario_are_told_with_who_uses_them(tmp_path: Path) -> None:
    file = scenario(
        tmp_path, "{main: {model: mock/first}, idle: {model: mock/uniform}}", "{kind: llm, model: main}"
    )
    assert found(None, file) == {
        "model main": Finding("model main", "mock/first, used by 3 agents", ok=True),
        "model idle": Finding("model idle", "mock/uniform, used by 0 agents", ok=True),
    }
    assert list(found("idle", file)) == ["model idle"]


def test_a_scenario_of_rules_names_no_model() -> None:
    assert found(None, str(SOCIAL / "pgg-punish.yaml"))["models"].ok


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("mock/frist", "did you mean 'first'?"),
        ("local/organisms/blufff", "unknown organism 'blufff'"),
        ("local/./no-such-folder", "no such folder"),
    ],
)
def test_a_model_that_is_not_there_is_no_good(model: str, words: str) -> None:
    (finding,) = diagnose_models(model, None, attach=False)
    assert not finding.ok
    assert words in finding.found


def test_a_server_that_does_not_answer_is_no_good(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    models = "{main: {model: openai/x, base_url: 'http://127.0.0.1:9/v1', api_key_env: LAB_TEST_KEY}}"
    monkeypatch.delenv("LAB_TEST_KEY", raising=False)
    told = found(None, scenario(tmp_path, models, "{kind: llm, model: main}"))
    assert [one.ok for one in told.values()] == [True, False, False]
    assert told["endpoint of main"].found.startswith("http://127.0.0.1:9/v1 does not answer: ")


def test_mistakes_are_errors_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="unknown model 'mian'; did you mean 'main'"):
        found("mian", scenario(tmp_path, "{main: {model: mock/first}}", "{kind: llm, model: main}"))
    with pytest.raises(ScenarioError):
        found(None, str(tmp_path / "none.yaml"))
    with pytest.raises(UsageError, match="--attach loads a model"):
        found(None, attach=True)


def test_doctor_tells_of_the_model_first_and_exits_with_1_when_it_is_no_good(lab: Lab) -> None:
    told = lab("doctor", "--model", "mock/frist", "--json")
    assert told.code == 1
    assert told.json["findings"][0]["what"] == "model mock/frist"
    assert lab("doctor", "--model", "mock/first", "--json").json["findings"][0]["ok"]
