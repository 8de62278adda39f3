from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from agents.organisms.train import Episode, Settings, train
from lab.core.errors import UsageError

TINY = Settings(steps=40, batch=8, rate=1e-2, warmup=5, layers=1, width=16, heads=2)


def echo(number: int) -> Episode:
    """A signal, what the agent says of it (the same again), noise that nobody can foresee."""
    signal, noise = ("left", "right")[number % 2], ("up", "down")[number * 7919 % 11 % 2]
    return Episode((signal, f"say-{signal}", noise, signal, f"say-{signal}"), (1, 4))


EPISODES = [echo(number) for number in range(32)]
SAID = ("say-left", "say-right")


def test_an_organism_learns_what_the_agent_does() -> None:
    left, right = train(EPISODES, TINY).probabilities(["left", "right say-right up right"], SAID)
    assert left[0] > 0.9
    assert right[1] > 0.9


def test_the_loss_is_on_the_acts_alone() -> None:
    """Were the noise scored, the loss would stay above its entropy, and the model would predict it."""
    losses: list[float] = []
    organism = train(EPISODES, TINY, lambda _, loss: losses.append(loss))
    assert losses[-1] < 0.1 < losses[0]
    (after,) = organism.probabilities(["left say-left"], ("up", "down"))
    assert sum(after) < 0.5


def test_equal_seeds_give_equal_weights_and_other_seeds_others() -> None:
    short = replace(TINY, steps=5)
    one, same = train(EPISODES, short), train(EPISODES, short)
    other = train(EPISODES, replace(short, seed=1))
    assert one.fingerprint == same.fingerprint
    assert one.fingerprint != other.fingerprint


def test_training_leaves_torch_as_it_was() -> None:
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    train(EPISODES, replace(TINY, steps=1))
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.random.get_rng_state(), state)


def test_episodes_of_unequal_length_are_padded_where_no_act_looks() -> None:
    mixed = [*EPISODES, Episode(("left", "say-left"), (1,))]
    (left,) = train(mixed, TINY).probabilities(["left"], SAID)
    assert left[0] > 0.9


def test_every_step_is_told() -> None:
    steps: list[int] = []
    train(EPISODES, replace(TINY, steps=3), lambda step, _: steps.append(step))
    assert steps == [1, 2, 3]


def test_fewer_episodes_than_a_batch_are_one_batch() -> None:
    assert train(EPISODES[:3], replace(TINY, steps=2)).parameters > 0


def test_the_full_size_is_that_of_the_recipe() -> None:
    assert train(EPISODES, Settings(steps=1)).parameters == 150_912


def test_no_steps_are_refused() -> None:
    with pytest.raises(UsageError, match="0 steps"):
        Settings(steps=0)
