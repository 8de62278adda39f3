from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import ScenarioError
from scenarios.load.yaml_text import Text, read_file, read_option, read_text


def complaints(text: str) -> list[str]:
    try:
        return [str(problem) for problem in read_text(text, "f").problems]
    except ScenarioError as error:
        return [str(problem) for problem in error.problems]


PLAIN: list[tuple[str, Any]] = [
    ("3", 3),
    ("-0", 0),
    ("+7", 7),
    ("0x1F", 31),
    ("0o17", 15),
    ("1e3", 1000.0),
    ("1.", 1.0),
    (".5", 0.5),
    ("-2.5E-1", -0.25),
    ("true", True),
    ("False", False),
    ("null", None),
    ("~", None),
    ("", None),
    ("9:30", "9:30"),
    ("1:30:00", "1:30:00"),
    ("2024-01-31", "2024-01-31"),
    ("1.2.3", "1.2.3"),
    ("yesterday", "yesterday"),
    ("north", "north"),
    ("=", "="),
    ("'no'", "no"),
    ('"010"', "010"),
    ("'3'", "3"),
]


@pytest.mark.parametrize(("text", "value"), PLAIN)
def test_scalars_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    read = read_text(f"key: {text}\n", "f")
    found = read.root.plain()["key"]
    assert (found, type(found), read.problems) == (value, type(value), ())


REFUSED = [
    ("key: no", "f:1:6: key: a bare no can mean a truth value; write true or false, or 'no' in quotes"),
    ("key: On", "f:1:6: key: a bare On can mean a truth value; write true or false, or 'On' in quotes"),
    ("key: [a, Y]", "f:1:10: key[1]: a bare Y can mean a truth value; write true or false, or 'Y' in quotes"),
    ("off: 1", "f:1:1: a bare off can mean a truth value; write 'off' in quotes"),
    ("key: 010", "f:1:6: key: 010 can mean an octal number; write 10, or '010' in quotes"),
    ("key: 1_000", "f:1:6: key: 1_000 can mean a number; write 1000, or '1_000' in quotes"),
    ("key: .nan", "f:1:6: key: should be a finite number, not .nan"),
    ("key: -.Inf", "f:1:6: key: should be a finite number, not -.Inf"),
    ("key: 1e999", "f:1:6: key: should be a finite number, not 1e999"),
    ("key: 9223372036854775808", "f:1:6: key: should fit in 64 bits, not 9223372036854775808"),
    ("key: " + "9" * 5000, "f:1:6: key: should fit in 64 bits, not " + "9" * 30 + "…"),
    ("a: 1\nb: 2\na: 3", "f:3:1: a: duplicate key 'a', first on line 1"),
    ("p: {q: 1, q: 2}", "f:1:11: p.q: duplicate key 'q', first on line 1"),
    ("a: &x 1", "f:1:4: anchors such as &x are not used here; write it out"),
    ("a: *x", "f:1:4: aliases such as *x are not used here; write it out"),
    ("<<: {a: 1}", "f:1:1: merge keys (<<) are not used here; write it out"),
    ("a: !!str 3", "f:1:4: tags such as !!str are not used here"),
    ("a: !run rm", "f:1:4: tags such as !run are not used here"),
    ("? [a]\n: 1", "f:1:3: a key should be a name, not a list or a mapping"),
    ("null: 1", "f:1:1: a key should be a name; write 'null' in quotes if it is one"),
    ("a:\n\t- 1", "f:2:1: not valid YAML: indent with spaces, not with a tab"),
    ("a: \x01", "f:1:4: not valid YAML: character U+0001"),
    (
        "a: 'x",
        "f:1:6: not valid YAML: found unexpected end of stream while scanning a quoted scalar on line 1",
    ),
    ("a: 1\n---\nb: 2", "f:2:1: a second document begins here; a file holds one"),
    ("# nothing", "f:1:1: nothing in it"),
    ("[" * 60, "f:1:41: not valid YAML: nested more than 40 levels deep"),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_can_be_misread_is_refused_with_its_place(text: str, message: str) -> None:
    assert complaints(text) == [message]


def test_all_that_is_wrong_with_a_text_is_told_at_once() -> None:
    assert len(complaints("a: no\nb: 010\na: 1\nc: .nan\n")) == 4


def test_one_letter_keys_are_names() -> None:
    assert read_text("n: 4\ny: 2\n", "f").root.plain() == {"n": 4, "y": 2}


def test_every_value_and_key_knows_where_it_is_written() -> None:
    root = read_text("params:\n  prices: [[1, 2], [3]]\n  tax: {rate: 1}\n", "f").root
    assert root.place_of(("params", "prices", 1, 0)) == ("f", 2, 21, "params.prices[1][0]")
    assert root.place_of(("params", "tax", "rate")) == ("f", 3, 15, "params.tax.rate")
    assert root.place_of(("params", "tax", "rate"), of_key=True) == ("f", 3, 9, "params.tax.rate")
    assert root.place_of(("params", "tax", "base")) == ("f", 3, 8, "params.tax.base")


def test_an_option_has_no_lines() -> None:
    assert read_option("{slope: 0.5}", "--set a=…").root.plain() == {"slope": 0.5}
    assert [str(p) for p in read_option("{a: no}", "--set x").problems] == [
        "--set x: a: a bare no can mean a truth value; write true or false, or 'no' in quotes"
    ]


def whole_file(folder: Path, data: bytes) -> Text | str:
    path = folder / "x.yaml"
    path.write_bytes(data)
    try:
        return read_file(path)
    except ScenarioError as error:
        return str(error).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a: \xff", "x.yaml: not UTF-8 text: byte 3 is 0xff"),
        (b"- a", "x.yaml:1:1: the file should hold a mapping of keys to values"),
        (b"", "x.yaml:1:1: nothing in it"),
    ],
)
def test_a_file_that_is_no_yaml_mapping_is_refused(tmp_path: Path, data: bytes, message: str) -> None:
    assert whole_file(tmp_path, data) == message


def test_a_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    read = whole_file(tmp_path, b"\xef\xbb\xbfa: 1")
    assert isinstance(read, Text)
    assert read.root.plain() == {"a": 1}


def test_a_missing_file_and_a_folder_are_told_without_a_line(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"/none\.yaml: no such file$"):
        read_file(tmp_path / "none.yaml")
    with pytest.raises(ScenarioError, match=r": this is a folder, not a file$"):
        read_file(tmp_path)


LETTERS = st.characters(min_codepoint=1, max_codepoint=0xD7FF)
KEYS = st.text(LETTERS, max_size=20)  # YAML looks at most 1024 characters ahead for the colon
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(LETTERS)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(SCALARS | NUMBERS, lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner))


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(KEYS, JSON))
def test_json_is_read_as_json_reads_it(data: dict[str, Any]) -> None:
    read = read_text(json.dumps(data), "f")
    assert (read.root.plain(), read.problems) == (data, ())


@pytest.mark.parametrize("text", ['name: "\\uD800"', 'name: "a\\0b"', '"\\uDFFF": 1'])
def test_text_that_no_database_can_keep_is_refused(text: str) -> None:
    (problem,) = read_text(text, "file.yaml").problems
    assert "should be text that can be stored" in problem.message
