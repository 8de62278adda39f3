"""Places for shards: a folder, or whatever fsspec has a name for; here its place in memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.core.errors import LabError
from probes.places import Place, place, user_cache


@pytest.fixture(params=["folder", "file", "memory"])
def root(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A root of each kind; copies of remote files go to the test's own folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "captures"
    urls = {"folder": str(folder), "file": f"file://{folder}", "memory": f"memory://{tmp_path.name}"}
    yield urls[request.param]
    if request.param == "memory":
        from fsspec.implementations.memory import MemoryFileSystem

        MemoryFileSystem.store.clear()


def put(where: Place, path: str, content: bytes) -> None:
    with where.writing("ab/.half") as file:
        file.write(content)
    where.rename("ab/.half", path)


def test_a_file_is_there_once_it_has_its_name(root: str) -> None:
    where = place(root)
    assert where.local("ab/one") is None
    with where.writing("ab/.half") as file:
        file.write(b"whole")
    assert where.local("ab/one") is None
    where.rename("ab/.half", "ab/one")
    found = where.local("ab/one")
    assert found is not None
    assert found.read_bytes() == b"whole"
    assert place(root).local("ab/.half") is None


def test_what_breaks_off_leaves_nothing(root: str) -> None:
    where = place(root)
    with contextlib.suppress(KeyboardInterrupt), where.writing("ab/.half") as file:
        file.write(b"half")
        raise KeyboardInterrupt
    assert where.local("ab/.half") is None


def test_a_copy_of_a_remote_file_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    where = place("memory://fetched")
    put(where, "ab/one", b"whole")
    first = where.local("ab/one")
    assert first is not None
    assert first.is_relative_to(user_cache("memory://fetched"))
    first.write_bytes(b"the copy")
    again = where.local("ab/one")
    assert again is not None
    assert again.read_bytes() == b"the copy"


def test_an_unknown_kind_of_place_is_one_clear_error() -> None:
    with pytest.raises(LabError, match=r"captures in nowhere://x: .*nowhere"):
        place("nowhere://x")
