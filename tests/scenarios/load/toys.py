"""A small market for tests of the loader, the policies it knows, and a folder to write files in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import dedent
from typing import Any

from pydantic import Field

from lab.core.errors import ScenarioError, UnknownName
from lab.core.ports import AgentFacts, Seat
from lab.core.records import MeasureSpec
from scenarios.environment import Environment, Spec
from scenarios.load import load_any

MARKET = "tests.scenarios.load.toys:Market"


class Tax(Spec):
    rate: float = 0.1
    paid_by: str = "buyer"


class MarketParams(Spec):
    rounds: int = Field(10, ge=1)
    prices: list[list[float]] = []
    tax: Tax | None = Tax(rate=0.5, paid_by="seller")
    rebate: Tax | None = None
    limit: int | list[int] = 3


class TraderParams(Spec):
    goal: str = "profit"


class Market(Environment[MarketParams]):
    """Never played; its declarations are what the loader checks against."""

    version = 4
    Params = MarketParams
    AgentParams = TraderParams
    seats_min = 2
    seats_max = 6
    roles = ("buyer", "seller")
    measures = (
        MeasureSpec("volume", "units sold", "units", lambda record: ()),
        MeasureSpec("surplus", "gains from trade", "points", lambda record: ()),
    )
    wordings = 2
    covers = ("neutral", "bazaar")

    @classmethod
    def problems(cls, params: MarketParams, seats: Sequence[Seat]) -> Iterator[tuple[str, str]]:
        if params.rounds < len(seats):
            yield "rounds", f"{len(seats)} agents need as many rounds, not {params.rounds}"
        for seat in seats:
            if seat.params.goal == "ruin":
                yield f"agents.{seat.name}.params.goal", "nobody wants that"

    @classmethod
    def seat_name(cls, position: int, role: str | None) -> str | None:
        return f"seat {position} of a {role}"

    @classmethod
    def label_options(cls, params: MarketParams) -> tuple[str, ...]:
        return ("buy", "sell")


class Policies:
    """Knows `scripted` policies with a name and an optional slope, and the one model ``toy/…``.

    Keeps what it was told of the agents.
    """

    def __init__(self) -> None:
        self.told: list[AgentFacts] = []

    def problems(
        self, policy: Mapping[str, Any], environment: type[Environment[Any]], agent: AgentFacts
    ) -> Iterable[tuple[str, str]]:
        self.told.append(agent)
        if policy["kind"] != "scripted":
            yield "kind", str(UnknownName("policy kind", policy["kind"], ["scripted"]))
        for key in sorted(policy.keys() - {"kind", "name", "slope"}):
            yield key, f"unknown option '{key}'"
        if policy.get("slope", 0) < 0:
            yield "slope", "should not be negative"

    def model_problems(
        self, name: str, aliases: Mapping[str, Mapping[str, Any]]
    ) -> Iterable[tuple[str, str]]:
        if not aliases[name]["model"].startswith("toy/"):
            yield "model", "unknown model"

    def unpriced(self, policy: Mapping[str, Any], aliases: Mapping[str, Mapping[str, Any]]) -> str | None:
        name = str(policy.get("name"))
        return name if name in aliases and not aliases[name]["price"] else None


GOOD = f"""
    schema: 1
    name: fair
    environment: {MARKET}
    params: {{rounds: 8, prices: [[1, 2], [3]]}}
    agents:
      - {{name: ann, role: buyer, policy: {{kind: scripted, name: greedy}}}}
      - name: shop
        count: 2
        role: seller
        policy: {{kind: scripted, name: fixed, slope: 0.5}}
    measures: [volume]
"""


def write(folder: Path, text: str, name: str = "x.yaml") -> Path:
    """A file with a text that may be indented and begin with an empty line, which does not count."""
    path = folder / name
    path.write_text(dedent(text.removeprefix("\n")), encoding="utf-8")
    return path


def told(path: Path, **options: Any) -> list[str]:
    """What loading a file complains about, with the folder cut off; empty when all is well."""
    try:
        load_any(path, policies=Policies(), **options)
    except ScenarioError as error:
        return [str(problem).replace(f"{path.parent}/", "") for problem in error.problems]
    return []
