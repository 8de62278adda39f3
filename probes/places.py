"""Where shards lie: a folder of this machine, or any place that fsspec has a name for.

A file appears whole or not at all: it is written under a temporary name, made durable, and renamed.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from lab.core.errors import MissingDependency, StoreError


class Place(Protocol):
    """Files by their path below a root, the parts joined by slashes."""

    @property
    def root(self) -> str:
        """The root, as a user names it."""
        ...

    @contextmanager
    def writing(self, temporary: str) -> Iterator[BinaryIO]:
        """A new file, made durable when the block ends and removed when it raises."""
        ...

    def rename(self, temporary: str, path: str) -> None:
        """Give a written file its name; the temporary one is gone, whatever happens."""
        ...

    def local(self, path: str) -> Path | None:
        """The file on this machine, fetched if need be; None when there is none."""
        ...


def place(root: str) -> Place:
    """The place that a folder or an fsspec URL names.

    Raises:
        MissingDependency: when a URL needs a package that is not installed.
        StoreError: when no such kind of place is known.
    """
    if "://" not in root:
        return Folder(Path(root).expanduser())
    if root.startswith("file://"):
        return Folder(Path(root.removeprefix("file://")))
    return _remote(root)


def user_cache(name: str) -> Path:
    """The folder for files that can be made again, where none stands beside the log."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "ethogram" / blake2b(name.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine; made when the first file is written."""

    path: Path

    @property
    def root(self) -> str:
        """The folder's path."""
        return str(self.path)

    @contextmanager
    def writing(self, temporary: str) -> Iterator[BinaryIO]:
        """A new file, synced to the disk when the block ends and removed when it raises."""
        file = self.path / temporary
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            with file.open("wb") as opened:
                yield opened
                opened.flush()
                os.fsync(opened.fileno())
        except BaseException:
            file.unlink(missing_ok=True)
            raise

    def rename(self, temporary: str, path: str) -> None:
        """Give a written file its name, and sync the folder that holds it."""
        file = self.path / temporary
        try:
            file.replace(self.path / path)
        except BaseException:
            file.unlink(missing_ok=True)
            raise
        _sync_folder(file.parent)

    def local(self, path: str) -> Path | None:
        """The file; None when there is none."""
        file = self.path / path
        return file if file.is_file() else None


@dataclass(frozen=True, slots=True)
class Remote:
    """A place behind a URL; files are read from copies in the user's cache."""

    url: str
    files: Any
    base: str

    @property
    def root(self) -> str:
        """The URL."""
        return self.url

    @contextmanager
    def writing(self, temporary: str) -> Iterator[BinaryIO]:
        """A new file, removed when the block raises."""
        path = f"{self.base}/{temporary}"
        try:
            self.files.makedirs(path.rpartition("/")[0], exist_ok=True)
            with self.files.open(path, "wb") as opened:
                yield cast(BinaryIO, opened)
        except BaseException:
            self._remove(path)
            raise

    def rename(self, temporary: str, path: str) -> None:
        """Give a written file its name."""
        written = f"{self.base}/{temporary}"
        try:
            self.files.mv(written, f"{self.base}/{path}")
        except BaseException:
            self._remove(written)
            raise

    def local(self, path: str) -> Path | None:
        """A copy of the file, fetched once: what has a name never changes."""
        copy = user_cache(self.url) / path
        if copy.is_file():
            return copy
        copy.parent.mkdir(parents=True, exist_ok=True)
        half = copy.with_name(f".{copy.name}.{os.getpid()}.tmp")
        try:
            with self.files.open(f"{self.base}/{path}", "rb") as source, half.open("wb") as target:
                shutil.copyfileobj(source, target)
            half.replace(copy)
        except FileNotFoundError:
            return None
        finally:
            half.unlink(missing_ok=True)
        return copy

    def _remove(self, path: str) -> None:
        with suppress(OSError):
            self.files.rm(path)


def _remote(url: str) -> Remote:
    try:
        from fsspec.core import url_to_fs

        files, base = url_to_fs(url)
    except ImportError as error:
        raise MissingDependency(f"captures in {url}: {error}") from error
    except ValueError as error:
        raise StoreError(f"captures in {url}: {error}") from error
    return Remote(url, files, str(base).rstrip("/"))


def _sync_folder(folder: Path) -> None:
    """A rename survives a power cut only when the folder was synced too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
