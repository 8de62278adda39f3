"""Labels, captures and visible texts as aligned arrays: one row for each decision that has both sides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from db.capture_rows import CapturedRow
from db.store import Store
from lab.align.labels import Variable
from lab.align.scope import Decision, Key, Scope
from lab.analysis.activations import NOT_CAPTURED, CapturedRows, captured_rows
from lab.analysis.rows import rows
from lab.core.canonical import parse, unlabel, value_hash
from lab.core.errors import UsageError
from probes.readers.table import Table, table_of
from probes.readers.text import Seen


@dataclass(frozen=True)
class Aligned:
    """The decisions of a scope that have a label and a capture.

    Attributes:
        scope: whose decisions these are.
        variable: what is read.
        captured: where the numbers are, a row for each decision [n].
        labeled: decisions with a label.
        unlabeled: captured decisions without one.
        reasons: why a labeled decision has no capture → how many.
    """

    scope: Scope
    variable: Variable
    captured: CapturedRows
    labeled: int
    unlabeled: int
    reasons: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.captured)

    @property
    def rows(self) -> tuple[CapturedRow, ...]:
        """The captured span of each decision [n]."""
        return self.captured.rows

    @cached_property
    def keys(self) -> tuple[Key, ...]:
        """The decisions [n]."""
        return tuple((row.run, row.seq) for row in self.rows)

    @cached_property
    def decisions(self) -> tuple[Decision, ...]:
        """The decisions [n], as the log has them."""
        return tuple(self.scope.decisions[key] for key in self.keys)

    @cached_property
    def values(self) -> tuple[str, ...]:
        """The label of each decision [n]."""
        return tuple(self.variable.labels[key].value for key in self.keys)

    @cached_property
    def seeds(self) -> NDArray[np.int64]:
        """The seed of each decision's run [n]: runs of one seed share their luck, whatever their cell."""
        return np.array([row.seed for row in self.rows], dtype=np.int64)

    @cached_property
    def cells(self) -> NDArray[np.str_]:
        """The cell of each decision's run [n]."""
        return np.array([row.cell or "" for row in self.rows])

    @cached_property
    def posterior(self) -> NDArray[np.float64]:
        """Log-odds of the positive value that an ideal observer of the text has [n]; NaN where unknown."""
        known = (self.variable.labels[key].posterior for key in self.keys)
        return np.array([np.nan if one is None else one for one in known])

    @cached_property
    def runs_hash(self) -> str:
        """The content address of the digests of its runs."""
        return value_hash(sorted({self.scope.runs[row.run].digest for row in self.rows}))

    @property
    def artifact(self) -> str:
        """The model that was read: the id that most rows have."""
        ids = [row.artifact for row in self.rows]
        return max(sorted(set(ids)), key=ids.count)

    @property
    def model(self) -> str:
        """The name of the model that was read."""
        return self.captured.readers[self.artifact]

    @property
    def is_organism(self) -> bool:
        """Whether the model that was read is one of the lab's own, trained here under one seed."""
        return self.model.startswith("organisms/")

    @property
    def shares_seeds(self) -> bool:
        """Whether several runs have one seed, as the cells of a study do."""
        return len({row.run for row in self.rows}) > len(set(self.seeds.tolist()))

    def table(self, layers: Mapping[int, NDArray[np.float32]] | None = None) -> Table:
        """The table that readers are fitted on; of other activations [n, width] where they are given.

        Raises:
            UsageError: when it takes one value only.
        """
        if layers is None:
            layers = {layer: self.captured.matrix(layer) for layer in self.captured.layers}
        values = [unlabel(value) for value in self.values]
        steps = np.array([one.step for one in self.decisions])
        parts = [row.run for row in self.rows]
        return table_of(layers, values, self.seeds, parts=parts, steps=steps, task=self.variable.task)


def align(
    store: Store, scope: Scope, variable: Variable, *, site: str, span: str, agent: str | None = None
) -> Aligned:
    """The decisions of a scope that have a label and a capture of `site` at `span`.

    Raises:
        UnknownName: for a site or span that was not captured.
        UsageError: when nothing was captured, nothing is both labeled and captured, or several models were
            read, whose activations have no common meaning.
    """
    found = captured_rows(store, site, study=scope.study, span=span, agent=agent)
    inside = [(row.run, row.seq) in scope.decisions for row in found.rows]
    both = found.only([(row.run, row.seq) in variable.labels for row in found.rows])
    if not both.rows:
        raise UsageError(
            f"none of the {len(variable.labels):,} decisions with a value of '{variable.name}' has a capture "
            f"of {site} at {span}; {sum(inside):,} others have one"
        )
    _refuse_several(both)
    return Aligned(
        scope=scope,
        variable=variable,
        captured=both,
        labeled=len(variable.labels),
        unlabeled=sum(inside) - len(both),
        reasons=_reasons(store, variable, both, span),
    )


def seen(store: Store, aligned: Aligned) -> Seen:
    """What the agent could see at each decision: the messages of the request that was answered.

    The prefix is all of them, the turn the last message of the user, the action its own at the step before.
    """
    wanted = {one.request for one in aligned.decisions}
    prefixes: dict[str, str] = {}
    turns: dict[str, str] = {}
    for row in rows(store, _REQUESTS, aligned.scope.id):
        if row["hash"] in wanted:
            messages = parse(row["text"])["messages"]
            prefixes[row["hash"]] = "\n".join(_content(one) for one in messages)
            turns[row["hash"]] = next(
                (_content(one) for one in reversed(messages) if one["role"] == "user"), ""
            )
    return Seen(
        prefix=[prefixes.get(one.request, "") for one in aligned.decisions],
        turn=[turns.get(one.request, "") for one in aligned.decisions],
        actions=[one.before or "" for one in aligned.decisions],
    )


def token_ids(store: Store, aligned: Aligned) -> list[tuple[int, ...]] | None:
    """The tokens of prompt and reply at each decision [n]; None where the log lacks those of some."""
    found: dict[Key, tuple[int, ...]] = {}
    for row in rows(store, _TOKENS, aligned.scope.id):
        key = (row["run"], row["seq"])
        one = aligned.scope.decisions.get(key)
        if one and (one.call, one.attempt, one.try_) == (row["call"], row["attempt"], row["try_"]):
            found[key] = (*parse(row["prompt"]), *parse(row["reply"] or "[]"))
    ids = [found.get(key, ()) for key in aligned.keys]
    return ids if all(ids) else None


def _content(message: Mapping[str, object]) -> str:
    return str(message.get("content") or "")


def _refuse_several(found: CapturedRows) -> None:
    """Refuse rows of several models, before any of their numbers is read."""
    if len(set(found.readers.values())) > 1:
        models = {
            f"{found.readers[row.artifact]} ({row.environment}, {row.agent})": None for row in found.rows
        }
        raise UsageError(
            f"several models were read, whose activations have no common meaning: {'; '.join(models)}; "
            "choose with --environment or --agent"
        )


def _reasons(store: Store, variable: Variable, both: CapturedRows, span: str) -> dict[str, int]:
    """Why labeled decisions have no capture → how many."""
    have = {(row.run, row.seq) for row in both.rows}
    missing = variable.labels.keys() - have
    if not missing:
        return {}
    told = {(row["run"], row["seq"]): row["reason"] for row in rows(store, _REASONS, span)}
    return dict(Counter(told.get(key) or NOT_CAPTURED for key in sorted(missing)).most_common())


_REQUESTS = """
SELECT DISTINCT t.hash, t.text FROM model_call c JOIN text t ON t.hash = c.request
WHERE c.run IN (SELECT id FROM run WHERE study = ?)
"""

_TOKENS = """
SELECT c.run, c.seq, c.call, c.attempt, c."try" AS try_, p.text AS prompt, r.text AS reply
FROM model_call c JOIN text p ON p.hash = c.prompt_ids LEFT JOIN text r ON r.hash = c.reply_ids
WHERE c.run IN (SELECT id FROM run WHERE study = ?)
"""

_REASONS = "SELECT run, seq, reason FROM capture WHERE span = ? AND reason IS NOT NULL"
