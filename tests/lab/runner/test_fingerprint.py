"""The code hash follows the source of the rules."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from lab.runner.fingerprint import code_hash, versions
from scenarios.social.bluff.rules import Bluff
from scenarios.social.public_goods.rules import PublicGoods


def class_from(path: Path, source: str) -> type[Any]:
    """The class `Game` of a module written to `path`."""
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    game: type[Any] = module.Game
    return game


def test_each_environment_has_its_own_hash_the_same_every_time() -> None:
    assert code_hash(Bluff) == code_hash(Bluff)
    assert code_hash(Bluff) != code_hash(PublicGoods)


def test_a_changed_rule_changes_the_hash(tmp_path: Path) -> None:
    one = class_from(tmp_path / "one_rules.py", "class Game:\n    pays = 1\n")
    other = class_from(tmp_path / "other_rules.py", "class Game:\n    pays = 2\n")
    assert code_hash(one) != code_hash(other)


def test_versions_name_what_may_change_a_run() -> None:
    assert {"python", "simpy", "numpy"} <= versions().keys()
