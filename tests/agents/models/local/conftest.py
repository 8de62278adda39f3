"""What tests of local models stand on: one torch thread (tiny models gain nothing from more), and the zoo."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.support import zoo
from tests.support.zoo import ZooFolder


@pytest.fixture(scope="package", autouse=True)
def one_torch_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def zoo_folder(tmp_path_factory: pytest.TempPathFactory) -> ZooFolder:
    """`zoo.build` without a folder: equal arguments give one folder, which nobody may change."""

    @cache
    def built(kind: str, **asked: Any) -> Path:
        return zoo.build(kind, tmp_path_factory.mktemp(kind), **asked)

    return built
