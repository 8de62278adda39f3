from __future__ import annotations

from pathlib import Path

import polars
import pytest

from db.query import Result
from lab.cli.answers import write_answer
from lab.core.errors import StoreError, UsageError


def answer(*rows: tuple[object, ...]) -> Result:
    return Result(("a", "b"), iter(rows))


@pytest.mark.parametrize(
    ("format", "text"),
    [("csv", "a,b\n"), ("json", "[]\n"), ("table", "a  b\n")],
)
def test_an_empty_answer_is_still_whole(capsys: pytest.CaptureFixture[str], format: str, text: str) -> None:
    write_answer(answer(), format=format, output=None)
    assert capsys.readouterr().out == text


def test_numbers_keep_all_their_digits(capsys: pytest.CaptureFixture[str]) -> None:
    write_answer(answer((0.123456789012, 10**12)), format="table", output=None)
    assert capsys.readouterr().out.splitlines()[1].split() == ["0.123456789012", "1000000000000"]


def test_a_file_gets_what_the_screen_would(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for format in ("csv", "json", "table"):
        write_answer(answer((1, "x,y"), (2, None)), format=format, output=tmp_path / format)
        write_answer(answer((1, "x,y"), (2, None)), format=format, output=None)
        assert (tmp_path / format).read_text() == capsys.readouterr().out


def test_parquet_keeps_types_and_nulls(tmp_path: Path) -> None:
    write_answer(answer((1, None), (2, "x")), format="parquet", output=tmp_path / "q.parquet")
    assert polars.read_parquet(tmp_path / "q.parquet").rows() == [(1, None), (2, "x")]


@pytest.mark.parametrize("format", ["csv", "parquet"])
def test_a_file_that_cannot_be_written_is_named(tmp_path: Path, format: str) -> None:
    with pytest.raises(StoreError, match="cannot write to"):
        write_answer(answer((1, 2)), format=format, output=tmp_path / "no" / "q")


def test_infinity_is_refused_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(UsageError, match="JSON has no number"):
        write_answer(answer((float("inf"), 1)), format="json", output=None)


def test_bytes_become_hex_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    write_answer(answer((b"\x00\xff", 1)), format="json", output=None)
    assert '"00ff"' in capsys.readouterr().out


def test_two_columns_of_one_name_are_refused_as_json() -> None:
    with pytest.raises(UsageError, match="two columns are called 'a'"):
        write_answer(Result(("a", "a"), iter([(1, 2)])), format="json", output=None)
