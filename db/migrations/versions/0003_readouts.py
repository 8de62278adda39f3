"""Readouts: activations, probes, scores and findings; log-probabilities of a reply's tokens."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBER: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
TYPES: dict[str, Any] = {"t": sa.Text(), "i": INTEGER, "n": NUMBER}

ANSWER = "run:t! seq:i! call:i! attempt:i! try:i!"
TABLES = {
    "site_set": "id:t! sites:t",
    "shard": "id:t! run:t path:t site_set:t rows:i dtype:t bytes:i sha256:t created:n",
    "capture": f"{ANSWER} span:t! site_set:t! artifact:t! agent:t shard:t? row:i? start:i? end:i? "
    "token_id:i? origin:t proxy:i logprob_gap:n? intervention:t? reason:t?",
    "probe": "id:t! study:t variable:t task:t reader:t site:t layer:i span:t artifact:t width:i runs_hash:t "
    "metrics:t path:t? code_hash:t created:n",
    "probe_score": f"probe:t! {ANSWER} agent:t truth:t? score:n? p:n? predicted:t? fold:i? oof:i strip:t?",
    "finding": "id:t! study:t variable:t behavior:t site:t layer:i span:t level:t? verdict:t headline:i "
    "metrics:t levels:t sentences:t artifact:t? probe:t? runs_hash:t settings:t code_hash:t created:n",
}
"""Table to its columns, in order: name, type, and ! for one of the key, ? for one that may be null."""

INDEXES = {
    "shard": ("run",),
    "probe": ("study", "variable"),
    "probe_score": ("run", "seq"),
    "finding": ("study", "variable"),
}


def upgrade() -> None:
    """Create the tables; calls of older runs keep no log-probabilities."""
    op.add_column("model_call", sa.Column("reply_logprobs", sa.Text(), nullable=True))
    for name, columns in TABLES.items():
        key = [part.split(":")[0] for part in columns.split() if part.endswith("!")]
        op.create_table(
            name,
            *[_column(part) for part in columns.split()],
            sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
            sqlite_strict=True,
            sqlite_with_rowid=False,
        )
    for name, of in INDEXES.items():
        op.create_index(f"ix_{name}_{'_'.join(of)}", name, of)


def _column(part: str) -> sa.Column[Any]:
    name, kind = part.rstrip("!?").split(":")
    return sa.Column(name, TYPES[kind], nullable=part.endswith("?"), autoincrement=False)
