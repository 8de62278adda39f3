"""Shards: files of activations, one tensor [rows, width] for each site, in the safetensors format.

A shard says itself what it holds: the model and the sites in its header, and in ``row_key`` [rows, 6] the
call of every row: the number of its run in the header's list, seq, call, attempt, try, and the number of its
span in the header's list. It
is written in one pass, under a temporary name, hashed on the way; the caller indexes it once it has its own.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from lab.core.captures import SiteShape
from lab.core.errors import StoreError
from probes.places import Place, place

if TYPE_CHECKING:
    import torch

FORMAT = "ethogram.shard/1"
ROW_KEY = "row_key"
DTYPES = {"float32": ("F32", 4), "bfloat16": ("BF16", 2), "float16": ("F16", 2)}
"""torch's name of a dtype → safetensors' name of it, bytes."""

_KEYS = 6
"""Numbers in a row's key."""

_KEY_BYTES = _KEYS * 8
_BLOCK_BYTES = 2**20


class RowKey(NamedTuple):
    """What a row of a shard was read from: a model call and a span of its tokens."""

    run: str
    seq: int
    call: int
    attempt: int
    try_: int
    span: str


@dataclass(frozen=True, slots=True)
class Rows:
    """What one shard is to hold.

    Attributes:
        artifact: id of the model that was read.
        sites: every site, in order.
        dtype: of the numbers, as torch names it.
        keys: what each row was read from.
        pieces: for each site, CPU tensors [some rows, width] that follow one another.
    """

    artifact: str
    sites: tuple[SiteShape, ...]
    dtype: str
    keys: Sequence[RowKey]
    pieces: Sequence[Sequence[Any]]


class Shard(NamedTuple):
    """A shard as the index knows it.

    Attributes:
        id: the first 32 hex letters of its hash.
        path: where it lies under the root.
        rows: how many it has.
        dtype: of its tensors, as torch names it.
        bytes: size of the file.
        sha256: hash of the whole file.
    """

    id: str
    path: str
    rows: int
    dtype: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class ShardWriter:
    """Writes shards below a root: a folder or an fsspec URL."""

    root: str

    def write(self, rows: Rows) -> Shard:
        """The shard that holds `rows`, complete and durable, named after the run of its first row.

        Raises:
            StoreError: when it cannot be written; nothing of it is left then.
        """
        where = place(self.root)
        run = rows.keys[0].run
        folder = run[:2]
        temporary = f"{folder}/.{run}-{os.getpid()}.tmp"
        try:
            with where.writing(temporary) as file:
                size, digest = _pour(rows, file)
            path = f"{folder}/{run}-{digest[:12]}.safetensors"
            where.rename(temporary, path)
        except OSError as error:
            raise _unwritable(where, error) from error
        return Shard(digest[:32], path, len(rows.keys), rows.dtype, size, digest)


def site_name(site: str, layer: int) -> str:
    """The name of a site's tensor in a shard."""
    return f"{site}[{layer}]"


def read_rows(root: str, path: str, site: str, rows: Sequence[int]) -> torch.Tensor:
    """Some rows of a site [len(rows), width], float32, in the order asked for.

    Args:
        root: where shards lie.
        path: the shard's path below it.
        site: name of the tensor, such as ``resid_post[3]``.
        rows: numbers of rows.

    Raises:
        StoreError: when the shard is not there, cannot be read, or has no such site.
    """
    import torch
    from safetensors import SafetensorError, safe_open

    file = local_shard(root, path)
    try:
        with safe_open(file, framework="pt") as shard:
            tensor: torch.Tensor = shard.get_tensor(site)
            return tensor[torch.as_tensor(rows)].float()
    except (SafetensorError, OSError) as error:
        raise StoreError(f"shard {file}: {error}; `lab db check` tells what else is wrong") from error


def local_shard(root: str, path: str) -> Path:
    """The file of a shard on this machine, fetched once when it lies elsewhere.

    Raises:
        StoreError: when it is not there.
    """
    file = place(root).local(path)
    if file is None:
        raise StoreError(
            f"shard {path} is not in {root}; copy the folder of captures beside the log, "
            "or set LAB_CAPTURES to where it is"
        )
    return file


def verify(root: str, shard: Shard, sites: Sequence[SiteShape]) -> str | None:
    """What is wrong with a shard's file, in words; None when it is whole. The file must be there.

    Args:
        root: where shards lie.
        shard: what the index knows of it.
        sites: the sites that it should hold.
    """
    file = local_shard(root, shard.path)
    size = file.stat().st_size
    if size != shard.bytes:
        return f"shard {shard.path} has {size} bytes, the log notes {shard.bytes}"
    if _digest(file) != shard.sha256:
        return f"shard {shard.path} was altered"
    header, _ = read_header(file)
    code = DTYPES[shard.dtype][0]
    wanted = {site_name(one.site, one.layer): (code, [shard.rows, one.width]) for one in sites}
    wanted[ROW_KEY] = ("I64", [shard.rows, _KEYS])
    found = {name: (one["dtype"], one["shape"]) for name, one in header.items() if name != "__metadata__"}
    if found != wanted:
        odd = sorted(name for name in found.keys() | wanted.keys() if found.get(name) != wanted.get(name))
        return f"shard {shard.path} does not hold what the log notes: {', '.join(odd)}"
    return None


def row_keys(root: str, path: str) -> list[RowKey]:
    """What each row of a shard was read from, as the file itself says.

    Raises:
        StoreError: when the shard is not there or cannot be read.
    """
    import numpy as np

    file = local_shard(root, path)
    header, start = read_header(file)
    tensor = header[ROW_KEY]
    runs, spans = (json.loads(header["__metadata__"][name]) for name in ("runs", "spans"))
    offset = start + tensor["data_offsets"][0]
    keys = np.memmap(file, dtype="<i8", mode="r", offset=offset, shape=tuple(tensor["shape"]))
    return [
        RowKey(runs[run], seq, call, attempt, try_, spans[span])
        for run, seq, call, attempt, try_, span in keys.tolist()
    ]


def read_header(file: Path) -> tuple[Mapping[str, Any], int]:
    """A shard's header, and the byte at which its numbers begin.

    Raises:
        StoreError: when the file cannot be read or is no shard.
    """
    try:
        with file.open("rb") as opened:
            length = int.from_bytes(opened.read(8), "little")
            if length > file.stat().st_size:
                raise StoreError(f"shard {file}: it is not in the safetensors format")
            return json.loads(opened.read(length)), 8 + length
    except (OSError, ValueError) as error:
        raise StoreError(f"shard {file}: it cannot be read ({error})") from error


def _pour(rows: Rows, file: BinaryIO) -> tuple[int, str]:
    """Write a shard; its size and hash. One site at a time is laid out, so memory grows by one site."""
    digest, size = sha256(), 0
    for block in _blocks(rows):
        digest.update(block)
        file.write(block)
        size += len(block)
    return size, digest.hexdigest()


def _blocks(rows: Rows) -> Iterator[bytes | memoryview]:
    import torch

    runs = {run: number for number, run in enumerate(dict.fromkeys(key.run for key in rows.keys))}
    spans = {span: number for number, span in enumerate(dict.fromkeys(key.span for key in rows.keys))}
    keys = [[runs[key.run], *key[1:5], spans[key.span]] for key in rows.keys]
    yield _head(rows, list(runs), list(spans))
    yield _bytes(torch.tensor(keys, dtype=torch.int64))
    for shape, pieces in zip(rows.sites, rows.pieces, strict=True):
        tensor = torch.cat(list(pieces))
        assert tensor.shape == (len(keys), shape.width), f"{shape} holds {tuple(tensor.shape)}"
        assert tensor.dtype == getattr(torch, rows.dtype), f"{shape} is {tensor.dtype}, not {rows.dtype}"
        yield _bytes(tensor)


def _bytes(tensor: torch.Tensor) -> memoryview:
    import torch

    raw: Any = tensor.contiguous().reshape(-1).view(torch.uint8).numpy()
    return memoryview(raw)


def _head(rows: Rows, runs: Sequence[str], spans: Sequence[str]) -> bytes:
    """Length and JSON of the header; spaces at its end keep the numbers aligned."""
    code, width_bytes = DTYPES[rows.dtype]
    n = len(rows.keys)
    lists = {"runs": json.dumps(runs), "spans": json.dumps(spans)}
    about = {"format": FORMAT, "artifact": rows.artifact, **lists}
    header: dict[str, Any] = {"__metadata__": about}
    at = 0
    sites = [(site_name(one.site, one.layer), code, one.width, width_bytes * one.width) for one in rows.sites]
    for name, kind, width, row_bytes in [(ROW_KEY, "I64", _KEYS, _KEY_BYTES), *sites]:
        header[name] = {"dtype": kind, "shape": [n, width], "data_offsets": [at, at + n * row_bytes]}
        at += n * row_bytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text


def _digest(file: Path) -> str:
    digest = sha256()
    with file.open("rb") as opened:
        while block := opened.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def _unwritable(where: Place, error: OSError) -> StoreError:
    return StoreError(
        f"captures in {where.root}: cannot write ({error.strerror or error}); make room there, "
        "or set LAB_CAPTURES to another folder, and run the same command again"
    )
