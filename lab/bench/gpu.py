"""``make gpu-check``: a model of Qwen3-8B's shape with random weights in bf16 on this machine's GPU.

32 worlds of 4 agents through `lab batch`, once as it comes and twice in strict mode with other batch mates,
then more rows at once than memory holds. Prints what it saw; fails when a decision is lost or strict runs
differ.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from agents.models.spec import ModelSpec, provider_of
from db.query import query
from db.store import open_store
from lab.api import batch
from lab.bench.through_lab import save_model, write_study
from lab.core.calls import ModelFailure, ModelRequest
from lab.core.errors import LabError

if TYPE_CHECKING:
    import torch

QWEN3_8B: Mapping[str, Any] = {
    "vocab_size": 151_936,
    "hidden_size": 4_096,
    "intermediate_size": 12_288,
    "num_hidden_layers": 36,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "max_position_embeddings": 8_192,
}
"""The published shape: 8.19 billion parameters."""

WORLDS, AGENTS, TURNS, REPLY_TOKENS = 32, 4, 3, 32


def check(device: str, shape: Mapping[str, Any] = QWEN3_8B, *, dtype: str = "bfloat16") -> Iterator[str]:
    """Every finding in a line, measured now.

    Raises:
        LabError: when a decision is lost, or strict mode gave two answers to one request.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = random_model(device, shape, dtype)
        parameters = sum(one.numel() for one in model.parameters())
        save_model(model, folder / "model")
        del model
        yield f"model: {parameters / 1e9:.2f} billion parameters in {dtype} on {device}"
        options = {"device": device, "dtype": dtype, "batch": 128, "execution": "cached"}
        rate, _ = measured(folder, "plain", options, worlds=WORLDS)
        what = f"{WORLDS} worlds x {AGENTS} agents x {TURNS} turns"
        yield f"{what}: {rate:.1f} decisions/s, model loading included"
        yield peak(device)
        rate, _ = measured(folder, "captured", options, worlds=WORLDS, capture={"spans": ["pre_action"]})
        yield f"{what}, all layers captured: {rate:.1f} decisions/s"
        yield host_copy(folder / "captured.db", device, WORLDS * AGENTS * TURNS / rate)
        strict = {**options, "strict": True, "batch": 32, "execution": "reference"}
        rate, many = measured(folder, "strict-many", strict, worlds=WORLDS)
        _, few = measured(folder, "strict-few", strict, worlds=2)
        yield f"strict: {rate:.1f} decisions/s"
        if few != {seed: many[seed] for seed in few}:
            raise LabError("strict mode: a run's digest depends on the runs beside it")
        yield f"strict: {len(few)} runs have equal digests beside {len(few)} and beside {len(many)} runs"
        yield out_of_memory(folder, device, options)


def random_model(device: str, shape: Mapping[str, Any], dtype: str) -> Any:
    """A Qwen3 with random weights, made where it will run."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    torch.manual_seed(1)
    with torch.device(device):
        model = Qwen3ForCausalLM._from_config(Qwen3Config(**shape), dtype=getattr(torch, dtype))
    return model.eval().requires_grad_(False)


def measured(
    folder: Path,
    name: str,
    options: Mapping[str, Any],
    *,
    worlds: int,
    capture: Mapping[str, Any] | None = None,
) -> tuple[float, dict[int, str]]:
    """Decisions a second of a study of so many worlds, and each run's digest by its seed.

    Raises:
        LabError: when a run did not end well.
    """
    sampling = {"temperature": 0.7, "max_tokens": REPLY_TOKENS}
    alias = {"model": f"local/{folder / 'model'}", "options": {**options, **sampling}}
    file = write_study(
        folder, name, alias, agents=AGENTS, params={"turns": TURNS}, seeds=worlds, capture=capture
    )
    start = perf_counter()
    study = batch(file, db=str(folder / f"{name}.db"))
    taken_s = perf_counter() - start
    if study.counts != {"done": worlds}:
        raise LabError(f"{name}: not all runs are done: {dict(study.counts)}")
    with open_store(study.db, create=False) as store:
        digests: dict[int, str] = dict(query(store, "SELECT seed, digest FROM v_run").rows)
    return worlds * AGENTS * TURNS / taken_s, digests


def peak(device: str) -> str:
    """The most memory the GPU had in use."""
    import torch

    if not device.startswith("cuda"):
        return "peak memory: not measured without CUDA"
    return f"peak memory: {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB"


def host_copy(database: Path, device: str, taken_s: float) -> str:
    """What share of a captured run's time the copy of its rows from the device to the CPU takes."""
    import torch

    with open_store(str(database), create=False) as store:
        ((size,),) = query(store, "SELECT sum(bytes) FROM shard").rows
    rows = torch.zeros(int(size), dtype=torch.uint8, device=device)
    if device.startswith("cuda"):
        torch.cuda.synchronize()
    start = perf_counter()
    rows.cpu()
    copied_s = perf_counter() - start
    return (
        f"host copy: {int(size) / 2**20:.1f} MiB in {copied_s * 1e3:.2f} ms, {copied_s / taken_s:.2%} of it"
    )


def out_of_memory(folder: Path, device: str, options: Mapping[str, Any]) -> str:
    """What happens to 64 requests when memory holds the weights and little more: batches are halved.

    Raises:
        LabError: when a request got no reply.
    """
    import torch

    spec = ModelSpec("m", "local", str(folder / "model"), options={**options, "batch_tokens": 2**20})
    model: Any = provider_of(spec).open(spec)
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
        used, total = torch.cuda.memory_allocated(), torch.cuda.get_device_properties(0).total_memory
        torch.cuda.set_per_process_memory_fraction(min(1.0, (used + 3 * 2**30) / total))
    requests = [_long_request(number) for number in range(64)]
    results = asyncio.run(_completed(model, requests))
    failed = [one for one in results if isinstance(one, ModelFailure)]
    if failed:
        raise LabError(f"out of memory: {len(failed)} of {len(results)} requests failed: {failed[0].message}")
    halved = model.engine.counts.forced_splits
    return f"3 GiB beside the weights: {len(results)} replies, {halved} batches halved"


def _long_request(number: int) -> ModelRequest:
    words = " ".join(f"w{(number * 7 + word) % 5_000}" for word in range(1_500))
    return ModelRequest("m", ({"role": "user", "content": words},), {"max_tokens": 8}, seed=number)


async def _completed(model: Any, requests: list[ModelRequest]) -> list[Any]:
    try:
        return list(await model.complete(requests))
    finally:
        await model.aclose()


def device_or_reason() -> tuple[torch.device | None, str]:
    """The GPU, or why there is none to check."""
    import torch

    if not torch.cuda.is_available():
        return None, "no CUDA device: `torch.cuda.is_available()` is false"
    return torch.device("cuda"), torch.cuda.get_device_name(0)


def main() -> int:
    """Print the findings; a machine without a GPU is no failure."""
    device, told = device_or_reason()
    if device is None:
        sys.stdout.write(f"skipped: {told}\n")
        return 0
    sys.stdout.write(f"GPU: {told}\n")
    try:
        for line in check("cuda"):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
    except LabError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
