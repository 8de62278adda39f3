"""`lab bench probes`: what captures cost while agents act, and what other tools take for the same rows.

The workload is that of cached execution: sixteen agents, six turns, sixteen tokens each. With and without
captures the same tokens must be written, or there is no figure.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from db.store import Store, open_store
from lab.bench.cached_path import CACHE_BYTES, SIZE, Ids, encoded_anew, play, random_llama
from lab.bench.capture_peers import PEERS
from lab.bench.engine import Figure
from lab.bench.workload import cpu_s
from lab.core.captures import Captured, CaptureSource, CaptureSpec
from lab.core.errors import LabError

if TYPE_CHECKING:
    from agents.models.local.jobs import Job

CLASSES = 4
MANY = ("resid_post", "attn_out", "mlp_out", "z", "q", "k", "v", "mlp_act")
"""Eight sites of a block: with eight blocks, 64."""

PEER_ROWS, PEER_TOKENS, PEER_REPEATS = 8, 128, 5


def figures(rounds: int = 5, size: Mapping[str, int] = SIZE, agents: int = 16) -> Iterator[Figure]:
    """Every figure: medians over interleaved rounds, on one torch thread."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        model = random_llama(size)
        with tempfile.TemporaryDirectory() as folder:
            yield from acting(model, rounds, agents, probe_files(model, Path(folder)))
            yield from writing(model, rounds, agents, Path(folder))
        yield from peers(model, rounds)
    finally:
        torch.set_num_threads(threads)


def acting(model: Any, rounds: int, agents: int, probes: tuple[str, ...]) -> Iterator[Figure]:
    """CPU time with captures over CPU time without, of the same decisions."""
    last = ("pre_action",)
    specs = {
        "last token, all layers": (CaptureSpec(spans=last), 1.05),
        f"last token, {len(MANY) * (len(probes) - 1)} sites": (_many_sites(len(probes) - 1, last), 1.12),
        "probe scores of all tokens, all layers": (CaptureSpec(vectors=False, scores=probes), 1.03),
        "token before the choice, all layers": (CaptureSpec(), None),
    }
    ratios: dict[str, list[float]] = {name: [] for name in specs}
    against_naive = []
    for seed in range(rounds):
        plain_s, right = _turns(model, seed, agents, None)
        for name, (spec, _) in specs.items():
            taken_s, said = _turns(model, seed, agents, spec)
            _check(said, right)
            ratios[name].append(taken_s / plain_s)
        naive_s, said = _timed(partial(play, seed, _naive(model), agents))
        _check(said, right)
        against_naive.append(naive_s / taken_s)
    for name, (_, gate) in specs.items():
        yield Figure(name, statistics.median(ratios[name]), "× no capture", gate)
    name = f"{agents} agents × 6 turns, all layers captured"
    yield Figure(name, statistics.median(against_naive), "× as fast as naive", 3.0, at_least=True)


def writing(model: Any, rounds: int, agents: int, folder: Path) -> Iterator[Figure]:
    """CPU time of writing the captures of all turns: its share of that of the turns, and of a decision."""
    shares, each = [], []
    for seed in range(rounds):
        kept: list[Captured] = []
        acted_s, _ = _turns(model, seed, agents, CaptureSpec(), kept)
        with open_store(str(folder / f"{seed}.db")) as store:
            run = _begun(store)
            written_s = cpu_s(partial(_write, store, run, kept))
        shares.append(written_s / acted_s)
        each.append(written_s / len(kept) * 1e6)
    name = f"writing the captures of {agents} agents × 6 turns"
    yield Figure(name, statistics.median(shares), "of decision time", 0.02)
    yield Figure("writing the captures of a decision", statistics.median(each), "µs")


def peers(model: Any, rounds: int) -> Iterator[Figure]:
    """What one forward takes with the last token of every block, over a forward without: ours and others'."""
    import torch

    ids = torch.arange(PEER_ROWS * PEER_TOKENS).reshape(PEER_ROWS, PEER_TOKENS) % 4_000
    readers = {name: reader for name, make in PEERS.items() if (reader := make(model)) is not None}
    ratios: dict[str, list[float]] = {name: [] for name in readers}
    with torch.no_grad():
        for reader in readers.values():
            reader(ids)  # what is set up at first use is not part of the figure
        for _ in range(rounds):
            plain_s = cpu_s(partial(_repeat, model, ids))
            for name, reader in readers.items():
                ratios[name].append(cpu_s(partial(_repeat, reader, ids)) / plain_s)
    for name, found in ratios.items():
        yield Figure(f"one forward, last token of every block: {name}", statistics.median(found), "× plain")


def probe_files(model: Any, folder: Path) -> tuple[str, ...]:
    """A probe of four classes for the residual after every block and of the embedding; any weights do."""
    import numpy as np

    from probes.readers.files import Card, FittedProbe, save
    from probes.readers.tasks import Task

    width = model.config.hidden_size
    task = Task("classes", tuple(map(str, range(CLASSES))))
    calibration = np.array([1.0, 0.0])
    cards = [
        Card("any", task, "multinomial", "resid_post", layer, "pre_choice", width, "bench")
        for layer in range(model.config.num_hidden_layers + 1)
    ]
    weight = np.ones((CLASSES, width))
    return tuple(
        str(save(FittedProbe(card, weight, np.zeros(CLASSES), calibration), folder)) for card in cards
    )


def _many_sites(blocks: int, spans: tuple[str, ...]) -> CaptureSpec:
    return CaptureSpec(sites=MANY, layers=tuple(range(1, blocks + 1)), spans=spans)


def _turns(
    model: Any, seed: int, agents: int, spec: CaptureSpec | None, kept: list[Captured] | None = None
) -> tuple[float, list[Ids]]:
    """CPU seconds of all turns, run cached with these captures, and what was said; captures go to `kept`."""
    from agents.models.local.cached import Cached
    from agents.models.local.capturing import Captures
    from agents.models.local.jobs import JobCapture, TokenPlace

    captures = Captures(model)
    path = Cached(model, cache_bytes=CACHE_BYTES, captures=captures)
    capture = None if spec is None else JobCapture(spec, {}, lambda said: TokenPlace(4, 5, 4))
    if capture is not None:
        assert captures.site_map is not None, "the sites are tried once for a model, not at every turn"

    def answer(jobs: Any) -> list[Ids]:
        asked = [replace(job, capture=capture) for job in jobs]
        outcomes = path.run(asked)
        if kept is not None:
            kept.extend(one.captured for one in outcomes if one.captured is not None)
        return [outcome.reply_ids for outcome in outcomes]

    return _timed(lambda: play(seed, answer, agents))


def _begun(store: Store) -> str:
    """The id of a run that was begun in the log."""
    from db.owners import Owner, wall_clock
    from db.runs import claim
    from lab.api import load
    from lab.runner.plan import single_plan
    from scenarios.spec import Scenario

    scenario = load(Path(__file__).parents[2] / "scenarios/social/bluff.yaml")
    assert isinstance(scenario, Scenario), "the file holds a scenario"
    plan = single_plan(scenario, ordinal=0)
    claim(store, [plan], Owner.this_process(), take=1, before=wall_clock())
    return plan.id


def _write(store: Store, run: str, kept: list[Captured]) -> None:
    from db.recorder import Recorder

    with Recorder(store) as recorder:
        for seq, one in enumerate(kept):
            recorder.write_captured(CaptureSource(run, seq, 0, 0, 0, "ann", "bench"), one)


def _naive(model: Any) -> Callable[[Any], list[Ids]]:
    def answer(jobs: list[Job]) -> list[Ids]:
        return [encoded_anew(model, job) for job in jobs]

    return answer


def _repeat(forward: Callable[[Any], Any], ids: Any) -> None:
    for _ in range(PEER_REPEATS):
        forward(ids)


def _timed(work: Callable[[], list[Ids]]) -> tuple[float, list[Ids]]:
    given: list[Ids] = []
    return cpu_s(lambda: given.extend(work())), given


def _check(said: list[Ids], right: list[Ids]) -> None:
    if said != right:
        raise LabError("with captures other tokens were written: there is nothing to compare")
