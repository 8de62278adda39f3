from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from lab.cli.app import main
from tests.lab.align.conftest import claims

__all__ = ["claims"]


@pytest.fixture
def database(claims: Path, tmp_path: Path) -> str:
    shutil.copytree(claims, tmp_path / "copy")
    return str(tmp_path / "copy" / "lab.db")


def lab(*words: str) -> int:
    return main([*words])


def test_align_tells_a_claim_with_its_limits(database: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("align", "claims", "--variable", "strong", "--behavior", "claim", "--db", database)
    quick = ("--permutations", "50", "--bootstraps", "100", "--level", "L1", "--layer", "1")

    assert lab(*asked, *quick) == 0
    told = capsys.readouterr().out
    for title in ("may be said", "may not be said", "not tested", "marks", "reproduce"):
        assert f"\n{title}\n" in told
    assert "4 findings" in told
    assert lab("align", "explain", "last", "--db", database) == 0
    assert "settings" in capsys.readouterr().out
    assert lab("align", "explain", "last", "--json", "--db", database) == 0
    assert json.loads(capsys.readouterr().out)["layer"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("align", "explain"), "lab align explain takes a finding"),
        (("align", "claims", "more"), "takes one study"),
        (("align", "claims"), "name at least one variable"),
        (("align", "clams", "--variable", "type"), "did you mean 'claims'"),
        (("align", "claims", "--variable", "typ"), "did you mean 'type'"),
        (("align", "claims", "--variable", "type", "--behavior", "clam"), "did you mean 'claim'"),
        (("align", "claims", "--variable", "type", "--level", "L7"), "unknown level 'L7'"),
        (("align", "claims", "--variable", "type", "--agent", "bob"), "unknown agent 'bob'"),
    ],
)
def test_mistakes_are_told_in_one_line(
    database: str, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    assert lab(*words, "--db", database) == 2
    told = capsys.readouterr().err
    assert message in told
    assert "Traceback" not in told
