"""Models in the loop: tokens, segments, parsed values and choice scores of a call; a run's notes."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
TEXTS = ("artifact", "prompt_ids", "reply_ids", "segments", "parsed", "choice_logprobs")


def upgrade() -> None:
    """Add the columns; calls of older runs keep them null."""
    for name in TEXTS:
        op.add_column("model_call", sa.Column(name, sa.Text(), nullable=True))
    op.add_column("model_call", sa.Column("legal_mass", NUMBER, nullable=True))
    op.add_column("run", sa.Column("notes", sa.Text(), nullable=True))
