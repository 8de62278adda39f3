"""Golden digests: what every shipped scenario does under its own seed.

A change of digest is a change of behavior. ``python -m tests.runs.test_golden`` writes them anew; the diff of
`golden.json` is then the thing to review, and the changelog says why the numbers changed.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

import lab
from scenarios.catalog import shipped_files

GOLDEN = Path(__file__).with_name("golden.json")
SCENARIOS = {shipped.path.stem: shipped.path for shipped in shipped_files() if not shipped.is_study}


def digest_of(name: str, folder: Path) -> str | None:
    """The digest of one run of a shipped scenario."""
    return lab.run(SCENARIOS[name], db=str(folder / "golden.db"), new=True).digest


@pytest.mark.parametrize("name", sorted(SCENARIOS))
def test_a_shipped_scenario_behaves_as_reviewed(name: str, tmp_path: Path) -> None:
    assert digest_of(name, tmp_path) == json.loads(GOLDEN.read_text()).get(name)


def test_no_golden_digest_is_left_over() -> None:
    assert set(json.loads(GOLDEN.read_text())) == set(SCENARIOS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        found = {name: digest_of(name, Path(made)) for name in sorted(SCENARIOS)}
    GOLDEN.write_text(json.dumps(found, indent=2) + "\n")
