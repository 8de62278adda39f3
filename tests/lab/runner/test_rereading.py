"""Captures added later equal those of the acting pass, whoever served the tokens, or are refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lab
from agents.models.local.rereading import Rereader
from db.reading import get_run, recorded_calls
from db.store import open_store
from lab.core.canonical import parse
from lab.core.errors import UnknownName, UsageError
from lab.runner.reread_plan import Reread, Wish
from lab.runner.rereading import reread
from tests.support import zoo
from tests.support.captures import answers, bluff_run, vectors
from tests.support.chat_server import Fault, chat_server, completion

SCENARIO = """\
schema: 1
name: reread
environment: social/matrix_game
seed: 4
params:
  kind: prisoners_dilemma
  options: [cooperate, defect]
  payoffs: [[[3, 3], [0, 5]], [[5, 0], [1, 1]]]
  rounds: 3
models:
  tiny: {{model: "local/{folder}", options: {{temperature: 0.8, max_tokens: 6}}}}
  served:
    model: openai/tiny
    base_url: "{url}"
    api_key_env: REREAD_TEST_KEY
    options: {{temperature: 0.8, max_tokens: 6, extra_body: {{return_token_ids: true}}}}
agents:
  - {{name: ann, policy: {{kind: llm, model: {model}}}}}
  - {{name: bob, policy: {{kind: scripted, name: always_defect}}}}
on_invalid: {{retries: 0}}
"""
OPTIONS = {"spans": ["pre_action", "post"], "layers": "all"}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return zoo.build("llama", tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="module")
def bluff(tmp_path_factory: pytest.TempPathFactory) -> lab.Run:
    """A run without captures."""
    return bluff_run(tmp_path_factory.mktemp("bluff") / "log.db")


@pytest.fixture
def own(bluff: lab.Run, tmp_path: Path) -> str:
    """A copy of its log that a test may add to."""
    source = Path(bluff.db.removeprefix("sqlite:///"))
    for file in source.parent.glob("log.db*"):
        shutil.copy(file, tmp_path / file.name)
    return str(tmp_path / "log.db")


def read_again(db: str, run: str = "last", **wish: Any) -> Reread:
    with open_store(db, create=False) as store:
        return reread(store, [get_run(store, run)], Wish(**wish))


def play(
    tmp_path: Path, tiny: Path, *, model: str, url: str = "http://127.0.0.1:1/v1", capture: str | None = None
) -> lab.Run:
    file = tmp_path / f"{model}.yaml"
    file.write_text(SCENARIO.format(folder=tiny, url=url, model=model))
    return lab.run(file, capture=capture, db=str(tmp_path / f"{model}.db"))


def told(run: lab.Run, *, logprobs: bool) -> list[dict[str, Any]]:
    """The model's replies as a server would send them that returns token ids."""
    bodies = []
    with open_store(run.db, create=False) as store:
        for row, texts in recorded_calls(store, run.id):
            body = completion(texts[str(row.reply)])
            choice: dict[str, Any] = body["choices"][0]
            body["prompt_token_ids"] = parse(texts[str(row.prompt_ids)])
            choice["token_ids"] = parse(texts[str(row.reply_ids)])
            if logprobs:
                content = [{"token": "x", "logprob": one} for one in parse(str(row.reply_logprobs))]
                choice["logprobs"] = {"content": content}
            bodies.append(body)
    return bodies


@pytest.fixture
def local(tmp_path: Path, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> lab.Run:
    """A run of the tiny model in this process, captured as it went."""
    monkeypatch.setenv("REREAD_TEST_KEY", "sk-canary")
    return play(tmp_path, tiny, model="tiny", capture="all:pre_action,post")


def test_what_is_read_again_is_marked_and_what_is_there_is_skipped(own: str) -> None:
    done = read_again(own)
    assert (done.captured, done.skipped, done.unchecked) == (8, 0, 0)
    assert done.gap is not None
    assert done.gap < 1e-5
    assert answers(
        own, "distinct origin, proxy, span, artifact = (select artifact from model_call limit 1)"
    ) == [("reread", 0, "pre_choice", 1)]
    assert all(gap is not None for (gap,) in answers(own, "logprob_gap"))
    again = read_again(own, options={"spans": ["pre_choice", "post"]})
    assert (again.captured, again.skipped) == (8, 0)
    assert len(answers(own)) == 16
    assert read_again(own, options={"spans": ["post"]}).skipped == 8


def test_a_reply_that_comes_out_otherwise_is_refused_and_nothing_is_kept(
    own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    gaps = iter([0.0, 0.3, 0.0, 0.7, 0.0, 0.0, 0.0, 0.0])
    monkeypatch.setattr(Rereader, "gap", lambda *_: next(gaps))
    with pytest.raises(UsageError, match=r"decision \d+ of run \w+: a log-probability comes out 0\.7 nats"):
        read_again(own)
    assert answers(own) == []


def test_another_model_is_refused_unless_it_may_be_a_proxy(own: str) -> None:
    with pytest.raises(UsageError, match=r"local/organisms/dealer is another model.*--reader proxy"):
        read_again(own, weights="local/organisms/dealer")
    assert answers(own) == []


def test_a_proxy_is_marked_and_compared_with_nothing(own: str, tiny: Path) -> None:
    done = read_again(own, weights=f"local/{tiny}", proxy=True)
    assert (done.captured, done.proxy, done.gap, done.unchecked) == (8, 8, None, 0)
    assert answers(own, "distinct proxy, logprob_gap") == [(1, None)]


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"agent": "bob"}, "no model answered in it"),
        ({"weights": "mock/first"}, "should be local/PATH-OR-HUB-ID"),
        ({"options": {"layers": [9]}}, "--layers: local/organisms/bluff: layer 9 is out of range"),
        ({"options": {"sites": ["zz"]}}, r"--sites\[0\]: unknown site 'zz'"),
        ({"options": {"spans": ["pre"]}}, r"--spans\[0\]: unknown span 'pre'"),
        ({"most_gb": 1e-9}, "captures would take about .* the limit is 1e-09 GB"),
    ],
)
def test_what_cannot_be_done_is_told(own: str, wish: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_again(own, **wish)
    assert answers(own) == []


def test_an_agent_nobody_knows_is_told_with_the_nearest(own: str) -> None:
    with pytest.raises(UnknownName, match="unknown agent 'anne'; did you mean 'ann'"):
        read_again(own, agent="anne")


def test_replies_of_a_server_are_read_by_the_weights_it_served(
    local: lab.Run, tmp_path: Path, tiny: Path
) -> None:
    bodies = told(local, logprobs=True)
    with chat_server([Fault(body=body) for body in bodies]) as server:
        served = play(tmp_path, tiny, model="served", url=server.base_url)
        assert all(body["logprobs"] is True for body in server.bodies)
    with pytest.raises(UsageError, match="openai/tiny gives no activations; --weights local/"):
        read_again(served.db)
    done = read_again(served.db, weights="tiny", options=OPTIONS)
    assert (done.captured, done.unchecked, done.proxy) == (len(bodies), 0, 0)
    assert done.gap is not None
    assert done.gap < 1e-4
    live = vectors(local.db, "resid_post[2]", run=local.id)
    again = vectors(served.db, "resid_post[2]", run=served.id)
    assert again.keys() == live.keys() != set()
    for key, row in again.items():
        np.testing.assert_allclose(row, live[key], rtol=1e-5, atol=1e-5)


def test_a_server_that_tells_no_log_probabilities_leaves_it_unchecked(
    local: lab.Run, tmp_path: Path, tiny: Path
) -> None:
    bodies = told(local, logprobs=False)
    with chat_server([Fault(body=body) for body in bodies]) as server:
        served = play(tmp_path, tiny, model="served", url=server.base_url)
    done = read_again(served.db, weights="tiny", options=OPTIONS)
    assert (done.captured, done.unchecked, done.gap) == (len(bodies), len(bodies), None)


def test_without_token_ids_only_a_proxy_can_read(tmp_path: Path, tiny: Path, local: lab.Run) -> None:
    with chat_server(reply=lambda _: "ANSWER: defect") as server:
        served = play(tmp_path, tiny, model="served", url=server.base_url)
    with pytest.raises(UsageError, match="no token ids of openai/tiny: its server returned none"):
        read_again(served.db, weights="tiny")
    done = read_again(served.db, weights="tiny", proxy=True)
    assert (done.captured, done.proxy) == (3, 3)
    assert {reason for (reason,) in answers(served.db, "reason")} == {None}
