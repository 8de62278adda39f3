"""Shards, read back by the safetensors library: what was written, whole or not at all."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from lab.core.captures import SiteShape
from lab.core.errors import StoreError
from probes.shards import FORMAT, RowKey, Rows, Shard, ShardWriter, local_shard, read_rows, row_keys, verify

SITES = (SiteShape("resid_post", 0, 6), SiteShape("mlp_act", 2, 10))
RUNS = ("abcdef012345", "fedcba543210")
SPANS = ("pre_choice", "post")


def keys(runs: tuple[str, str] = RUNS) -> list[RowKey]:
    """Of one call of each run, at two spans."""
    return [
        RowKey(run, seq, 0, seq % 2, 0, span) for run, seq in zip(runs, (4, 9), strict=True) for span in SPANS
    ]


def rows(dtype: str = "float32", *, runs: tuple[str, str] = RUNS) -> Rows:
    """Four rows of two runs and two sites, the second site in one piece."""
    numbers = torch.Generator().manual_seed(3)
    first, second = (
        torch.randn(4, site.width, generator=numbers).to(getattr(torch, dtype)) for site in SITES
    )
    return Rows("artifact", SITES, dtype, keys(runs), [[first[:1], first[1:]], [second]])


@pytest.fixture
def shard(tmp_path: Path) -> Shard:
    """A shard of four rows below the test's folder."""
    return ShardWriter(str(tmp_path)).write(rows())


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_safetensors_library_reads_what_was_written(tmp_path: Path, dtype: str) -> None:
    content = rows(dtype)
    written = ShardWriter(str(tmp_path)).write(content)
    file = tmp_path / written.path
    assert written.path == f"ab/abcdef012345-{written.id[:12]}.safetensors"
    assert written.sha256 == sha256(file.read_bytes()).hexdigest()
    assert (written.rows, written.bytes) == (4, file.stat().st_size)
    with safe_open(file, framework="pt") as opened:
        assert opened.metadata()["format"] == FORMAT
        assert opened.metadata()["artifact"] == content.artifact
        for site, pieces in zip(SITES, content.pieces, strict=True):
            assert torch.equal(opened.get_tensor(f"{site.site}[{site.layer}]"), torch.cat(list(pieces)))
    assert row_keys(str(tmp_path), written.path) == keys()
    assert verify(str(tmp_path), written, SITES) is None


def test_rows_come_as_float32_in_the_order_asked_for(tmp_path: Path) -> None:
    written = ShardWriter(str(tmp_path)).write(rows("bfloat16"))
    read = read_rows(str(tmp_path), written.path, "mlp_act[2]", [3, 0, 3])
    whole = rows("bfloat16").pieces[1][0].float()
    assert read.dtype is torch.float32
    assert torch.equal(read, whole[[3, 0, 3]])


def test_the_same_rows_have_the_same_name_and_others_another(tmp_path: Path, shard: Shard) -> None:
    writer = ShardWriter(str(tmp_path))
    assert writer.write(rows()) == shard
    assert writer.write(rows(runs=(RUNS[0], "abcdef000000"))).id != shard.id


def test_a_file_cut_short_or_altered_is_named(tmp_path: Path, shard: Shard) -> None:
    file = tmp_path / shard.path
    whole = file.read_bytes()
    file.write_bytes(whole[:-4])
    assert verify(str(tmp_path), shard, SITES) == (
        f"shard {shard.path} has {len(whole) - 4} bytes, the log notes {len(whole)}"
    )
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert verify(str(tmp_path), shard, SITES) == f"shard {shard.path} was altered"


def test_other_sites_than_noted_are_named(tmp_path: Path, shard: Shard) -> None:
    problem = verify(str(tmp_path), shard, (SITES[0], SiteShape("mlp_act", 3, 10)))
    assert problem == f"shard {shard.path} does not hold what the log notes: mlp_act[2], mlp_act[3]"


def test_a_missing_shard_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"shard ab/x is not in .*copy the folder .*LAB_CAPTURES"):
        local_shard(str(tmp_path), "ab/x")


def test_a_site_that_a_shard_does_not_have_is_an_error(tmp_path: Path, shard: Shard) -> None:
    with pytest.raises(StoreError, match=r"resid_post\[7\]"):
        read_rows(str(tmp_path), shard.path, "resid_post[7]", [0])


def test_a_file_that_is_no_shard_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"no shard at all")
    with pytest.raises(StoreError, match="not in the safetensors format"):
        row_keys(str(tmp_path), "x")


def test_a_folder_that_may_not_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "captures").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match=r"captures in .*captures: cannot write .*set LAB_CAPTURES"):
        ShardWriter(str(tmp_path / "captures")).write(rows())


def test_a_remote_shard_is_read_from_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    written = ShardWriter("memory://shards").write(rows())
    assert verify("memory://shards", written, SITES) is None
    read = read_rows("memory://shards", written.path, "mlp_act[2]", [1])
    assert torch.equal(read, rows().pieces[1][0][[1]])
