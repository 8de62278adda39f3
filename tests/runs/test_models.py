"""One scenario file, every kind of agent: swapped, logged, replayed without a model, killed, continued."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import lab
from db.check import check
from db.query import query
from db.store import open_store
from tests.support import zoo
from tests.support.chat_server import ChatServer, Fault, chat_server, fails, says
from tests.support.studies import count

ROUNDS = 3
SCENARIO = """\
schema: 1
name: swap
environment: social/matrix_game
seed: 4
params:
  kind: prisoners_dilemma
  options: [cooperate, defect]
  payoffs: [[[3, 3], [0, 5]], [[5, 0], [1, 1]]]
  rounds: {rounds}
models:
  served: {{model: openai/tiny, base_url: "{url}", api_key_env: SWAP_TEST_KEY, options: {{retries: 2}}}}
  tiny: {{model: "local/{folder}", options: {{temperature: 0.8, max_tokens: 12}}}}
agents:
  - {{name: ann, policy: {{kind: scripted, name: tit_for_tat}}, persona: "{persona}"}}
  - {{name: bob, policy: {{kind: scripted, name: always_defect}}}}
on_invalid: {{retries: 0}}
"""
KEY = "sk-canary-5f3a9c"
PERSONA = "You once sailed to Zanzibar-417."
ALL_CALLS = "select agent, tick, node, attempt, reply from v_call where error is null order by seq, call"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random Llama whose byte-level BPE does not survive decoding and encoding again."""
    return zoo.build("llama", tmp_path_factory.mktemp("tiny"))


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWAP_TEST_KEY", KEY)


@pytest.fixture
def served() -> Iterator[ChatServer]:
    with chat_server(reply=answer) as server:
        yield server


def answer(body: Mapping[str, Any]) -> str:
    """A legal reply, as the schema sent along allows, now one option and now the other."""
    options = body["response_format"]["json_schema"]["schema"]["properties"]["answer"]["enum"]
    return json.dumps({"answer": options[int(body["seed"]) % 2]})


def scenario_in(folder: Path, *, url: str = "http://127.0.0.1:9/v1", model: Path | None = None) -> Path:
    path = folder / "swap.yaml"
    text = SCENARIO.format(rounds=ROUNDS, url=url, folder=model, persona=PERSONA)
    without = [line for line in text.splitlines() if model or not line.startswith("  tiny:")]
    path.write_text("\n".join(without))
    return path


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    with open_store(str(database), create=False) as store:
        return [tuple(row) for row in query(store, sql).rows]


SWAPS = {
    "scripted": ("ann=scripted/uniform", "bob=scripted/first"),
    "mock": ("ann=mock/uniform", "bob=mock/first"),
    "openai": ("ann=served", "bob=served"),
    "local": ("ann=tiny", "bob=tiny"),
}


@pytest.mark.parametrize("kind", SWAPS)
def test_one_file_runs_with_every_kind_of_agent_and_replays_without_a_model(
    kind: str, tmp_path: Path, served: ChatServer, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = tmp_path / "log.db"
    file = scenario_in(tmp_path, url=served.base_url, model=tiny)
    run = lab.run(file, swap=SWAPS[kind], db=str(database))
    assert run.status == "done"
    asked = len(served.received)
    monkeypatch.delenv("SWAP_TEST_KEY")
    replayed = lab.replay(run.id, db=str(database))
    assert replayed.same
    assert len(served.received) == asked
    with open_store(str(database)) as store:
        assert check(store) == []


def test_replaying_a_local_model_loads_no_torch(tmp_path: Path, tiny: Path) -> None:
    database = tmp_path / "log.db"
    run = lab.run(scenario_in(tmp_path, model=tiny), swap=("ann=tiny",), db=str(database))
    code = (
        "import sys, lab; lab.replay(sys.argv[1], db=sys.argv[2]); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'openai')))"
    )
    assert subprocess.run([sys.executable, "-c", code, run.id, str(database)], check=False).returncode == 0


def test_swapping_changes_the_policy_and_nothing_else(tmp_path: Path) -> None:
    file = scenario_in(tmp_path)
    base, swapped = lab.load(file), lab.load(file, swap=("ann=mock/uniform",))
    assert isinstance(base, lab.Scenario)
    assert isinstance(swapped, lab.Scenario)
    before, after = base.to_json(), swapped.to_json()
    spec = after["agents"][0].pop("policy")
    assert spec == {"kind": "llm", "model": "mock/uniform", "cognition": "direct"}
    before["agents"][0].pop("policy")
    assert before == after


FAULTS: Mapping[str, Fault] = {
    "rate limit": fails(429, "slow down", retry_after="0"),
    "server error": fails(500, "oops"),
    "connection cut": Fault(manner="close"),
    "cut JSON": Fault(body=b'{"id": "x", "choi'),
    "wrong shape": Fault(body={"hello": "world"}),
    "no choices": Fault(body={"id": "x", "object": "chat.completion", "choices": []}),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_loses_and_doubles_no_decision(name: str, tmp_path: Path, tiny: Path) -> None:
    database, clean = tmp_path / "log.db", tmp_path / "clean.db"

    def every_third(number: int, body: Mapping[str, Any]) -> Fault | None:
        return FAULTS[name] if number % 3 == 0 else None

    with chat_server(every_third, reply=answer) as faulty:
        run = lab.run(scenario_in(tmp_path, url=faulty.base_url), swap=SWAPS["openai"], db=str(database))
    with chat_server(reply=answer) as good:
        same = lab.run(scenario_in(tmp_path, url=good.base_url), swap=SWAPS["openai"], db=str(clean))
    assert (run.status, run.digest) == ("done", same.digest)
    failed = count(database, "select count(*) from v_call where error is not null")
    assert failed == len(faulty.received) - count(database, "select count(*) from v_decision")
    assert failed > 0


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (says(content=""), "invalid"),
        (says(content="I would rather talk about the weather."), "invalid"),
        (says(content="", refusal="I cannot help with that."), "refused"),
        (says(content='{"answer": "str'), "invalid"),
    ],
)
def test_what_a_model_says_wrongly_is_data_and_no_action(fault: Fault, status: str, tmp_path: Path) -> None:
    database = tmp_path / "log.db"
    with chat_server(lambda number, body: fault, reply=answer) as server:
        run = lab.run(scenario_in(tmp_path, url=server.base_url), swap=("ann=served",), db=str(database))
    assert run.status == "done"
    found = rows(database, "select distinct status, action from v_decision where agent = 'ann'")
    assert found == [(status, None)]


def test_a_backend_that_only_fails_ends_with_exit_1_and_no_done_run(tmp_path: Path) -> None:
    database = tmp_path / "log.db"
    with chat_server(lambda number, body: fails(500, "down")) as server:
        file = scenario_in(tmp_path, url=server.base_url)
        ended = subprocess.run(
            [sys.executable, "-m", "lab", "run", str(file), "--swap", "ann=served", "--db", str(database)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 1
    assert "server" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert count(database, "select count(*) from v_run where status = 'done'") == 0
    assert count(database, "select count(*) from v_decision where action is not null and agent = 'ann'") == 0


def test_no_key_stands_anywhere_in_the_log_or_in_an_error(tmp_path: Path) -> None:
    database = tmp_path / "log.db"
    echoing = Fault(401, {"error": {"message": "bad key {authorization}"}})
    with chat_server([echoing]) as server:
        file = scenario_in(tmp_path, url=server.base_url)
        run = lab.run(file, swap=("ann=served",), db=str(database))
    assert run.status == "failed"
    for part in tmp_path.iterdir():
        assert KEY.encode() not in part.read_bytes()
    assert KEY not in repr(run)


def test_what_is_private_to_one_agent_stands_in_no_other_agents_prompt(
    tmp_path: Path, served: ChatServer
) -> None:
    file = scenario_in(tmp_path, url=served.base_url)
    lab.run(file, swap=SWAPS["openai"], db=str(tmp_path / "log.db"))
    opened = [body["messages"][0]["content"] for body in served.bodies]
    with_persona = [text for text in opened if PERSONA in text]
    assert len(with_persona) == ROUNDS
    for body in served.bodies:
        if PERSONA not in body["messages"][0]["content"]:
            assert PERSONA not in json.dumps(body["messages"])


PAUSING = """\
import lab, os, signal, sys
from lab.engine import calls

asked = 0
log = calls.Calls._log

async def counted(self, *args):
    global asked
    reply = await log(self, *args)
    asked += 1
    if asked == int(sys.argv[4]):
        os.kill(os.getpid(), signal.SIGKILL)
    return reply

calls.Calls._log = counted
lab.run(sys.argv[1], swap=sys.argv[2].split(), db=sys.argv[3])
"""


@pytest.mark.parametrize("after", [1, 4])
def test_a_run_killed_mid_conversation_re_asks_nothing_and_continues_from_the_logged_tokens(
    after: int, tmp_path: Path, tiny: Path
) -> None:
    file = scenario_in(tmp_path, model=tiny)
    database, whole = tmp_path / "killed.db", tmp_path / "whole.db"
    swap = " ".join(SWAPS["local"])
    code = tmp_path / "pausing.py"
    code.write_text(PAUSING)
    killed = subprocess.run([sys.executable, code, file, swap, database, str(after)], check=False)
    assert killed.returncode == -signal.SIGKILL
    before = rows(database, ALL_CALLS)
    assert after <= len(before) <= after + 1  # replies of one barrier may share a commit

    continued = lab.run(file, swap=SWAPS["local"], db=str(database))
    uninterrupted = lab.run(file, swap=SWAPS["local"], db=str(whole))
    assert continued.digest == uninterrupted.digest
    assert rows(database, ALL_CALLS) == rows(whole, ALL_CALLS)
    assert rows(database, ALL_CALLS)[: len(before)] == before
    tokens = "select c.request_hash, p.text, r.text from model_call c join text p on p.hash = c.prompt_ids "
    tokens += "join text r on r.hash = c.reply_ids order by c.seq, c.attempt"
    assert rows(database, tokens) == rows(whole, tokens)


def test_later_prompts_begin_with_the_very_tokens_of_earlier_ones(tmp_path: Path, tiny: Path) -> None:
    database = tmp_path / "log.db"
    lab.run(scenario_in(tmp_path, model=tiny), swap=SWAPS["local"], db=str(database))
    sql = "select c.agent, p.text, r.text from model_call c join text p on p.hash = c.prompt_ids "
    sql += "join text r on r.hash = c.reply_ids order by c.seq, c.attempt"
    last: dict[str, list[int]] = {}
    differing = 0
    for agent, prompt, reply in rows(database, sql):
        ids, said = json.loads(prompt), json.loads(reply)
        if agent in last:
            assert ids[: len(last[agent])] == last[agent]
        last[agent] = [*ids, *said[:-1]]  # the last may be another end token than the template's
        differing += _round_trip(tiny, said) != said
    assert differing > 0, "the tokenizer of this test should change what it decodes"


def _round_trip(folder: Path, ids: list[int]) -> list[int]:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    return list(tokenizer.encode(tokenizer.decode(ids), add_special_tokens=False))


def test_a_batch_of_model_runs_is_killed_and_continued_without_asking_twice(tmp_path: Path) -> None:
    database = tmp_path / "log.db"
    with chat_server(reply=answer, latency_s=0.02) as server:
        file = scenario_in(tmp_path, url=server.base_url)
        study = tmp_path / "swap.study.yaml"
        study.write_text("schema: 1\nstudy: swap\nscenario: swap.yaml\nseeds: {count: 6, root: 1}\n")
        command = [sys.executable, "-m", "lab", "batch", str(study), "--db", str(database)]
        swap = [word for one in SWAPS["openai"] for word in ("--swap", one)]
        quiet = subprocess.DEVNULL
        with subprocess.Popen([*command, *swap], stdout=quiet, stderr=quiet) as batch:
            deadline = time.monotonic() + 60
            while len(server.received) < 12:
                assert time.monotonic() < deadline
                time.sleep(0.005)
            os.kill(batch.pid, signal.SIGKILL)
        committed = count(database, "select count(*) from v_call")
        asked = len(server.received)
        ended = subprocess.run([*command, *swap], stdout=subprocess.DEVNULL, check=False)
        assert ended.returncode == 0
        calls = count(database, "select count(*) from v_call")
        assert len(server.received) - asked == calls - committed
        assert calls == count(database, "select count(*) from v_decision") == 6 * 2 * ROUNDS
        assert file.exists()
