"""X: rows of one site out of many shards, as one float32 array [n, width] mapped into memory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from lab.core.errors import StoreError
from probes.places import user_cache
from probes.shards import local_shard, read_header, read_rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CACHE = "cache"


class RowPlace(NamedTuple):
    """Where a row lies: the shard's path below the root, and the number of the row."""

    path: str
    row: int


def matrix(root: str, places: Sequence[RowPlace], site: str, width: int) -> NDArray[np.float32]:
    """The rows at `places` [len(places), width], float32, in that order.

    Neighbors in one local float32 shard are a view of its file; anything else is gathered once into a file
    that its content names, and mapped from there.

    Args:
        root: where shards lie.
        places: the rows.
        site: name of the tensor, such as ``resid_post[3]``.
        width: how many numbers a row has there.

    Raises:
        StoreError: when a shard is not there or cannot be read, or the file of the gathered rows not written.
    """
    import numpy as np

    if not places:
        return np.empty((0, width), dtype=np.float32)
    if _are_neighbors(places) and (mapped := map_site(root, places[0].path, site)) is not None:
        return mapped[places[0].row : places[-1].row + 1]
    file = _cache(root) / f"{_address(places, site)}.npy"
    if not file.is_file():
        _gather(file, root, places, site, width)
    gathered: NDArray[np.float32] = np.load(file, mmap_mode="r")
    return gathered


def map_site(root: str, path: str, site: str) -> NDArray[np.float32] | None:
    """A site of a local float32 shard [rows, width], mapped into memory; None where numbers need conversion.

    Raises:
        StoreError: when the shard is not there, cannot be read, or has no such site.
    """
    import numpy as np

    if "://" in root:
        return None
    file = local_shard(root, path)
    header, start = read_header(file)
    if site not in header:
        raise StoreError(f"shard {file}: it has no site {site}")
    tensor = header[site]
    if tensor["dtype"] != "F32":
        return None
    offset = start + tensor["data_offsets"][0]
    return np.memmap(file, dtype="<f4", mode="r", offset=offset, shape=tuple(tensor["shape"]))


def _are_neighbors(places: Sequence[RowPlace]) -> bool:
    first = places[0]
    return all(at == RowPlace(first.path, first.row + index) for index, at in enumerate(places))


def _address(places: Sequence[RowPlace], site: str) -> str:
    """What names the gathered rows: a shard's path holds the hash of its content."""
    digest = blake2b(site.encode(), digest_size=16)
    for at in places:
        digest.update(f"\n{at.path} {at.row}".encode())
    return digest.hexdigest()


def _cache(root: str) -> Path:
    """Beside the shards, or in the user's cache when they lie elsewhere or may not be written to."""
    if "://" in root or not os.access(root, os.W_OK):
        return user_cache(root)
    return Path(root) / _CACHE


def _gather(file: Path, root: str, places: Sequence[RowPlace], site: str, width: int) -> None:
    import numpy as np

    wanted: dict[str, list[int]] = {}
    for index, at in enumerate(places):
        wanted.setdefault(at.path, []).append(index)
    half = file.with_name(f".{file.name}.{os.getpid()}.tmp")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        shape = (len(places), width)
        target = np.lib.format.open_memmap(half, mode="w+", dtype=np.float32, shape=shape)
        for path, indices in wanted.items():
            target[indices] = read_rows(root, path, site, [places[index].row for index in indices]).numpy()
        target.flush()
        half.replace(file)
    except OSError as error:
        raise StoreError(f"cannot gather activations into {file}: {error.strerror or error}") from error
    finally:
        half.unlink(missing_ok=True)
