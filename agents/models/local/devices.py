"""Where local models can run on this machine, as torch sees it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Accelerator:
    """A device besides the CPU.

    Attributes:
        name: as `options.device` takes it, such as ``cuda:0``.
        about: what its driver calls it.
        memory_bytes: all of its memory; None where torch does not tell.
        free_bytes: what nobody uses now, likewise.
    """

    name: str
    about: str
    memory_bytes: int | None = None
    free_bytes: int | None = None


def accelerators() -> tuple[Accelerator, ...]:
    """Every accelerator that torch can use."""
    import torch

    if torch.backends.mps.is_available():
        return (Accelerator("mps", "Metal"),)
    found = []
    for index in range(torch.cuda.device_count()):
        free, memory = torch.cuda.mem_get_info(index)
        found.append(Accelerator(f"cuda:{index}", torch.cuda.get_device_name(index), memory, free))
    return tuple(found)


def cpu_threads() -> int:
    """Threads that torch uses on the CPU."""
    import torch

    return torch.get_num_threads()
