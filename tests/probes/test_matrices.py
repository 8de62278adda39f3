"""X: a view of one shard where it can be, else gathered once and mapped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from lab.core.captures import SiteShape
from lab.core.errors import StoreError
from probes import matrices
from probes.matrices import RowPlace, map_site, matrix
from probes.shards import RowKey, Rows, Shard, ShardWriter

SITE = SiteShape("resid_post", 1, 3)
NAME = "resid_post[1]"


def write(root: str, run: str, dtype: str = "float32", n: int = 4) -> Shard:
    numbers = torch.arange(n * 3).reshape(n, 3) + 100 * int(run[0])
    keys = [RowKey(run, seq, 0, 0, 0, "pre_choice") for seq in range(n)]
    pieces = [[numbers.to(getattr(torch, dtype))]]
    return ShardWriter(root).write(Rows("artifact", (SITE,), dtype, keys, pieces))


def refuse(*_: object) -> None:
    raise AssertionError("gathered again")


def test_neighbors_in_one_float32_shard_are_a_view_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(tmp_path)
    shard = write(root, "1")
    monkeypatch.setattr(matrices, "_gather", refuse)
    x = matrix(root, [RowPlace(shard.path, row) for row in (1, 2)], NAME, 3)
    assert isinstance(x, np.memmap)
    assert x.tolist() == [[103, 104, 105], [106, 107, 108]]
    assert not x.flags.writeable


def test_rows_of_many_shards_are_gathered_once_in_the_order_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = str(tmp_path)
    first, second = write(root, "1"), write(root, "2", "bfloat16")
    places = [RowPlace(second.path, 3), RowPlace(first.path, 0), RowPlace(second.path, 0)]
    x = matrix(root, places, NAME, 3)
    assert isinstance(x, np.memmap)
    assert x.dtype == np.float32
    assert x.tolist() == [[209, 210, 211], [100, 101, 102], [200, 201, 202]]
    monkeypatch.setattr(matrices, "_gather", refuse)
    assert np.array_equal(matrix(root, places, NAME, 3), x)
    with pytest.raises(AssertionError, match="gathered again"):
        matrix(root, places[::-1], NAME, 3)


def test_half_precision_is_converted(tmp_path: Path) -> None:
    shard = write(str(tmp_path), "1", "float16")
    assert map_site(str(tmp_path), shard.path, NAME) is None
    x = matrix(str(tmp_path), [RowPlace(shard.path, 0)], NAME, 3)
    assert x.dtype == np.float32
    assert x.tolist() == [[100, 101, 102]]


def test_a_gathering_that_breaks_off_leaves_no_file(tmp_path: Path) -> None:
    shard = write(str(tmp_path), "1")
    with pytest.raises(StoreError, match="shard 99/gone is not in"):
        matrix(str(tmp_path), [RowPlace(shard.path, 0), RowPlace("99/gone", 0)], NAME, 3)
    assert list((tmp_path / "cache").iterdir()) == []


def test_remote_shards_are_gathered_in_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    shard = write("memory://matrices", "1")
    x = matrix("memory://matrices", [RowPlace(shard.path, 2)], NAME, 3)
    assert x.tolist() == [[106, 107, 108]]
    assert isinstance(x, np.memmap)


def test_no_rows_are_an_empty_matrix(tmp_path: Path) -> None:
    assert matrix(str(tmp_path), [], NAME, 3).shape == (0, 3)


def test_a_site_that_no_shard_has_is_an_error(tmp_path: Path) -> None:
    shard = write(str(tmp_path), "1")
    with pytest.raises(StoreError, match=r"it has no site resid_post\[5\]"):
        matrix(str(tmp_path), [RowPlace(shard.path, 0)], "resid_post[5]", 3)
