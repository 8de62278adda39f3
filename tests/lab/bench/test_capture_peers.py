"""What the benchmark compares reads the same states."""

from __future__ import annotations

import torch

from lab.bench.cached_path import random_llama
from lab.bench.capture_peers import by_transformers, by_us


def test_ours_and_theirs_are_the_last_tokens_states_of_every_block() -> None:
    model = random_llama({"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2})
    ids = torch.arange(14).reshape(2, 7)
    with torch.no_grad():
        ours, theirs = by_us(model)(ids), by_transformers(model)(ids)
    for row, states in enumerate(ours):
        assert len(states) == 2
        assert torch.allclose(states[0][0], theirs[1][row, -1], atol=1e-5)
