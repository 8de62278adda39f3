"""A person reads exactly the prompt a model would be sent, and what they type is logged like a reply."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from io import StringIO
from pathlib import Path

import pytest

import lab
from agents.conversation import Conversation, Speaker
from agents.human import HumanOptions, Line, Person, reply
from agents.memory import MemoryOptions
from agents.options import option_problems
from tests.agents.test_conversation import Told, in_space
from tests.support.toys import AB
from tests.support.worlds import Played, play

BLUFF = Path(lab.__file__).parents[1] / "scenarios" / "social" / "bluff.yaml"


def at_terminal(typed: str) -> tuple[Line, StringIO]:
    shown = StringIO()
    return Line(shown, StringIO(typed), threading.Lock()), shown


def run_by(person: Person, kind: type[Told] = Told) -> Played:
    return play(kind, {}, {"ann": Conversation(Speaker("human/terminal", person), reply, MemoryOptions())})


def test_the_terminal_shows_the_rules_once_and_then_what_is_new() -> None:
    line, shown = at_terminal("a\nb\na\n")
    run = run_by(Person("ann", "terminal", lambda: line))
    assert [decision.action for decision in run.record.decisions] == ["a", "b", "a"]
    text = shown.getvalue()
    assert text.count("Choose a or b.") == 1
    assert [text.count(f"Round {number}.") for number in range(3)] == [1, 1, 1]


def test_a_reply_that_is_no_answer_is_asked_again_with_the_reason() -> None:
    line, shown = at_terminal("dunno\nb\n")
    run = run_by(Person("ann", "terminal", lambda: line), in_space(AB, 1))
    assert [decision.status for decision in run.record.decisions] == ["retried"]
    assert "could not be used" in shown.getvalue()


@pytest.mark.parametrize("typed", ['{"reply": "b"}', '{"reply": {"answer": "b"}}', "b", '{"answer": "b"}'])
def test_json_lines_take_a_reply_as_an_object_or_bare(typed: str) -> None:
    line, shown = at_terminal(typed + "\n")
    run = run_by(Person("ann", "jsonl", lambda: line), in_space(AB, 1))
    assert [decision.action for decision in run.record.decisions] == ["b"]
    asked = json.loads(shown.getvalue())
    assert asked["agent"] == "ann"
    assert [message["role"] for message in asked["messages"]] == ["system", "user"]


def test_json_output_and_prompts_do_not_share_standard_output(tmp_path: Path) -> None:
    policy = "agents.bob.policy={kind: human, channel: jsonl}"
    refused = lab_run(tmp_path / "log.db", "", "--json", "--set", policy)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "give it an output file" in refused.stderr
    ended = lab_run(tmp_path / "log.db", "call\ncall\n", "--json", "--swap", "bob=human")
    assert json.loads(ended.stdout)["status"] == "done"


def test_files_belong_to_json_lines() -> None:
    ((_, message),) = option_problems(HumanOptions, {"input": "x"})
    assert "belong to channel jsonl" in message


def lab_run(database: Path, typed: str, *options: str) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "lab",
        "run",
        str(BLUFF),
        "--set",
        "params.rounds=2",
        "--db",
        str(database),
    ]
    return subprocess.run([*command, *options], input=typed, capture_output=True, text=True, check=False)


def test_a_run_that_a_person_left_is_continued_where_they_were_and_replays(tmp_path: Path) -> None:
    database = tmp_path / "log.db"
    swap = ("--swap", "bob=human")
    left = lab_run(database, "call\n", *swap)
    assert left.returncode == 1
    assert "the input ended before 'bob' had replied" in left.stderr
    ended = lab_run(database, "fold\n", *swap)
    assert ended.returncode == 0, ended.stderr
    run = lab.get_run("last", db=str(database))
    assert list(run.decisions().filter(agent="bob")["action"]) == ["call", "fold"]
    assert lab.replay(run.id, db=str(database)).digest == run.digest
