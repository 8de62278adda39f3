"""What torch finds is told as it stands."""

from __future__ import annotations

import pytest
import torch

from agents.models.local.devices import Accelerator, accelerators, cpu_threads


@pytest.fixture
def no_metal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("no_metal")
def test_every_cuda_device_is_named_with_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda index: (5 - index, 8))
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: f"card {index}")
    assert accelerators() == (Accelerator("cuda:0", "card 0", 8, 5), Accelerator("cuda:1", "card 1", 8, 4))


@pytest.mark.usefixtures("no_metal")
def test_a_machine_without_accelerator_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert accelerators() == ()


def test_metal_is_one_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert [one.name for one in accelerators()] == ["mps"]


def test_the_threads_are_those_of_torch() -> None:
    assert cpu_threads() == torch.get_num_threads()
