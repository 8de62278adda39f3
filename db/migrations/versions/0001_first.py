"""The first schema: runs and their behavior, hidden variables, claims, model calls, measures, texts."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NUMBER: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")


def text(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of text."""
    return sa.Column(name, sa.Text(), nullable=null)


def integer(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of whole numbers."""
    return sa.Column(name, INTEGER, nullable=null, autoincrement=False)


def number(name: str, *, null: bool = False) -> sa.Column[Any]:
    """A column of numbers."""
    return sa.Column(name, NUMBER, nullable=null)


def upgrade() -> None:
    """Create every table and index."""
    _create_study()
    _create_run()
    _create_attempt()
    _create_param()
    _create_agent()
    _create_decision()
    _create_model_call()
    _create_model_artifact()
    _create_event()
    _create_exposure()
    _create_hidden()
    _create_claim_act()
    _create_measure()
    _create_text()


def _create_study() -> None:
    op.create_table(
        "study",
        text("id"),
        text("name"),
        text("spec"),
        text("identity"),
        text("identity_hash"),
        text("source_hash"),
        number("created"),
        sa.PrimaryKeyConstraint("id", name="pk_study"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_study_name", "study", ["name"], unique=True)


def _create_run() -> None:
    op.create_table(
        "run",
        text("id"),
        text("study", null=True),
        text("name"),
        text("environment"),
        integer("environment_version"),
        text("family"),
        text("scenario"),
        text("scenario_hash"),
        text("cell", null=True),
        integer("cell_index", null=True),
        integer("replicate", null=True),
        integer("seed"),
        text("factors"),
        text("look"),
        text("parent", null=True),
        integer("fork_at", null=True),
        text("fork", null=True),
        integer("ordinal"),
        text("code_hash"),
        text("versions"),
        text("plan_hash"),
        number("created"),
        text("status"),
        text("owner", null=True),
        number("heartbeat"),
        text("head"),
        integer("rows"),
        text("digest", null=True),
        integer("unchained"),
        text("unchained_hash"),
        integer("ticks"),
        integer("decisions"),
        integer("invalid"),
        integer("tokens"),
        number("cost_usd", null=True),
        number("wall_s"),
        text("error", null=True),
        sa.PrimaryKeyConstraint("id", name="pk_run"),
        sa.ForeignKeyConstraint(["study"], ["study.id"], name="fk_run_study_study"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("ix_run_created_id", "run", ["created", "id"])
    op.create_index("ix_run_study_cell_index_replicate", "run", ["study", "cell_index", "replicate"])


def _create_attempt() -> None:
    op.create_table(
        "attempt",
        text("run"),
        integer("n"),
        text("owner"),
        text("host"),
        integer("pid"),
        number("started"),
        number("ended", null=True),
        text("outcome", null=True),
        text("error", null=True),
        sa.PrimaryKeyConstraint("run", "n", name="pk_attempt"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_attempt_run_run"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_param() -> None:
    op.create_table(
        "param",
        text("run"),
        text("alias"),
        text("path"),
        text("value"),
        sa.PrimaryKeyConstraint("run", "alias", name="pk_param"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_param_run_run"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_agent() -> None:
    op.create_table(
        "agent",
        text("run"),
        text("name"),
        integer("position"),
        text("role", null=True),
        text("grp", null=True),
        text("persona", null=True),
        text("policy"),
        text("policy_name", null=True),
        text("policy_spec"),
        text("model", null=True),
        text("params"),
        text("think_time", null=True),
        sa.PrimaryKeyConstraint("run", "name", name="pk_agent"),
        sa.ForeignKeyConstraint(["run"], ["run.id"], name="fk_agent_run_run"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_decision() -> None:
    op.create_table(
        "decision",
        text("run"),
        integer("seq"),
        integer("tick"),
        integer("effect_tick"),
        text("agent"),
        text("phase"),
        text("observation"),
        text("space"),
        text("raw", null=True),
        text("action", null=True),
        text("args", null=True),
        text("status"),
        text("hash"),
        sa.PrimaryKeyConstraint("run", "seq", name="pk_decision"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_model_call() -> None:
    op.create_table(
        "model_call",
        text("run"),
        integer("seq"),
        integer("call"),
        integer("attempt"),
        integer("try"),
        text("agent"),
        integer("tick"),
        text("phase"),
        integer("ask"),
        text("node"),
        text("model"),
        text("request_hash"),
        text("request"),
        text("reply", null=True),
        text("reasoning", null=True),
        text("finish", null=True),
        integer("seed", null=True),
        integer("tokens_in", null=True),
        integer("tokens_out", null=True),
        number("cost_usd", null=True),
        number("latency_s", null=True),
        text("facts", null=True),
        text("error", null=True),
        sa.PrimaryKeyConstraint("run", "seq", "call", "attempt", "try", name="pk_model_call"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_model_artifact() -> None:
    op.create_table(
        "model_artifact",
        text("id"),
        text("provider"),
        text("name"),
        text("fingerprint", null=True),
        text("config"),
        text("versions"),
        sa.PrimaryKeyConstraint("id", name="pk_model_artifact"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_event() -> None:
    op.create_table(
        "event",
        text("run"),
        integer("seq"),
        integer("tick"),
        text("kind"),
        text("agent", null=True),
        text("target", null=True),
        integer("decision", null=True),
        number("value", null=True),
        text("payload", null=True),
        text("text", null=True),
        text("hash"),
        sa.PrimaryKeyConstraint("run", "seq", name="pk_event"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_event_message",
        "event",
        ["run", "seq"],
        sqlite_where=sa.text("kind = 'message'"),
        postgresql_where=sa.text("kind = 'message'"),
    )
    op.create_index(
        "ix_event_payoff",
        "event",
        ["run", "decision", "kind", "value"],
        sqlite_where=sa.text("kind = 'payoff'"),
        postgresql_where=sa.text("kind = 'payoff'"),
    )


def _create_exposure() -> None:
    op.create_table(
        "exposure",
        text("run"),
        integer("seq"),
        integer("tick"),
        text("agent"),
        text("kind"),
        text("item"),
        integer("rank", null=True),
        integer("decision", null=True),
        text("text", null=True),
        text("hash"),
        sa.PrimaryKeyConstraint("run", "seq", name="pk_exposure"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_hidden() -> None:
    op.create_table(
        "hidden",
        text("run"),
        integer("seq"),
        text("agent"),
        text("name"),
        text("kind"),
        text("value"),
        number("numeric", null=True),
        number("posterior", null=True),
        text("source"),
        integer("visible"),
        sa.PrimaryKeyConstraint("run", "seq", "name", name="pk_hidden"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_claim_act() -> None:
    op.create_table(
        "claim_act",
        text("run"),
        integer("seq"),
        text("agent"),
        text("subject"),
        text("said"),
        text("world"),
        text("private"),
        sa.PrimaryKeyConstraint("run", "seq", "subject", name="pk_claim_act"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_measure() -> None:
    op.create_table(
        "measure",
        text("run"),
        text("agent"),
        text("name"),
        number("value", null=True),
        text("reason", null=True),
        sa.PrimaryKeyConstraint("run", "agent", "name", name="pk_measure"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def _create_text() -> None:
    op.create_table(
        "text",
        text("hash"),
        text("text"),
        sa.PrimaryKeyConstraint("hash", name="pk_text"),
        sqlite_strict=True,
    )
