"""Where a local model's files are: a folder, a repository in the hub's cache, or a shipped organism.

local/PATH     local/ORG/NAME     local/organisms/NAME
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.core.canonical import parse
from lab.core.errors import LabError, UsageError, suggestion

ORGANISMS = "organisms/"
WANTED = ("*.json", "*.safetensors", "*.jinja", "*.model", "*.txt")
"""Files of a repository that are downloaded: weights as safetensors only, and never code."""

_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def folder_of(target: str, revision: str | None = None) -> Path:
    """The folder with a model's files; a hub repository that is not cached is downloaded.

    Raises:
        UsageError: when there is none; says what would help.
        UnknownName: for an unknown organism.
    """
    found = found_folder(target, revision)
    if found is None or (commit_of(found) and not any(found.glob("*.safetensors")) and not _is_offline()):
        return _downloaded(target, revision)
    return found


def place_problem(target: str, revision: str | None = None) -> str | None:
    """What is wrong with a model's name, as far as this machine can tell without any network."""
    try:
        if found_folder(target, revision) is None and _is_offline():
            return _not_cached(target)
    except LabError as error:
        return str(error)
    return None


def found_folder(target: str, revision: str | None = None) -> Path | None:
    """The folder if it is on this machine; None for a hub repository that is not.

    Raises:
        UsageError: when it is a path that leads nowhere, or to a folder without config.json.
        UnknownName: for an unknown organism.
    """
    if target.startswith(ORGANISMS):
        from agents.organisms.cards import organism_folder

        return organism_folder(target.removeprefix(ORGANISMS))
    path = Path(target).expanduser()
    if path.is_dir():
        return _checked(path, target)
    if path.exists():
        raise UsageError(f"local model '{target}': is a file; name the folder that holds config.json")
    if not _HUB_ID.fullmatch(target) or target.startswith("."):
        raise UsageError(f"local model '{target}': no such folder{_nearest_folder(path)}")
    return _cached(target, revision)


def commit_of(folder: Path) -> str | None:
    """The commit that a folder of the hub's cache stands for, else None."""
    return folder.name if folder.parent.name == "snapshots" else None


def settings_of(folder: Path, name: str = "config.json") -> Mapping[str, Any]:
    """The content of a JSON file beside the weights, empty where there is none.

    Raises:
        UsageError: when it is no JSON object.
    """
    file = folder / name
    if not file.is_file():
        return {}
    try:
        content = parse(file.read_bytes())
    except ValueError as error:
        raise UsageError(f"{file}: not JSON: {error}") from error
    if not isinstance(content, dict):
        raise UsageError(f"{file}: not a JSON object")
    return content


def _checked(folder: Path, target: str) -> Path:
    if (folder / "config.json").is_file():
        return folder
    what = "it is no model in the transformers format"
    if (folder / "adapter_config.json").is_file():
        what = "it is an adapter; merge it into its base model first"
    raise UsageError(f"local model '{target}': {folder.resolve()} holds no config.json: {what}")


def _nearest_folder(path: Path) -> str:
    siblings = [entry.name for entry in path.parent.iterdir()] if path.parent.is_dir() else []
    return suggestion(path.name, siblings)


def _not_cached(target: str) -> str:
    return (
        f"{_no_folder(target)}, and no repository of that name in the hub's cache"
        f" (HF_HUB_OFFLINE forbids to download it){_nearest_folder(Path(target))}"
    )


def _no_folder(target: str) -> str:
    return f"local model '{target}': no folder '{target}' in {Path.cwd().name or '.'}"


def _is_offline() -> bool:
    from huggingface_hub import constants

    return bool(constants.HF_HUB_OFFLINE)


def _cached(target: str, revision: str | None) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(target, revision=revision, local_files_only=True))
    except LocalEntryNotFoundError:
        return None
    except HFValidationError as error:
        raise UsageError(f"local model '{target}': no such folder, and no name of a repository") from error


def _downloaded(target: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        GatedRepoError,
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    if _is_offline():
        raise UsageError(_not_cached(target))
    asked = f"{_no_folder(target)}, and the hub"
    try:
        return Path(snapshot_download(target, revision=revision, allow_patterns=[*WANTED]))
    except GatedRepoError as error:
        raise UsageError(
            f"{asked}: gated; accept its terms at huggingface.co/{target} and log in with `hf auth login`"
        ) from error
    except RevisionNotFoundError as error:
        raise UsageError(f"{asked}: no revision '{revision}' of it") from error
    except RepositoryNotFoundError as error:
        raise UsageError(
            f"{asked}: no such repository (or it is private: `hf auth login`){_nearest_folder(Path(target))}"
        ) from error
    except (HfHubHTTPError, LocalEntryNotFoundError) as error:
        raise UsageError(f"{asked}: no download: {_one_line(error)}") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
