"""The residual after every block of a tiny model, as another tool reads it: `… TOOL FILE IDS KIND…`.

nnsight parses the file of its caller, so that this is a script; `tests/probes/sites/test_tape.py` runs it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import AutoTokenizer

sys.path.insert(0, str(Path(__file__).parents[2]))

from probes.sites.site_map import stack_of
from tests.probes.sites.kinds import model_of
from tests.support.zoo import tokenizer_of


def by_nnsight(model: Any, ids: Tensor) -> list[Any]:
    """One forward in which nnsight saves what each block gives."""
    nnsight = import_module("nnsight")
    stack = stack_of(model)
    wrapped = nnsight.NNsight(model)
    holder = wrapped.get(stack.path)
    saved = []
    with torch.no_grad(), wrapped.trace(ids):
        for block in getattr(holder, stack.name):
            saved.append(nnsight.save(block.output))
    return saved


def by_transformer_lens(model: Any, ids: Tensor) -> list[Any]:
    """One forward of TransformerLens's bridge over the model, with its cache."""
    bridges = import_module("transformer_lens.model_bridge")
    model.config.architectures = [type(model).__name__]
    with TemporaryDirectory() as folder:  # the bridge loads a tokenizer again from where it came
        tokenizer_of().save_pretrained(folder)
        words = AutoTokenizer.from_pretrained(folder)
        bridge = bridges.TransformerBridge.boot_transformers("unnamed", hf_model=model, tokenizer=words)
    _, cache = bridge.run_with_cache(ids)
    return [cache["resid_post", layer] for layer in range(len(stack_of(model).blocks))]


def main(tool: str, file: str, ids: str, *kinds: str) -> None:
    read = {"nnsight": by_nnsight, "transformer_lens": by_transformer_lens}[tool]
    tokens = torch.tensor([[*map(int, ids.split(","))]])
    rows: dict[str, Tensor] = {}
    for kind in kinds:
        for layer, state in enumerate(read(model_of(kind), tokens), start=1):
            rows[f"{kind} {layer}"] = (state[0] if isinstance(state, tuple) else state)[0].clone()
    save_file(rows, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
