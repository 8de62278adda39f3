from __future__ import annotations

import pytest

from lab.cli.table import table

Printed = pytest.CaptureFixture[str]


def test_numbers_stand_to_the_right_and_words_to_the_left(capsys: Printed) -> None:
    table(("name", "n", "share"), [("a", 5, 0.5), ("bcdef", 1200, None)])
    assert capsys.readouterr().out == (
        "name      n  share\n"
        "a         5  0.500\n"
        "bcdef  1200\n"
    )  # fmt: skip


def test_shares_and_p_values_count_as_numbers(capsys: Printed) -> None:
    table(("p", "share"), [("< 0.0001", "5.0%"), ("0.5", "12.5%")])
    assert capsys.readouterr().out.splitlines()[2] == "     0.5  12.5%"


def test_a_heading_stands_across_and_an_empty_row_parts(capsys: Printed) -> None:
    table(("cell", "n"), [["a long heading that widens nothing"], ["x", 1], [], ["y", 2]])
    assert capsys.readouterr().out == "cell  n\na long heading that widens nothing\nx     1\n\ny     2\n"


def test_without_rows_the_titles_are_left(capsys: Printed) -> None:
    table(("cell", "n"), [])
    assert capsys.readouterr().out == "cell  n\n"


def test_a_cell_of_many_lines_stays_on_its_row(capsys: Printed) -> None:
    table(("error",), [("one\ntwo",)])
    assert capsys.readouterr().out == "error\none two\n"
