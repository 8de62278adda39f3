"""`lab bench families`: what the rules of the families cost, in CPU time of one core.

The gates are the lab's own floors (issue of the families): no peer's figure is behind them.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from time import process_time

import lab
from lab.bench.engine import Figure
from lab.core.streams import generator, stream_key
from scenarios.catalog import ROOT
from scenarios.planning.strips.blocks import random_blocks_task
from scenarios.planning.strips.model import Task
from scenarios.planning.strips.pddl import parse_task
from scenarios.planning.strips.schemas import Action
from scenarios.trading.lob.book import Book, Order, Side

MESSAGES = 60_000
ROUNDS = 5
PLAN_STEPS = 50
SITE = "webdefense/directory.yaml"
PAGES = """\
schema: 1
study: pages-{number}
scenario: {scenario}
seeds: {{count: {seeds}, root: {root}}}
"""
EXAMPLE = ROOT / "planning" / "pddl" / "examples"

Message = tuple[str, str, Side, int, int]
"""What is sent to the book: kind, owner, side, shares, and a price in ticks or the number of an order."""


def figures() -> Iterator[Figure]:
    """Every figure, measured now."""
    yield from book()
    yield from planning()
    yield from pages()


def book(messages: int = MESSAGES, rounds: int = ROUNDS) -> Iterator[Figure]:
    """Messages a second: two limit orders in four, one market order, one cancel; about half of all trade."""
    stream = _stream(messages)
    seconds = median(_played(stream) for _ in range(rounds))
    yield Figure("order book", messages / seconds, "messages/s", 150_000, at_least=True)


def planning(rounds: int = 20 * ROUNDS) -> Iterator[Figure]:
    """What it takes to validate a plan of fifty steps, and to read a PDDL pair of the shipped examples."""
    task, plan = _long_plan()
    seconds = median(_timed(lambda: task.validate(plan)) for _ in range(rounds))
    yield Figure(f"validate {len(plan)} steps", 1e3 * seconds, "ms", 1.0)
    domain, problem = _example()
    seconds = median(_timed(lambda: parse_task(domain, problem)) for _ in range(rounds))
    yield Figure("parse a PDDL pair", 1e3 * seconds, "ms", 20.0)


def pages(rounds: int = ROUNDS, seeds: int = 30) -> Iterator[Figure]:
    """Pages a second in a study of the shipped site: requests, defenses, HTML, parsing, decisions and log."""
    rates = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            study = Path(folder) / f"pages-{number}.study.yaml"
            study.write_text(PAGES.format(number=number, scenario=ROOT / SITE, seeds=seeds, root=number))
            start = process_time()
            db = lab.batch(study, db=str(Path(folder) / f"{number}.db")).db
            seconds = process_time() - start
            sent = lab.query("select count(*) as n from v_event where kind = 'request'", db=db)
            rates.append(int(sent["n"][0]) / seconds)
    yield Figure("page step with log", median(rates), "pages/s", 300, at_least=True)


def _stream(messages: int) -> list[Message]:
    """Keyed orders around a still price."""
    rng = generator(stream_key(0, "bench.book"))
    kinds = rng.integers(0, 4, messages).tolist()
    sides = rng.integers(0, 2, messages).tolist()
    shares = rng.integers(1, 20, messages).tolist()
    offsets = rng.integers(-6, 7, messages).tolist()
    owners = rng.integers(0, 50, messages).tolist()
    return [
        (
            ("limit", "limit", "market", "cancel")[kinds[n]],
            f"t{owners[n]}",
            "buy" if sides[n] else "sell",
            shares[n],
            max(1, n - shares[n]) if kinds[n] == 3 else 1000 + offsets[n],
        )
        for n in range(messages)
    ]


def _played(stream: Sequence[Message]) -> float:
    """CPU seconds that a new book takes for a stream."""
    book = Book()
    start = process_time()
    for number, (kind, owner, side, shares, about) in enumerate(stream, 1):
        if kind != "cancel":
            price = about if kind == "limit" else None
            book.submit(Order(id=number, owner=owner, side=side, qty=shares, price=price))
        elif book.open_order(about):
            book.cancel(about)
    return process_time() - start


def _timed(work: Callable[[], object]) -> float:
    start = process_time()
    work()
    return process_time() - start


def _long_plan() -> tuple[Task, list[Action]]:
    """A walk of fifty legal steps, so that no step ends the check early."""
    rng = generator(stream_key(0, "bench.plan"))
    task = random_blocks_task(6, rng)
    state, plan = task.init, []
    for _ in range(PLAN_STEPS):
        legal = task.applicable(state)
        plan.append(legal[int(rng.integers(len(legal)))])
        state = task.step(state, plan[-1]).state
    return task, plan


def _example() -> tuple[str, str]:
    """A shipped domain with types and costs, and a problem of it."""
    return (EXAMPLE / "courier.pddl").read_text("utf-8"), (EXAMPLE / "courier-round.pddl").read_text("utf-8")
