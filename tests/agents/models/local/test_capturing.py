"""What a capture asks of a model: the place of the choice in real replies, probes that score, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from agents.models.local.capturing import Captures
from agents.models.local.jobs import Job, JobCapture, Said
from agents.models.local.loading import Loaded, load
from agents.models.local.model import LocalModel
from agents.models.local.options import LocalOptions
from agents.parsing import parse_reply, place_of
from lab.core.calls import ModelReply, ModelRequest
from lab.core.captures import ActionPlace, CaptureSpec
from lab.core.errors import UsageError
from lab.core.spaces import Choice
from probes.readers.files import Card, FittedProbe, save
from probes.readers.tasks import Task
from probes.sites.tape import read_ids
from tests.support.zoo import ZooFolder

ASK = ({"role": "user", "content": "Round 1: what do you do?"},)
SPACE = Choice("cooperate", "defect")
CERTAIN = 1000.0

REPLIES: Mapping[str, str] = {
    "bare": "{}",
    "json": '{{"answer": "{}"}}',
    "tool call": '{{"name": "act", "arguments": {{"answer": "{}"}}}}',
    "prose": "I trust nobody here. I choose to {} because it pays.",
    "reasoning": "<think>I could cooperate or defect.</think>\n\nI choose to {}.",
    "reasoning and json": '<think>To defect is unkind: cooperate?</think>{{"answer": "{}"}}',
}


@pytest.fixture(scope="module")
def loaded(zoo_folder: ZooFolder) -> Loaded:
    return load(str(zoo_folder("llama")))


class Scripted:
    """Makes a model write the first of its scripts, or at any token go on with another that began alike.

    Args:
        scripts: tokens of replies, the likelier first.
        swap: number of the reply's token before which the logits of `pair` are exchanged; None for never.
        pair: two tokens.
    """

    def __init__(self, scripts: Sequence[Sequence[int]], swap: int | None, pair: tuple[int, int]) -> None:
        self._scripts = scripts
        self._swap = swap
        self._pair = [*pair]
        self._written: list[int] | None = None

    def read(self, model: Any, args: tuple[torch.Tensor, ...], kwargs: dict[str, Any]) -> None:
        """Before a forward: note what was written since the prompt."""
        tokens = (args[0] if args else kwargs["input_ids"]).flatten().tolist()
        self._written = [] if self._written is None else [*self._written, *tokens]

    def say(self, head: Any, args: Any, logits: torch.Tensor) -> torch.Tensor:
        """After the head: the next token of every script that began as what is written."""
        written = self._written or []
        step, said = len(written), logits.clone()
        for rank, script in reversed([*enumerate(self._scripts)]):
            if [*script[:step]] == written and len(script) > step:
                said[..., -1, script[step]] = CERTAIN - rank
        if step == self._swap:
            said[..., -1, self._pair] = said[..., -1, self._pair[::-1]]
        return said


@contextmanager
def scripted(loaded: Loaded, script: Scripted) -> Iterator[None]:
    head = loaded.model.get_output_embeddings()
    hooks = [
        loaded.model.register_forward_pre_hook(script.read, with_kwargs=True),
        head.register_forward_hook(script.say),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def asked(capture: CaptureSpec, max_tokens: int = 8) -> ModelRequest:
    def locate(text: str) -> ActionPlace | None:
        return place_of(text, parse_reply(text, SPACE), SPACE)

    sampling = {"temperature": 0, "max_tokens": max_tokens}
    return ModelRequest("local/tiny", ASK, sampling, seed=1, capture=capture, locate=locate)


def answer(model: LocalModel, request: ModelRequest) -> ModelReply:
    (reply,) = asyncio.run(model.complete([request]))
    assert isinstance(reply, ModelReply), reply
    return reply


@pytest.mark.parametrize("execution", ["reference", "cached"])
@pytest.mark.parametrize("kind", REPLIES)
def test_exchanging_two_logits_at_the_choice_exchanges_the_action_and_nowhere_before(
    kind: str, execution: Any, loaded: Loaded
) -> None:
    model = LocalModel(loaded, LocalOptions(execution=execution))
    answer(model, asked(CaptureSpec()))  # the sites are tried now, on the model as it is
    end = loaded.tokenizer.eos_token_id
    one, other = (
        [*loaded.tokenizer.encode(REPLIES[kind].format(option), add_special_tokens=False), end]
        for option in SPACE.options
    )
    parts = next(n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    actions, choice = [], []
    for swap in range(parts + 1) if execution == "reference" else sorted({0, parts}):
        with scripted(loaded, Scripted([one, other], swap, (one[parts], other[parts]))):
            reply = answer(model, asked(CaptureSpec(), max(len(one), len(other))))
        actions.append(parse_reply(reply.text, SPACE).value)
        assert reply.captured is not None
        choice.append(reply.captured.spans[0])
    model.engine.close()
    assert actions[-1] == "defect"
    assert "defect" not in actions[:-1]
    assert actions[0] == "cooperate" or parts == 0
    assert choice[-1].start == len(reply.prompt_ids or ()) + parts - 1
    assert (choice[-1].reason, choice[-1].origin) == (None, "live")


def probe_file(folder: Path, width: int, layer: int = 1, **more: Any) -> FittedProbe:
    task = Task("binary", ("no", "yes"))
    card = Card("type", task, "logistic", "resid_post", layer, "pre_choice", width, "m", **more)
    weight = np.linspace(-1, 1, width)[None]
    probe = FittedProbe(card, weight, np.array([0.5]), np.array([1.0, 0.0]))
    save(probe, folder)
    return probe


def scoring(folder: Path, probe: FittedProbe, **more: Any) -> CaptureSpec:
    return CaptureSpec(scores=(str(folder / f"{probe.id}.safetensors"),), **more)


@pytest.mark.parametrize("execution", ["reference", "cached"])
def test_a_probe_scores_every_token_that_is_run_and_keeps_no_vectors(
    execution: Any, loaded: Loaded, tmp_path: Path
) -> None:
    probe = probe_file(tmp_path, 64)
    model = LocalModel(loaded, LocalOptions(execution=execution))
    reply = answer(model, asked(scoring(tmp_path, probe, vectors=False)))
    model.engine.close()
    assert reply.captured is not None
    assert reply.prompt_ids is not None
    assert reply.reply_ids is not None
    assert (reply.captured.sites, reply.captured.rows) == ((), ())
    (scores,) = reply.captured.scores
    ids = (*reply.prompt_ids, *reply.reply_ids[:-1])
    assert (scores.probe, scores.start, len(scores.values)) == (probe.id, 0, len(ids))
    captures = Captures(loaded.model)
    site = next(one for one in captures.site_map.places if one == ("resid_post", 1))
    (rows,) = read_ids(loaded.model, captures.site_map, ids, [site], range(len(ids)))
    assert scores.values == pytest.approx(probe.scores(rows.numpy()).tolist(), abs=1e-4)


def test_what_was_never_run_is_scored_by_a_forward_of_its_own(loaded: Loaded, tmp_path: Path) -> None:
    probe = probe_file(tmp_path, 64)
    capture = JobCapture(scoring(tmp_path, probe, vectors=False), {}, lambda said: "nothing")
    found = Captures(loaded.model).read(Job((5, 6, 7), key=1, capture=capture), Said((8, 9)))
    (scores,) = found.scores
    assert (scores.start, len(scores.values)) == (0, 5)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({"width": 32}, r"reads 32 numbers of a token at resid_post\[1\]; here are 64"),
        ({"width": 64, "tokenizer": "another"}, "another tokenizer than this one's"),
        ({"width": 64, "weights": "0123456789abcdef"}, "fitted on weights 0123456789ab; local/.* has "),
        ({"width": 64, "layer": 7}, r"reads resid_post\[7\], which this model lacks"),
    ],
)
def test_a_probe_of_another_model_is_refused(
    card: dict[str, Any], said: str, loaded: Loaded, tmp_path: Path
) -> None:
    spec = scoring(tmp_path, probe_file(tmp_path, **card))
    job = Job((5, 6), key=1, capture=JobCapture(spec, {}, lambda said: "nothing"))
    with pytest.raises(UsageError, match=said):
        Captures(loaded.model, artifact=loaded.artifact).begin([job])
    mine = replace(job, capture=JobCapture(CaptureSpec(), {}, lambda said: "nothing"))
    assert Captures(loaded.model).begin([mine]) is not None


def test_an_organism_chooses_where_its_prompt_ends() -> None:
    model = LocalModel(load("organisms/bluff"), LocalOptions())
    words = [word for word in model_words("organisms/bluff") if word.isalpha()][:2]
    spec = CaptureSpec(spans=("pre_action", "pre_choice", "post"))
    messages = ({"role": "user", "content": " ".join(words)},)
    reply = answer(
        model,
        ModelRequest(
            "bluff", messages, {"temperature": 0}, seed=1, choices=tuple(words), decide="score", capture=spec
        ),
    )
    model.engine.close()
    assert reply.captured is not None
    action, choice, post = reply.captured.spans
    assert action[1:] == choice[1:]
    assert (action.reason, post.origin) == (None, "recomputed")
    assert [(one.site, one.layer) for one in reply.captured.sites] == [("resid_post", n) for n in range(4)]


def model_words(target: str) -> Sequence[str]:
    """What an organism can say."""
    return [*load(target).tokenizer.get_vocab()]
