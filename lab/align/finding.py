"""Findings: what was found of a variable at a layer, with an id that a second computation finds again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from db.findings import FindingRow
from db.owners import wall_clock
from lab.align.evidence import Evidence
from lab.align.ladder import Judged, Level
from lab.align.wording import Sentences
from lab.core.canonical import canonical, content_hash, parse, value_hash

_DECISIONS = "select run, seq, truth, score, p, action from v_alignment where probe ="

CODE = ("lab/align", "probes/readers")
"""The code that decides a finding's numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A claim about one layer; the row that the log keeps of it.

    Attributes:
        id: content address of what it was computed from and how.
        study, variable, behavior: what was asked.
        site, layer, span: where was read.
        level: how far the evidence reaches: L0 … L3; None below L0.
        verdict: in a word or two.
        headline: whether this is the layer that the claim is about.
        metrics: every number behind it, JSON data.
        levels: L0 to L3: what each asked, and what was found.
        sentences: what may be said, and what may not.
        artifact: the model that was read.
        probe: the probe behind it; None where no reader was fitted.
        runs_hash: content address of the digests of its runs.
        settings: how it was computed, JSON data.
        code_hash: content address of the code that computed it.
    """

    id: str
    study: str
    variable: str
    behavior: str
    site: str
    layer: int
    span: str
    level: str | None
    verdict: str
    headline: bool
    metrics: Mapping[str, Any]
    levels: tuple[Level, ...]
    sentences: Sentences
    artifact: str | None
    probe: str | None
    runs_hash: str
    settings: Mapping[str, Any]
    code_hash: str

    @classmethod
    def from_row(cls, row: FindingRow) -> Finding:
        """The finding that the log keeps."""
        return cls(
            id=row.id,
            study=row.study,
            variable=row.variable,
            behavior=row.behavior,
            site=row.site,
            layer=row.layer,
            span=row.span,
            level=row.level,
            verdict=row.verdict,
            headline=bool(row.headline),
            metrics=parse(row.metrics),
            levels=tuple(Level(**one) for one in parse(row.levels)),
            sentences=Sentences.from_json(parse(row.sentences)),
            artifact=row.artifact,
            probe=row.probe,
            runs_hash=row.runs_hash,
            settings=parse(row.settings),
            code_hash=row.code_hash,
        )

    def to_row(self) -> FindingRow:
        """The row that the log keeps of it, written now."""
        return FindingRow(
            id=self.id,
            study=self.study,
            variable=self.variable,
            behavior=self.behavior,
            site=self.site,
            layer=self.layer,
            span=self.span,
            level=self.level,
            verdict=self.verdict,
            headline=int(self.headline),
            metrics=canonical(self.metrics),
            levels=canonical([one.to_json() for one in self.levels]),
            sentences=canonical(self.sentences.to_json()),
            artifact=self.artifact,
            probe=self.probe,
            runs_hash=self.runs_hash,
            settings=canonical(self.settings),
            code_hash=self.code_hash,
            created=wall_clock(),
        )

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON data."""
        names = (name for name in self.__slots__ if name not in ("levels", "sentences"))
        said = {"levels": [one.to_json() for one in self.levels], "sentences": self.sentences.to_json()}
        return {name: getattr(self, name) for name in names} | said

    def commands(self, db: str) -> tuple[str, ...]:
        """The commands that compute it again, check the log behind it, and show its rows."""
        place = f" --db {shlex.quote(db)}"
        found = [f"{_align_command(self)}{place}", f"lab align explain {self.id[:12]}{place}"]
        if self.probe is not None:
            found.append(f'lab query "{self.sql}"{place}')
        return (*found, f"lab db check{place}")

    @property
    def sql(self) -> str:
        """The query that gives the decisions behind it."""
        return f"{_DECISIONS} '{self.probe}' and oof = 1 and study = '{self.study}'"


def finding_id(parts: Mapping[str, Any]) -> str:
    """The content address of what a finding is computed from, how, and with what code."""
    return value_hash(dict(parts))


def layer_metrics(evidence: Evidence, judged: Judged, more: Mapping[str, Any]) -> dict[str, Any]:
    """Every number behind a layer's finding, as JSON data."""
    found = evidence.to_json()
    layers: Sequence[dict[str, Any]] = found.pop("layers")
    return found | {"at": next(one for one in layers if one["layer"] == judged.layer)} | dict(more)


@cache
def code_hash() -> str:
    """The content address of the source of everything that decides a finding's numbers."""
    root = Path(__file__).parents[2]
    files = sorted(file for folder in CODE for file in (root / folder).glob("*.py"))
    return content_hash(canonical([[file.relative_to(root).as_posix(), file.read_text()] for file in files]))


def _align_command(finding: Finding) -> str:
    settings = finding.settings
    words = ["lab", "align", finding.study]
    for variable in settings["variables"]:
        words += ["--variable", variable]
    words += ["--behavior", finding.behavior]
    given = {
        "--agent": settings["agent"],
        "--environment": settings["environment"],
        "--site": finding.site if finding.site != "resid_post" else None,
        "--span": finding.span if finding.span != "pre_choice" else None,
        "--layer": settings["layer"],
        "--level": settings["level"] if settings["level"] != "L3" else None,
        "--permutations": settings["measuring"]["permutations"],
        "--bootstraps": settings["measuring"]["bootstraps"],
        "--seed": settings["measuring"]["seed"] or None,
    }
    for option, value in given.items():
        if value is not None:
            words += [option, str(value)]
    return shlex.join(words)
