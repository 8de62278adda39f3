"""Where a local model's files are looked for."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub import constants
from huggingface_hub.errors import (
    GatedRepoError,
    HfHubHTTPError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)

from agents.models.local.places import (
    WANTED,
    commit_of,
    folder_of,
    found_folder,
    place_problem,
    settings_of,
)
from lab.core.errors import UnknownName, UsageError
from tests.support import zoo

COMMIT = "0123456789" * 4


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = tmp_path / "models" / "qwen"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


@pytest.fixture
def hub(tmp_path: Path, model: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "home" / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return zoo.hub_cache(tmp_path / "home", "acme/tiny", model, revision=COMMIT)


@pytest.fixture
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)


def test_a_folder_is_found_as_it_is_named(model: Path) -> None:
    assert folder_of(str(model)) == model
    assert commit_of(model) is None


def test_a_hub_id_is_found_in_the_cache_without_network(hub: Path) -> None:
    assert folder_of("acme/tiny") == hub
    assert commit_of(hub) == COMMIT
    assert place_problem("acme/tiny") is None


def test_a_revision_is_looked_for_by_its_commit(hub: Path) -> None:
    assert found_folder("acme/tiny", COMMIT) == hub
    assert found_folder("acme/tiny", "f" * 40) is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("models/qwem", r"no such folder.*did you mean 'qwen'\?"),
        ("models/qwen/config.json", "is a file; name the folder"),
    ],
)
def test_a_path_that_leads_nowhere_tells_the_nearest(model: Path, name: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        folder_of(str(model.parent.parent / name))


def test_a_folder_that_holds_no_model_is_a_problem(model: Path) -> None:
    said = place_problem(f"{model}/..") or ""
    assert f"{model.parent} holds no config.json: it is no model in the transformers format" in said
    (model.parent / "adapter_config.json").write_text("{}")
    assert "merge it into its base model" in (place_problem(str(model.parent)) or "")


def test_a_hub_id_that_is_not_cached_says_what_forbids_to_download_it(hub: Path) -> None:
    assert "HF_HUB_OFFLINE" in (place_problem("acme/large") or "")
    with pytest.raises(UsageError, match="no repository of that name in the hub's cache"):
        folder_of("acme/large")


def test_with_network_a_hub_id_is_no_problem_before_it_is_opened(hub: Path, online: None) -> None:
    assert place_problem("acme/large") is None


def test_an_unknown_organism_is_an_unknown_name() -> None:
    with pytest.raises(UnknownName):
        folder_of("organisms/nobody")
    assert "unknown organism 'nobody'" in (place_problem("organisms/nobody") or "")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (GatedRepoError, "gated; accept its terms at huggingface.co/acme/large"),
        (RepositoryNotFoundError, f"no folder 'acme/large' in {COMMIT}, and the hub: no such repository"),
        (RevisionNotFoundError, "and the hub: no revision 'v9' of it"),
    ],
)
def test_what_the_hub_refuses_is_told_with_what_would_help(
    hub: Path, online: None, monkeypatch: pytest.MonkeyPatch, error: type[HfHubHTTPError], said: str
) -> None:
    monkeypatch.chdir(hub)
    real = huggingface_hub.snapshot_download

    def download(target: str, *, local_files_only: bool = False, **asked: object) -> str:
        if local_files_only:
            return str(real(target, local_files_only=True))
        assert asked["allow_patterns"] == [*WANTED]
        refusal: Any = SimpleNamespace(headers={}, request=None)
        raise error("no", response=refusal)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    with pytest.raises(UsageError, match=said):
        folder_of("acme/large", "v9")


def test_only_safetensors_and_text_are_ever_downloaded() -> None:
    assert not {"*.py", "*.bin", "*.pt", "*"} & set(WANTED)


@pytest.mark.parametrize("content", ["{", "[1]"])
def test_settings_that_are_no_json_object_are_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(UsageError, match="not"):
        settings_of(tmp_path)


def test_settings_that_are_not_there_are_empty(tmp_path: Path) -> None:
    assert settings_of(tmp_path) == {}
