"""How many threads readers are fitted with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

SMALL = 2**24
"""Numbers of a layer's rows up to which a product of them is too short for threads to share."""


@contextmanager
def few_threads(numbers: int) -> Iterator[None]:
    """Within it linear algebra on rows of so many numbers uses one thread where more would only wait.

    Threads that wait for one another spin: on small tables they take several times the CPU time, and on a
    busy machine the wall time too.
    """
    if numbers > SMALL:
        yield
        return
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield
