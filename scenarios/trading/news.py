"""Seeded synthetic news whose truth is known: what each item says, what it is really worth, who hears when.

An item tells a change of value. A true item tells the change that really happens; a false one tells a change
of the same distribution that does not; noise tells none. Words are chosen from what is told alone, so no
text says which kind it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from scenarios.environment import Spec

if TYPE_CHECKING:
    from numpy.random import Generator

Kind = Literal["true", "false", "noise"]
Reader = Literal["private", "fast", "public"]

COMPANIES = (
    "Alder Works",
    "Birch & Lane",
    "Cobalt Mills",
    "Dunmore Freight",
    "Elm Street Foods",
    "Fairhaven",
)
"""Fictional."""


class Delays(Spec):
    """How many ticks after the event each class of agents reads of it.

    Attributes:
        private: those who are told first.
        fast: those with a news feed.
        public: everybody else.
    """

    private: int = Field(default=0, ge=0)
    fast: int = Field(default=1, ge=0)
    public: int = Field(default=5, ge=0)

    @model_validator(mode="after")
    def _in_order(self) -> Delays:
        if not self.private <= self.fast <= self.public:
            raise ValueError(
                f"delays must not fall from private ({self.private}) to fast ({self.fast}) "
                f"to public ({self.public})"
            )
        return self


class NewsSpec(Spec):
    """How much news there is and how far to trust it.

    Attributes:
        per_tick: expected items in one tick.
        impact_sd: standard deviation of the told change, normal around 0, in price ticks.
        false_share: share of items that tell a change which does not happen.
        noise_share: share of items that tell of no change.
        half_life: ticks after which half of a change is gone; null for changes that last.
        delays: ticks from the event to the reader, by class of agents.
    """

    per_tick: float = Field(default=0.05, ge=0, le=100)
    impact_sd: float = Field(default=20.0, ge=0, le=1e6)
    false_share: float = Field(default=0.2, ge=0, le=1)
    noise_share: float = Field(default=0.1, ge=0, le=1)
    half_life: float | None = Field(default=None, gt=0)
    delays: Delays = Delays()

    @model_validator(mode="after")
    def _shares_fit(self) -> NewsSpec:
        if self.false_share + self.noise_share > 1:
            raise ValueError(
                f"false_share {self.false_share:g} and noise_share {self.noise_share:g} sum to more than 1"
            )
        return self


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One item of news.

    Attributes:
        id: its name in the run, ``news-1`` on.
        event_time: tick of the event.
        available_at: tick from which each class of agents may read it.
        company: whom it is about.
        headline, body: the text.
        kind: whether it is so; never shown.
        delta: the change of value it truly brings, in price ticks; 0 unless true; never shown.
        half_life: ticks after which half of `delta` is gone, None for never; never shown.
    """

    id: str
    event_time: int
    available_at: Mapping[Reader, int]
    company: str
    headline: str
    body: str
    kind: Kind
    delta: float
    half_life: float | None

    def shown(self) -> dict[str, str]:
        """What a reader sees of it, as JSON data."""
        return {"id": self.id, "headline": self.headline, "body": self.body}


def generate(
    spec: NewsSpec, horizon: int, rng: Generator, *, companies: Sequence[str] = COMPANIES
) -> list[NewsItem]:
    """The news of times 0 … horizon - 1, in order of event.

    Args:
        spec: how much news there is.
        horizon: number of ticks.
        rng: the run's generator of this purpose; the only source of chance.
        companies: whom an item may be about, all equally often.
    """
    counts = rng.poisson(spec.per_tick, horizon).tolist()
    times = [tick for tick, count in enumerate(counts) for _ in range(count)]
    return [_item(spec, number, time, rng, companies) for number, time in enumerate(times, 1)]


def readable(items: Sequence[NewsItem], reader: Reader, now: int) -> Iterator[NewsItem]:
    """The items that a class of agents may read by now."""
    return (item for item in items if item.available_at[reader] <= now)


def shift(items: Sequence[NewsItem], horizon: int) -> list[float]:
    """What the news truly adds to the value at times 0 … horizon, in price ticks.

    An item adds delta * 2^(-(t - event_time) / half_life) from its event on, or delta without a half-life.
    """
    added = [0.0] * (horizon + 1)
    for half_life in dict.fromkeys(item.half_life for item in items):
        keep = 0.5 ** (1 / half_life) if half_life else 1.0
        arriving: dict[int, list[float]] = {}
        for item in items:
            if item.half_life == half_life:
                arriving.setdefault(item.event_time, []).append(item.delta)
        level = 0.0
        for time in range(horizon + 1):
            level *= keep
            for delta in arriving.get(time, ()):
                level += delta
            added[time] += level
    return added


def _item(spec: NewsSpec, number: int, time: int, rng: Generator, companies: Sequence[str]) -> NewsItem:
    kind = _kind(spec, rng.random())
    change = float(spec.impact_sd * rng.standard_normal())
    told = change / spec.impact_sd if spec.impact_sd and kind != "noise" else 0.0
    company = companies[int(rng.random() * len(companies))]
    headline, body = _words(told, company, rng)
    return NewsItem(
        id=f"news-{number}",
        event_time=time,
        available_at={
            "private": time + spec.delays.private,
            "fast": time + spec.delays.fast,
            "public": time + spec.delays.public,
        },
        company=company,
        headline=headline,
        body=body,
        kind=kind,
        delta=change if kind == "true" else 0.0,
        half_life=spec.half_life,
    )


def _kind(spec: NewsSpec, draw: float) -> Kind:
    if draw < spec.noise_share:
        return "noise"
    return "false" if draw < spec.noise_share + spec.false_share else "true"


@dataclass(frozen=True, slots=True)
class _Template:
    """A headline and a body about a company, with the words for better and worse."""

    headline: str
    body: str
    better: str = ""
    worse: str = ""


_CHANGES = (
    _Template(
        "{company}: {way} sales than expected",
        "{company} says that sales of the past weeks were {size} {way} than it had planned.",
        "higher",
        "lower",
    ),
    _Template(
        "Costs at {company} {way}",
        "People who know the books of {company} say that its costs have {way} {size}.",
        "fallen",
        "risen",
    ),
    _Template(
        "{company} {way} a customer",
        "A customer that brings {company} {size} more than most has been {way}.",
        "won",
        "lost",
    ),
    _Template(
        "Regulator rules {way} {company}",
        "A decision published today goes {way} {company}; what it changes is {size} larger than usual.",
        "for",
        "against",
    ),
)
_QUIET = (
    _Template("{company} keeps its plans", "{company} repeats what it said last time and adds nothing."),
    _Template("{company} moves its office", "{company} will work from another street from next month on."),
    _Template("A new face at {company}", "{company} names a new head of its archive."),
)
_SIZES = ((0.5, "a little"), (1.5, "clearly"), (float("inf"), "far"))
"""Upper ends, in standard deviations of the told change, of what each word stands for."""


def _words(told: float, company: str, rng: Generator) -> tuple[str, str]:
    """Headline and body of an item that tells a change of so many standard deviations."""
    templates = _CHANGES if told else _QUIET
    template = templates[int(rng.random() * len(templates))]
    size = next(word for end, word in _SIZES if abs(told) < end)
    facts = {"company": company, "way": template.better if told > 0 else template.worse, "size": size}
    return template.headline.format(**facts), template.body.format(**facts)
