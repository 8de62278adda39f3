from __future__ import annotations

from scenarios.webdefense.channels.exposure import payloads_in
from scenarios.webdefense.site.page import Edit


def edit(payload: str, *marks: str) -> Edit:
    return Edit(plugin="p", payload=payload, html="", marks=marks, position="first", carrier="visible")


def test_a_payload_counts_when_one_of_its_marks_is_in_the_very_text() -> None:
    edits = [edit("p/a", "stop now"), edit("p/b", "x & y", "x &amp; y"), edit("p/c", "absent")]
    assert payloads_in("please stop now: x &amp; y", edits) == ("p/a", "p/b")


def test_part_of_a_mark_or_another_case_is_no_exposure() -> None:
    assert payloads_in("please stop … Stop now", [edit("p/a", "stop now")]) == ()


def test_a_payload_shown_twice_is_named_once() -> None:
    assert payloads_in("ab", [edit("p/a", "a"), edit("p/a", "b")]) == ("p/a",)
