"""The same workloads as users run them: through `lab batch`, with worlds, parsing and a durable log."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from time import process_time
from typing import Any

from agents.models.spec import model_spec, provider_of
from db.query import query
from db.store import open_store
from lab.api import batch
from lab.bench.cached_path import SIZE, encoded_anew, random_llama
from lab.bench.engine import Figure
from lab.core.errors import LabError
from lab.core.ports import Play
from lab.core.records import DecisionRequest, Segment
from lab.core.spaces import Choice, Message, Space
from scenarios.environment import Environment, Spec

AGENTS, TURNS, REPLY_TOKENS = 16, 6, 16
SHARED_TOKENS, LEAST_NEW, MOST_NEW = 200, 20, 90
WORDS = 3_000
API_WORLDS, API_AGENTS, API_TURNS = 8, 25, 10


class TalkParams(Spec):
    """How many turns; whether replies are free text or one of two options."""

    turns: int = TURNS
    free: bool = True


class Talk(Environment[TalkParams]):
    """Every agent is told some words each turn, and replies."""

    Params = TalkParams

    def play(self) -> Play:
        """Tell all, hear all, next tick."""
        space: Space = Message() if self.params.free else Choice("left", "right")
        for turn in range(self.params.turns):
            yield self.ask_all(self.agents, partial(self._told, turn), space, phase="reply")
            yield self.wait(1)

    def _told(self, turn: int, agent: str) -> dict[str, Any]:
        draw = self.rng(f"words.{turn}", agent)
        count = int(draw.integers(LEAST_NEW, MOST_NEW + 1)) if self.params.free else LEAST_NEW
        return {"words": [int(word) for word in draw.integers(0, WORDS, count)]}

    def render(self, request: DecisionRequest) -> tuple[Segment, ...]:
        """Rules that all share, and the words."""
        rules = " ".join(f"w{word}" for word in range(SHARED_TOKENS))
        said = " ".join(f"w{word}" for word in request.observation["words"])
        return Segment("rules", rules), Segment("observation", said)

    @classmethod
    def expected_decisions(cls, params: TalkParams, n_agents: int) -> int:
        """One per agent and turn."""
        return params.turns * n_agents


def figures(rounds: int = 3, size: Mapping[str, int] = SIZE) -> Iterator[Figure]:
    """Naive over `lab batch`: sixteen agents take six turns with a local model in fp32; medians."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with tempfile.TemporaryDirectory() as folder:
            save_model(random_llama(size), Path(folder) / "model")
            ratios = sorted(turns_ratio(Path(folder), number) for number in range(rounds))
        name = f"{AGENTS} agents × {TURNS} turns through lab batch"
        yield Figure(name, ratios[len(ratios) // 2], "× as fast as naive", 3.0, at_least=True)
    finally:
        torch.set_num_threads(threads)


def turns_ratio(folder: Path, number: int) -> float:
    """CPU time of every logged prompt encoded anew, one at a time, over that of the batch without loading.

    Raises:
        LabError: when both did not write the same tokens.
    """
    name = f"local/{folder / 'model'}"
    database = folder / f"{number}.db"
    options = {"execution": "cached", "dtype": "float32", "threads": 1}
    alias = {"model": name, "options": {**options, "temperature": 0, "max_tokens": REPLY_TOKENS}}
    file = write_study(folder, f"talk-{number}", alias, agents=AGENTS, params={"turns": TURNS})
    loading_s = _loading_s(alias)
    start = process_time()
    study = batch(file, db=str(database))
    ours_s = process_time() - start - loading_s
    if study.counts != {"done": 1}:
        raise LabError(f"the batch did not end well: {study.counts}")
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(folder / "model").eval()
    calls = list(_token_calls(database))
    start = process_time()
    replies = [encoded_anew(model, _job(prompt, len(reply))) for prompt, reply in calls]
    naive_s = process_time() - start
    if replies != [reply for _, reply in calls]:
        raise LabError("the batch and the naive loop chose different tokens: no figure")
    return naive_s / ours_s


def api_agents(base_url: str) -> int:
    """200 agents, in eight worlds, with an OpenAI-compatible server through `lab batch`; how many calls."""
    with tempfile.TemporaryDirectory() as folder:
        options = {"concurrency": API_WORLDS * API_AGENTS}
        alias = {"model": "openai/loopback", "base_url": base_url, "options": options}
        params = {"turns": API_TURNS, "free": False}
        file = write_study(Path(folder), "api", alias, agents=API_AGENTS, params=params, seeds=API_WORLDS)
        study = batch(file, db=str(Path(folder) / "log.db"))
        if study.counts != {"done": API_WORLDS}:
            raise LabError(f"the batch did not end well: {study.counts}")
    return API_WORLDS * API_AGENTS * API_TURNS


def write_study(
    folder: Path,
    name: str,
    alias: Mapping[str, Any],
    *,
    agents: int,
    params: Mapping[str, Any],
    seeds: int = 1,
    capture: Mapping[str, Any] | None = None,
) -> Path:
    """A study of so many runs of `Talk` in a file."""
    policy = {"kind": "llm", "model": "main", "capture": capture}
    scenario = {
        "schema": 1,
        "name": name,
        "environment": f"{__name__}:Talk",
        "params": dict(params),
        "models": {"main": dict(alias)},
        "agents": [{"name": "agent", "count": agents, "policy": policy}],
        "on_invalid": {"retries": 0},
    }
    path = folder / f"{name}.study.yaml"
    study = {"schema": 1, "study": name, "scenario": scenario, "seeds": {"count": seeds, "root": 5}}
    path.write_text(json.dumps(study))  # JSON is YAML
    return path


def save_model(model: Any, folder: Path) -> None:
    """The model with a tokenizer that makes one token of each word, in the transformers format."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    words = {f"w{number}": number for number in range(model.config.vocab_size - 2)}
    words |= {"<pad>": len(words), "<unk>": len(words) + 1}
    tokenizer = Tokenizer(WordLevel(words, unk_token="<unk>"))  # noqa: S106  a token, no password
    tokenizer.pre_tokenizer = WhitespaceSplit()
    model.save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<pad>",  # noqa: S106
        unk_token="<unk>",  # noqa: S106
    ).save_pretrained(folder)


def _loading_s(alias: Mapping[str, Any]) -> float:
    spec = model_spec("main", {"main": alias})
    start = process_time()
    provider_of(spec).open(spec)
    return process_time() - start


def _token_calls(database: Path) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    sql = """SELECT p.text, r.text FROM model_call c JOIN text p ON p.hash = c.prompt_ids
             JOIN text r ON r.hash = c.reply_ids ORDER BY c.seq"""
    with open_store(str(database), create=False) as store:
        for prompt, reply in query(store, sql).rows:
            yield tuple(json.loads(prompt)), tuple(json.loads(reply))


def _job(prompt: tuple[int, ...], tokens: int) -> Any:
    from agents.models.local.jobs import Job

    return Job(prompt, key=0, temperature=0.0, max_tokens=tokens)
