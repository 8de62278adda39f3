"""Small tables are read with one thread, large ones with as many as there are."""

from __future__ import annotations

from threadpoolctl import threadpool_info, threadpool_limits

from probes.readers.threads import SMALL, few_threads


def most_threads() -> int:
    return max(int(pool["num_threads"]) for pool in threadpool_info() if pool["user_api"] == "blas")


def test_only_small_tables_are_read_with_one_thread() -> None:
    with threadpool_limits(2):
        with few_threads(SMALL):
            assert most_threads() == 1
        assert most_threads() == 2
        with few_threads(SMALL + 1):
            assert most_threads() == 2
