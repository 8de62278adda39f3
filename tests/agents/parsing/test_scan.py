# ruff: noqa: RUF001 - other languages have other signs, on purpose
"""Objects in a text: what is read, what is forgiven, where it stands."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.parsing.scan import MAX_DEPTH, Node, joined_surrogates, scan_objects

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def plain(node: Node) -> Any:
    if isinstance(node.value, dict):
        return {key: plain(child) for key, child in node.value.items()}
    return [plain(child) for child in node.value] if isinstance(node.value, list) else node.value


def found(text: str) -> list[Any]:
    return [plain(node) for node in scan_objects(text).objects]


@given(st.dictionaries(st.text(), JSON, max_size=4), st.booleans(), st.sampled_from([None, 2]))
def test_json_is_read_as_json_reads_it(value: dict[str, Any], as_ascii: bool, indent: int | None) -> None:
    text = json.dumps(value, ensure_ascii=as_ascii, indent=indent)
    (node,) = scan_objects(f"so: {text}!").objects
    assert plain(node) == json.loads(text)
    assert (node.start, node.end, node.exact) == (4, 4 + len(text), True)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{'a': 'x'}", {"a": "x"}),
        ("{“a”: “x”}", {"a": "x"}),
        ("{‘a’: ‘x’}", {"a": "x"}),
        ("{a: x}", {"a": "x"}),
        ('{"a": [1, 2,],}', {"a": [1, 2]}),
        ('{"a": "x\ny"}', {"a": "x\ny"}),
        ('{"a": "\\*x\\*"}', {"a": "*x*"}),
        ('{"a":\u00a01}', {"a": 1}),
        ('{"a": 1 // one\n}', {"a": 1}),
        ('{{"a": 1}}', {"a": 1}),
    ],
)
def test_small_mistakes_are_forgiven_and_noted(text: str, value: Any) -> None:
    objects = scan_objects(text).objects
    assert [plain(node) for node in objects] == [value]
    assert not objects[0].exact or text.startswith("{{")


@pytest.mark.parametrize(
    "text",
    [
        '{"a" 1}',
        '{"a": 1 2}',
        '{"a": 08}',
        '{"a": 1.}',
        '{"a": +1}',
        '{"a": 8%}',
        '{"a": 1, "a": 2}',
        "{,}",
        '{"a": x y}',
        '{"a": <b>}',
        "{a}",
        '{"a": "he said "b""}',
    ],
)
def test_what_leaves_doubt_is_unreadable(text: str) -> None:
    assert scan_objects(text).objects == ()


@pytest.mark.parametrize("text", ['{"a": "x', '{"a": 1', "{", '{"a": {"b": 1}', '{"a"', '{"a": [1, '])
def test_a_text_that_ends_inside_an_object_is_cut(text: str) -> None:
    scan = scan_objects('{"ok": 1} ' + text)
    assert (len(scan.objects), scan.cut) == (1, True)


def test_the_search_goes_on_where_reading_stopped() -> None:
    assert found('{"a": <b>} {"a": 1}') == [{"a": 1}]
    assert found('{"a": "say {"a": 1} now"}') == []


def test_an_object_inside_a_text_is_not_found() -> None:
    assert found('{"a": "{\\"b\\": 1}"}') == [{"a": '{"b": 1}'}]


def test_what_is_too_deep_is_unreadable_but_what_is_inside_is_found() -> None:
    deep = '{"a":' * (MAX_DEPTH + 3) + "1" + "}" * (MAX_DEPTH + 3)
    assert found(deep) == [{"a": {"a": {"a": 1}}}]


def test_numbers_too_long_to_count_are_infinite() -> None:
    assert found('{"a": 1' + "0" * 5000 + "}") == [{"a": float("inf")}]


def test_a_text_stands_between_its_quotes() -> None:
    text = "{'a': 'bc'}"
    child = scan_objects(text).objects[0].value["a"]
    assert text[child.start : child.end] == "bc"


def test_pairs_of_surrogates_become_characters_and_lone_ones_stay() -> None:
    assert joined_surrogates("\ud83e\udd1d") == "🤝"
    assert joined_surrogates("a\ud83e") == "a\ud83e"
