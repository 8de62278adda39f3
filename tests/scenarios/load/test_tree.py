from __future__ import annotations

from scenarios.load.tree import Place, below, from_plain, joined

TREE = from_plain({"params": {"rounds": 3}, "agents": [{"name": "ann"}, {"name": "bob"}]}, Place("f", 1, 1))
NEW = from_plain(9, Place("option"))


def test_replacing_a_part_leaves_the_old_tree_as_it_was() -> None:
    changed = TREE.replaced(("agents", 1, "name"), NEW)
    assert changed.plain()["agents"] == [{"name": "ann"}, {"name": 9}]
    assert TREE.plain()["agents"] == [{"name": "ann"}, {"name": "bob"}]
    assert changed.child("params") is TREE.child("params")


def test_a_replaced_part_keeps_its_own_place() -> None:
    assert TREE.replaced(("params", "rounds"), NEW).place_of(("params", "rounds")).file == "option"


def test_replacing_below_what_is_missing_makes_mappings() -> None:
    assert TREE.replaced(("limits", "tokens"), NEW).plain()["limits"] == {"tokens": 9}


def test_what_is_not_written_stands_at_the_deepest_part_that_is() -> None:
    assert TREE.problem(("params", "tax", "rate"), "bad").path == "params.tax.rate"
    assert TREE.get(("params", "tax", "rate")) is None
    assert TREE.get(("agents", 2)) is None


def test_paths_read_as_in_the_file() -> None:
    assert joined("", ("agents", 1, "policy", "kind")) == "agents[1].policy.kind"
    assert below(Place("f", 2, 3, "levels"), 0) == Place("f", 2, 3, "levels[0]")
