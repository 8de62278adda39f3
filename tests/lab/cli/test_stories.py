from __future__ import annotations

from pathlib import Path

from db.store import open_store
from lab.cli.stories import raw_lines, story
from tests.lab.cli.conftest import Log
from tests.support.studies import count


def told(log: Log, run: str, *, agent: str | None = None) -> str:
    with open_store(log.db, create=False) as store:
        return "\n".join("".join(span.text for span in line) for line in story(store, run, agent=agent))


def test_a_story_begins_with_what_it_is_of(log: Log) -> None:
    lines = told(log, log.game).splitlines()
    assert lines[0] == "pgg-punish  social/public_goods, seed 7"
    assert lines[1] == "What does peer punishment do to contributions when one member rides free?"
    assert f"run {log.game}, done, digest" in lines[2]
    assert "  bob     scripted/free_rider" in lines
    assert "rounds 2" in told(log, log.game)


def test_a_story_ends_with_what_each_earned(log: Log) -> None:
    ending = told(log, log.hunt).splitlines()[-1]
    paid = count(
        Path(log.db),
        f"select cast(sum(value) as int) from v_event where run = '{log.hunt}' and kind = 'payoff'",
    )
    earned = [int(part.split()[-1]) for part in ending.removeprefix("  earned  ").split(", ")]
    assert sum(earned) == paid


def test_every_decision_of_the_log_is_told_once(log: Log) -> None:
    text = told(log, log.game)
    assert text.count("contribute ") - text.count("· contribute") == 8
    assert text.count("  punish ") == 8


def test_what_agents_say_reads_as_dialogue(log: Log) -> None:
    assert "  ann  “Let us both hunt the stag.”" in told(log, log.hunt)
    assert "is shown message" not in told(log, log.hunt)


def test_a_fork_names_its_base(log: Log) -> None:
    assert f"forked from {log.game} at decision 2" in told(log, log.fork)


def test_a_story_of_one_agent_leaves_the_hidden_truths_of_others_out(log: Log) -> None:
    assert "hidden: " in told(log, log.bluff, agent="ann")
    assert "hidden: " not in told(log, log.bluff, agent="bob")


def test_raw_lines_are_as_many_as_the_rows(log: Log) -> None:
    with open_store(log.db, create=False) as store:
        lines = list(raw_lines(store, log.bluff))
    tables = " + ".join(
        f"(select count(*) from {name} where run = '{log.bluff}')"
        for name in ("decision", "event", "exposure")
    )
    assert len(lines) == count(Path(log.db), f"select {tables}")
