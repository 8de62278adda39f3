"""Reading and writing sites while a model runs: plain forward hooks that are gone when the block ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import get_ident
from typing import Any, NamedTuple

from torch import Tensor, nn

from lab.core.errors import UsageError
from probes.sites.names import Site
from probes.sites.places import Place
from probes.sites.site_map import SiteMap, is_compiled

Sink = Callable[[Site, Tensor], None]
"""Takes what the site's module takes or gives, whole: [rows, tokens, module's width], or flattened by the
model. `Place.value` cuts the site out of it, so that a sink which keeps few tokens cuts these only. The
tensor is the model's own, which may change it later: a sink copies what it keeps (probes.md T15)."""


class Write(NamedTuple):
    """A change of a site.

    Attributes:
        site: where.
        change: from its numbers [..., width] to new ones of that shape; must not change them in place.
    """

    site: Site
    change: Callable[[Tensor], Tensor]


class OtherThread(RuntimeError):
    """A thread ran a model while another one was reading it."""


@dataclass(slots=True)
class _Spot:
    """All that is read and written at one side of one module."""

    place: Place
    reads: list[Site] = field(default_factory=list)
    writes: list[tuple[Place, Write]] = field(default_factory=list)

    def pass_on(self, tensor: Tensor, sink: Sink) -> Tensor:
        """The tensor after all writes, which the reads have seen (probes.md T8)."""
        for place, write in self.writes:
            tensor = place.put(tensor, write.change(place.value(tensor)))
        for site in self.reads:
            sink(site, tensor)
        return tensor


class Hooks:
    """Reads sites of a model.

    Args:
        site_map: of the model.
        sites: which to read.

    Raises:
        UsageError: when the model lacks a site.
    """

    def __init__(self, site_map: SiteMap, sites: Sequence[Site]) -> None:
        self.site_map = site_map
        self.sites = tuple(dict.fromkeys(sites))
        self._reads = self._spots(())

    @contextmanager
    def reading(self, sink: Sink, *, writes: Sequence[Write] = ()) -> Iterator[None]:
        """Within it every forward of this thread hands its sites to the sink.

        Changes come first, in order, and reads see them. An error of the sink leaves through the forward; no
        hook outlives the block.

        Raises:
            UsageError: when a module is compiled, for that skips hooks, or a write names an absent site.
            OtherThread: in the other thread, when one runs the model meanwhile (probes.md T18).
        """
        thread = get_ident()
        with ExitStack() as stack:
            for spot in self._spots(writes) if writes else self._reads:
                if is_compiled(spot.place.module):
                    raise UsageError(f"'{spot.place.path}' is compiled, which skips hooks")
                stack.callback(_hooked(spot, sink, thread).remove)
            yield

    def _spots(self, writes: Sequence[Write]) -> list[_Spot]:
        """One for each side of each module that is concerned."""
        spots: dict[tuple[int, str], _Spot] = {}

        def spot(place: Place) -> _Spot:
            return spots.setdefault((id(place.module), place.side), _Spot(place))

        for site in self.sites:
            spot(_place(self.site_map, site)).reads.append(site)
        for write in writes:
            place = _place(self.site_map, write.site)
            spot(place).writes.append((place, write))
        return [*spots.values()]


def _place(site_map: SiteMap, site: Site) -> Place:
    reason = site_map.reason(site)
    if reason is not None:
        raise UsageError(f"site {site} is absent on this model: {reason}")
    return site_map.places[site]


def _hooked(spot: _Spot, sink: Sink, thread: int) -> Any:
    """The handle of the one hook at this side of this module."""
    module, changes = spot.place.module, bool(spot.writes)

    def before(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if get_ident() != thread:
            raise _other_thread(spot.place)
        tensor = args[0] if args else kwargs["hidden_states"]  # attention gets keywords only (T3)
        passed = spot.pass_on(tensor, sink)
        if not changes:
            return None
        return ((passed, *args[1:]), kwargs) if args else (args, {**kwargs, "hidden_states": passed})

    def after(_: nn.Module, args: tuple[Any, ...], output: Any) -> Any:
        if get_ident() != thread:
            raise _other_thread(spot.place)
        is_bare = isinstance(output, Tensor)  # blocks of some families give tuples (T1)
        passed = spot.pass_on(output if is_bare else output[0], sink)
        if not changes:
            return None
        return passed if is_bare else (passed, *output[1:])

    if spot.place.side == "input":
        return module.register_forward_pre_hook(before, with_kwargs=True)
    return module.register_forward_hook(after)


def _other_thread(place: Place) -> OtherThread:
    return OtherThread(f"'{place.path}' was run by a thread other than the one that reads it")
