"""The seams: what implements a protocol has its methods with its parameters."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from lab.core import ports
from lab.core.ports import Batch
from lab.engine.clock import Places
from lab.engine.context import Context
from lab.engine.world import SimWorld
from scenarios.environment import Environment
from tests.support.toys import FakeSink, Says


def methods(protocol: type) -> list[str]:
    """The names a protocol asks for."""
    return [name for name, found in vars(protocol).items() if callable(found) and not name.startswith("_")]


@pytest.mark.parametrize(
    ("port", "implementation"),
    [
        (ports.World, SimWorld),
        (ports.PolicyContext, Context),
        (ports.Resource, Places),
        (ports.EnvironmentPort, Environment),
        (ports.Policy, Says),
        (ports.Sink, FakeSink),
    ],
)
def test_an_implementation_takes_what_its_protocol_promises(port: type, implementation: type[Any]) -> None:
    assert methods(port)
    for name in methods(port):
        promised = inspect.signature(getattr(port, name)).parameters.values()
        taken = inspect.signature(getattr(implementation, name)).parameters.values()
        assert [(p.name, p.kind, p.default) for p in promised] == [(t.name, t.kind, t.default) for t in taken]


def test_a_batch_starts_empty() -> None:
    batch = Batch()
    assert {name: len(getattr(batch, name)) for name in Batch.__slots__} == dict.fromkeys(Batch.__slots__, 0)
