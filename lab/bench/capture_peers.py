"""Ways to read the last token of every block in one forward: ours, transformers' own, and two other tools'.

nnsight parses the file of its caller, and both tools change the process that loads them (probes.md §2.1), so
that they come last and only where they are installed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

Reader = Callable[[Any], Any]
"""From tokens [row, token] to the states that were read."""


def by_us(model: Any) -> Reader:
    """Our tape."""
    from probes.sites.names import resolve
    from probes.sites.selftest import attach
    from probes.sites.tape import Tape

    site_map = attach(model)
    tape = Tape(site_map, resolve(["resid_post"], range(1, site_map.layers + 1), site_map))

    def read(ids: Any) -> Any:
        rows, columns = ids.shape
        with tape.recording():
            tape.expect(range(columns - 1, rows * columns, columns), [(row, 0) for row in range(rows)])
            model(ids)
        return [tape.rows(row, [0]) for row in range(rows)]

    return read


def by_transformers(model: Any) -> Reader:
    """`output_hidden_states`, all tokens of it."""
    return lambda ids: model(ids, output_hidden_states=True).hidden_states


def by_nnsight(model: Any) -> Reader | None:
    """nnsight; None where it is not installed."""
    if find_spec("nnsight") is None:
        return None
    nnsight: Any = import_module("nnsight")  # which has no types
    wrapped = nnsight.NNsight(model)

    def read(ids: Any) -> Any:
        saved = []
        with wrapped.trace(ids):
            for block in wrapped.model.layers:
                saved.append(nnsight.save(block.output[:, -1].clone()))
        return saved

    return read


def by_transformer_lens(model: Any) -> Reader | None:
    """TransformerLens's bridge; None where it is not installed."""
    if find_spec("transformer_lens") is None:
        return None
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from transformer_lens.model_bridge import TransformerBridge
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(WordLevel({"a": 0, "b": 1}))  # the bridge will not do without
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=words, **dict.fromkeys(("eos_token", "pad_token"), "b")
    )
    bridge = TransformerBridge.boot_transformers("unnamed", hf_model=model, tokenizer=tokenizer)

    def read(ids: Any) -> Any:
        _, cache = bridge.run_with_cache(
            ids, names_filter=lambda name: name.endswith("hook_resid_post"), pos_slice=-1
        )
        return cache

    return read


PEERS: Mapping[str, Callable[[Any], Reader | None]] = {
    "ours": by_us,
    "output_hidden_states": by_transformers,
    "nnsight": by_nnsight,
    "TransformerBridge": by_transformer_lens,
}
