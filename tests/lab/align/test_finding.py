from __future__ import annotations

from lab.align.climb import Climbed
from lab.align.finding import Finding, code_hash, finding_id


def test_a_finding_survives_the_log(strong: Climbed) -> None:
    for one in strong.findings:
        assert Finding.from_row(one.to_row()).to_json() == one.to_json()


def test_equal_parts_have_equal_ids() -> None:
    assert finding_id({"a": 1, "b": 2}) == finding_id({"b": 2, "a": 1}) != finding_id({"a": 1, "b": 3})
    assert len(code_hash()) == 32


def test_the_commands_ask_the_same_again(strong: Climbed) -> None:
    (headline,) = strong.headlines
    again, explain, query, _ = headline.commands("sqlite:///lab.db")

    assert again == (
        "lab align claims --variable strong --behavior claim --permutations 100 --bootstraps 200 "
        "--db sqlite:///lab.db"
    )
    assert explain.startswith(f"lab align explain {headline.id[:12]}")
    assert f"probe = '{headline.probe}'" in query
