from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from transformers import DynamicCache

from lab.core.errors import UsageError
from probes.sites.names import Site, resolve
from probes.sites.tape import Scorer, Tape, read_ids, score_ids
from tests.probes.sites.kinds import KINDS, map_of, model_of, n_hooks
from tests.support.verified import Recorder

IDS = tuple(range(5, 19))
MATES = (IDS, tuple(range(40, 45)), tuple(range(30, 40)))
TOLERANCE = 1e-5
POST = Site("resid_post", 1)

PADDED = [kind for kind in KINDS if kind != "qwen3_next"]
"""Linear attention reads padding, whatever the mask says; the lab never pads it."""


def own_states(kind: str, ids: tuple[int, ...]) -> list[Tensor]:
    """The model's own hidden states of one row [token, width], the last one normed (probes.md T10)."""
    with torch.inference_mode():
        made = model_of(kind)(torch.tensor([ids]), output_hidden_states=True, use_cache=False)
    return [state[0] for state in made.hidden_states]


def assert_equal(found: Tensor, right: Tensor) -> None:
    assert float((found - right).abs().max()) <= TOLERANCE * float(right.abs().max())


def stream(kind: str) -> tuple[Site, ...]:
    """The residual at every layer, as the model tells it: the last layer through the norm."""
    site_map = map_of(kind)
    return (*resolve(["resid_post"], range(site_map.layers), site_map), Site("final_norm", site_map.layers))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_are_the_models_own_hidden_states(kind: str) -> None:
    places = [0, 3, len(IDS) - 1]
    rows = read_ids(model_of(kind), map_of(kind), IDS, stream(kind), places, stop_early=False)
    for row, right in zip(rows, own_states(kind, IDS), strict=True):
        assert_equal(row, right[places])


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_residual_is_raw_and_the_logits_are_the_models(kind: str) -> None:
    last = map_of(kind).layers
    sites = [Site("resid_post", last), Site("logits", last)]
    raw, logits = read_ids(model_of(kind), map_of(kind), IDS, sites, range(len(IDS)))
    norm = map_of(kind).places[Site("final_norm", last)].module
    with torch.inference_mode():
        right = model_of(kind)(torch.tensor([IDS])).logits[0]
        assert_equal(norm(raw), own_states(kind, IDS)[-1])
        assert float((norm(norm(raw)) - norm(raw)).abs().max()) > 0.05 * float(norm(raw).abs().max())
    assert_equal(logits, right)


@pytest.mark.parametrize("kind", PADDED)
def test_padding_and_batch_mates_change_no_row(kind: str) -> None:
    width = max(map(len, MATES))
    pads = [width - len(ids) for ids in MATES]
    tokens = torch.tensor([[7] * pad + [*ids] for pad, ids in zip(pads, MATES, strict=True)])
    mask = torch.tensor([[0] * pad + [1] * len(ids) for pad, ids in zip(pads, MATES, strict=True)])
    positions = (mask.cumsum(-1) - 1).clamp(min=0)
    more = {} if kind in ("opt", "bloom") or kind.startswith("falcon-rw") else {"position_ids": positions}
    tape = Tape(map_of(kind), stream(kind))
    owners = [(job, at) for job, ids in enumerate(MATES) for at in (0, len(ids) - 1)]
    with torch.inference_mode(), tape.recording():
        tape.expect([job * width + pads[job] + at for job, at in owners], owners)
        model_of(kind)(tokens, attention_mask=mask, use_cache=False, **more)
    for job, ids in enumerate(MATES):
        for row, right in zip(of(tape, job, [0, len(ids) - 1]), own_states(kind, ids), strict=True):
            assert_equal(row, right[[0, len(ids) - 1]])


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_fed_over_a_cache_are_those_of_one_pass(kind: str) -> None:
    tape = Tape(map_of(kind), stream(kind))
    cache = DynamicCache(config=model_of(kind).config)
    with torch.inference_mode(), tape.recording():
        for start, stop in ((0, 9), (9, 10), (10, 11), (11, len(IDS))):
            if (kind, start) == ("qwen3_next", 11):
                break  # linear attention goes on by single tokens only
            tape.expect([stop - start - 1], [(4, stop - 1)])
            model_of(kind)(torch.tensor([IDS[start:stop]]), past_key_values=cache, use_cache=True)
    seen = [8, 9, 10] if kind == "qwen3_next" else [8, 9, 10, len(IDS) - 1]
    for row, right in zip(of(tape, 4, seen), own_states(kind, IDS), strict=True):
        assert_equal(row, right[seen])


def of(tape: Tape, job: int, positions: list[int]) -> list[Tensor]:
    rows = tape.rows(job, positions)
    assert rows is not None
    return rows


@pytest.mark.parametrize("kind", ["llama", "falcon-one-key", "opt"])
def test_an_early_stop_gives_the_same_bits_and_runs_no_later_block(kind: str) -> None:
    sites = [site for site in map_of(kind).places if site.layer <= 1]
    ran: list[int] = []
    later = (
        map_of(kind).places[Site("resid_pre", 2)].module.register_forward_pre_hook(lambda *_: ran.append(1))
    )
    short = read_ids(model_of(kind), map_of(kind), IDS, sites, [2, 5])
    assert ran == []
    whole = read_ids(model_of(kind), map_of(kind), IDS, sites, [2, 5], stop_early=False)
    later.remove()
    assert ran == [1]
    assert all(map(torch.equal, short, whole))


def test_a_row_is_a_copy_that_later_code_cannot_change() -> None:
    """Falcon adds attention to what its feed-forward layer gave, in place, after the hook (probes.md T15)."""
    kind, pre, post = "falcon-one-key", Site("resid_pre", 1), Site("resid_post", 1)
    sites = [pre, Site("attn_out", 1), Site("mlp_out", 1), post]
    before, attention, feed, after = read_ids(model_of(kind), map_of(kind), IDS, sites, range(len(IDS)))
    assert_equal(before + attention + feed, after)


def test_a_tape_holds_the_rows_asked_for_and_nothing_else() -> None:
    tape = Tape(map_of("gpt2"), [Site("q", 1), Site("resid_post", 2)])
    with torch.inference_mode(), tape.recording():
        tape.expect([1, 4], [(0, 1), (0, 4)])
        model_of("gpt2")(torch.tensor([IDS]))
    assert [row.untyped_storage().nbytes() for row in of(tape, 0, [4])] == [64 * 4] * 2
    (wish,) = {id(wish): wish for wish, _ in tape._kept[0].values()}.values()
    assert [row.untyped_storage().nbytes() for row in wish.found if row is not None] == [2 * 64 * 4] * 2


def test_only_the_next_forward_is_kept() -> None:
    tape = Tape(map_of("gpt2"), [Site("resid_post", 1)])
    with torch.inference_mode(), tape.recording():
        tape.expect([0], [(0, 0)])
        model_of("gpt2")(torch.tensor([IDS]))
        model_of("gpt2")(torch.tensor([IDS[::-1]]))
        tape.expect([], [])
        model_of("gpt2")(torch.tensor([IDS[::-1]]))
    assert_equal(of(tape, 0, [0])[0][0], own_states("gpt2", IDS)[1][0])
    assert tape.rows(0, [0, 1]) is None
    tape.forget(0)
    assert tape.rows(0, [0]) is None


def test_recording_within_a_recording_sets_no_second_hook() -> None:
    tape, before = Tape(map_of("gpt2"), [POST]), n_hooks(model_of("gpt2"))
    with torch.inference_mode(), tape.recording():
        for token in (3, 4):
            with tape.recording():
                tape.expect([token], [(0, token)])
                model_of("gpt2")(torch.tensor([IDS]))
                assert n_hooks(model_of("gpt2")) == before + 1
    assert n_hooks(model_of("gpt2")) == before
    assert_equal(of(tape, 0, [3, 4])[0], own_states("gpt2", IDS)[1][3:5])


def test_a_forward_that_failed_leaves_no_half_of_a_row() -> None:
    tape = Tape(map_of("gpt2"), [Site("resid_post", 0), Site("resid_post", 2)])
    fault = map_of("gpt2").places[Site("resid_post", 2)].module.register_forward_pre_hook(broken)
    with torch.inference_mode(), tape.recording():
        tape.expect([0], [(0, 0)])
        with pytest.raises(OSError, match="cable"):
            model_of("gpt2")(torch.tensor([IDS]))
    fault.remove()
    assert tape.rows(0, [0]) is None


def broken(*_: Any) -> None:
    raise OSError("cable")


def test_rows_come_in_the_dtype_asked_for() -> None:
    site = Site("resid_post", 1)
    tape = Tape(map_of("llama"), [site], dtype=torch.bfloat16)
    with torch.inference_mode(), tape.recording():
        tape.expect([3], [(0, 3)])
        model_of("llama")(torch.tensor([IDS]))
    assert torch.equal(of(tape, 0, [3])[0][0], own_states("llama", IDS)[1][3].bfloat16())


def test_a_token_outside_the_forward_is_an_error() -> None:
    tape = Tape(map_of("llama"), [Site("resid_post", 1)])
    with torch.inference_mode(), tape.recording():
        tape.expect([14], [(0, 0)])
        with pytest.raises(IndexError, match="token 14 was to be kept, of a forward of 14"):
            model_of("llama")(torch.tensor([IDS]))
    with pytest.raises(ValueError, match="2 tokens with 1 owners"):
        tape.expect([1, 2], [(0, 0)])


def test_an_absent_site_is_refused_before_anything_runs() -> None:
    with pytest.raises(UsageError, match=r"z\[1\] is absent on this model: this layer has linear attention"):
        Tape(map_of("qwen3_next"), [Site("z", 1)])


def scorer(name: str, layer: int, classes: int = 1) -> Scorer:
    draw = torch.Generator().manual_seed(layer)
    weight = torch.randn(classes, 64, generator=draw)
    return Scorer(name, Site("resid_post", layer), weight, torch.randn(classes, generator=draw))


def test_scores_are_those_of_the_rows() -> None:
    one, many = scorer("one", 1), scorer("many", 2, classes=3)
    found = score_ids(model_of("llama"), map_of("llama"), IDS, [one, many])
    rows = read_ids(model_of("llama"), map_of("llama"), IDS, [one.site, many.site], range(len(IDS)))
    assert found["one"] == pytest.approx((rows[0] @ one.weight[0] + one.bias[0]).tolist(), rel=1e-4)
    ranked = (rows[1] @ many.weight.T + many.bias).sort(dim=-1).values
    assert found["many"] == pytest.approx((ranked[:, -1] - ranked[:, -2]).tolist(), rel=1e-3)


def test_scoring_stops_after_the_last_layer_that_is_read_and_keeps_no_vectors() -> None:
    ran: list[int] = []
    later = (
        map_of("llama")
        .places[Site("resid_post", 2)]
        .module.register_forward_pre_hook(lambda *_: ran.append(1))
    )
    score_ids(model_of("llama"), map_of("llama"), IDS, [scorer("one", 1)])
    later.remove()
    assert ran == []


def test_scores_say_where_they_begin_and_leave_gaps_open() -> None:
    tape = Tape(map_of("llama"), (), scorers=[scorer("one", 1)])
    assert tape.scores(8) == {}
    with torch.inference_mode(), tape.recording():
        tape.score([5, 2, 9], [(8, 5), (8, 2), (9, 9)])
        model_of("llama")(torch.tensor([IDS]))
    start, values = tape.scores(8)["one"]
    assert start == 2
    assert [math.isnan(value) for value in values] == [False, True, True, False]
    right = score_ids(model_of("llama"), map_of("llama"), IDS, [scorer("one", 1)])["one"]
    assert [values[0], values[3]] == pytest.approx([right[2], right[5]], rel=1e-4)
    assert tape.rows(8, [2]) is None
    tape.forget(8)
    assert tape.scores(8) == {}


BRIDGED = (
    "llama",
    "qwen3",
    "mistral",
    "gemma3",
    "gpt2",
    "gpt_neox",
    "mixtral",
    "qwen2",
    "gemma2",
    "olmo2",
    "phi",
)
"""Families that TransformerLens has an adapter for, as far as it takes models of this size."""


@pytest.mark.verify
def test_rows_are_those_of_nnsight(tmp_path: Path, verified: Recorder) -> None:
    pytest.importorskip("nnsight", reason="nnsight")
    worst = difference("nnsight", KINDS, tmp_path)
    verified.record(f"captures equal nnsight's on {len(KINDS)} families, relative", f"{worst:.1e}")


@pytest.mark.verify
def test_rows_are_those_of_transformer_lens(tmp_path: Path, verified: Recorder) -> None:
    pytest.importorskip("transformer_lens", reason="transformer_lens")
    worst = difference("transformer_lens", BRIDGED, tmp_path)
    verified.record(f"captures equal TransformerLens's on {len(BRIDGED)} families, relative", f"{worst:.1e}")


def difference(tool: str, kinds: Sequence[str], folder: Path) -> float:
    """The largest difference of residuals to another tool's, over the layer's largest number.

    The tool runs in a process of its own: nnsight gives every object a method, TransformerLens loads a type
    checker (probes.md §2.1).
    """
    root, file = Path(__file__).parents[3], folder / "rows.safetensors"
    told = [
        sys.executable,
        "tests/support/capture_oracle.py",
        tool,
        str(file),
        ",".join(map(str, IDS)),
        *kinds,
    ]
    done = subprocess.run(told, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    right, worst = load_file(file), 0.0
    for kind in kinds:
        sites = resolve(["resid_post"], range(1, map_of(kind).layers + 1), map_of(kind))
        rows = read_ids(model_of(kind), map_of(kind), IDS, sites, range(len(IDS)))
        for site, row in zip(sites, rows, strict=True):
            same = right.pop(f"{kind} {site.layer}")
            assert_equal(row, same)
            worst = max(worst, float((row - same).abs().max() / same.abs().max()))
    assert not right
    return worst
