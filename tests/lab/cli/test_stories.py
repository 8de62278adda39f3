from __future__ import annotations

from dataclasses import replace
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
    assert " 1  ann  “Let us both hunt the stag.”" in told(log, log.hunt)
    assert "is shown message" not in told(log, log.hunt)


def test_a_fork_names_its_base(log: Log) -> None:
    line = f"forked from {log.game} at row 2; from there: bob → scripted/full_contributor"
    assert line in told(log, log.fork).splitlines()


def test_each_decision_shows_the_row_at_which_a_fork_may_begin(log: Log) -> None:
    lines = told(log, log.game).splitlines()
    start = lines.index(next(line for line in lines if line.startswith("tick 0 · contribute")))
    assert [line.split()[:2] for line in lines[start + 1 : start + 4]] == [
        ["1", "ann"],
        ["2", "bob"],
        ["3", "coop-1"],
    ]


def test_what_an_agent_was_shown_is_told_by_what_it_was(log: Log) -> None:
    lines = [line for line in told(log, log.game).splitlines() if "is shown punished" in line]
    assert lines
    assert all(": payoff -" in line for line in lines)


def test_log_odds_say_of_which_value(log: Log) -> None:
    assert "an observer of the text: log-odds of bluffer +0.00" in told(log, log.bluff)


def test_a_story_survives_the_loss_of_the_environments_code(log: Log, own_db: str) -> None:
    lose = "UPDATE text SET text = replace(text, 'social/bluff', 'gone.away:Game')"
    with open_store(own_db, create=False) as store, store.writing() as connection:
        for name in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'trigger'").all():
            connection.exec_driver_sql(f"DROP TRIGGER {name[0]}")
        connection.exec_driver_sql(lose)
    assert "an observer of the text: log-odds of type +0.00" in told(replace(log, db=own_db), log.bluff)


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
