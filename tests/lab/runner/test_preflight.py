"""What a model or person lacks is told before the first row of a run, and is the user's mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

import lab
from lab.core.errors import UsageError

BLUFF = Path(__file__).parents[3] / "scenarios/social/bluff.yaml"
STUDY = Path(__file__).parents[3] / "scenarios/social/organism.study.yaml"
HUMAN = "agents.bob.policy={kind: human, channel: jsonl, input: no/such/file}"
OWN = "agents.bob.policy={kind: llm, model: mock/first, cognition: 'tests.agents.cognition.own_graphs:saved'}"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"swap": ["bob=openai/gpt-5-mini"]}, "set the environment variable OPENAI_API_KEY"),
        ({"set_": [HUMAN]}, "there is no file or named pipe 'no/such/file'"),
        ({"set_": [OWN]}, "has a checkpointer"),
    ],
)
def test_what_is_missing_stops_a_run_before_it_begins(
    options: dict[str, list[str]], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    database = str(tmp_path / "log.db")
    with pytest.raises(UsageError, match=words):
        lab.run(BLUFF, db=database, **options)  # type: ignore[arg-type]
    assert len(lab.query("select * from v_run", db=database)) == 0


def test_a_study_is_looked_at_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    database = str(tmp_path / "log.db")
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        lab.batch(STUDY, swap=["bob=openai/gpt-5-mini"], db=database)
    assert len(lab.query("select * from v_run", db=database)) == 0
