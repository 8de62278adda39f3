"""The benchmark of the API path compares the same calls; its gate is checked by `make verify`."""

from __future__ import annotations

from lab.bench.api_path import api_path


def test_every_way_makes_its_calls_to_one_server() -> None:
    asked = []

    def through(base_url: str) -> int:
        asked.append(base_url)
        return 3

    figures = {figure.name: figure for figure in api_path(through, rounds=2, tasks=3, each=2)}
    assert list(figures) == [
        "raw sockets",
        "bare AsyncOpenAI",
        "our client",
        "our client, CPU per call",
        "through the engine",
        "through the engine, CPU per call",
    ]
    assert all(figure.value > 0 for figure in figures.values())
    assert len(asked) == 2
    assert len(set(asked)) == 1


def test_the_gate_is_nine_tenths_of_the_bare_client() -> None:
    gated = [figure for figure in api_path(rounds=1, tasks=2, each=1) if figure.gate is not None]
    assert [(figure.name, figure.gate, figure.at_least) for figure in gated] == [("our client", 90, True)]
