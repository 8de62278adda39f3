"""What every test stands on: no network, no settings of the user's, and the record of verified oracles."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from typing import Any

import hypothesis
import pytest

hypothesis.settings.register_profile("lab", deadline=None)  # a busy machine is no failure
hypothesis.settings.load_profile("lab")

pytest_plugins = ["tests.support.verified"]


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Refuse every connection and name lookup that would leave this machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _guarded(socket.socket.connect))
        patch.setattr(socket.socket, "connect_ex", _guarded(socket.socket.connect_ex))
        patch.setattr(socket, "getaddrinfo", _guarded_lookup(socket.getaddrinfo))
        yield


@pytest.fixture(scope="session", autouse=True)
def no_user_settings() -> Iterator[None]:
    """Hide what the user's shell says to the lab, here and in subprocesses."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("LAB_DB", "LAB_TENSORS", "LAB_ORGANISMS", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
            patch.delenv(name, raising=False)
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


def _guarded(connect: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, address: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            _refuse_remote(address[0])
        return connect(self, address)

    return guarded


def _guarded_lookup(lookup: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: Any, *args: Any, **kwargs: Any) -> Any:
        _refuse_remote(host)
        return lookup(host, *args, **kwargs)

    return guarded


def _refuse_remote(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else str(host)
    if host is None or name in ("", "localhost"):
        return
    try:
        local = ipaddress.ip_address(name).is_loopback
    except ValueError:
        local = False
    if not local:
        pytest.fail(f"a test reached for {name}: tests use no network but loopback")
